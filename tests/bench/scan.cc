// Calls what `mlgrade scan --format json` calls.
#include "tests/bench/scan.h"

#include <string_view>

#include "analyzer/run_analysis.h"
#include "reports/report.h"

namespace mlgrade::bench {

size_t scan(Repo repo, unsigned threads) {
  AnalysisOptions how;
  how.jobs = threads;
  how.today = Date{};
  const auto analysis = analyse(std::move(repo), definitions(), how);
  const Report report = report_of(*analysis, definitions());
  size_t size = 0;
  for (const Renderer* renderer : all_renderers()) {
    if (renderer->name == std::string_view("json")) size = renderer->render(report, RenderOptions{}).size();
  }
  return size;
}

}  // namespace mlgrade::bench
