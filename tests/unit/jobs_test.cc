// --jobs limits all that runs in parallel, and changes nothing of what is found.
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <string>
#include <vector>

#include "analyzer/run_analysis.h"
#include "reports/report.h"

namespace mlgrade {
namespace {

std::vector<std::pair<std::string, std::string>> project() {
  std::vector<std::pair<std::string, std::string>> files = {
      {".github/workflows/ci.yml",
       "on: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest\n"}};
  for (int i = 0; i < 20; ++i) {
    const std::string number = std::to_string(i);
    files.emplace_back("app/part" + number + ".py", "def clean(x):\n  return x.dropna()\n");
    files.emplace_back("tests/test_part" + number + ".py", "from app.part" + number +
                                                               " import clean\ndef test_clean(rows):\n"
                                                               "  assert clean(rows).shape == (2, 3)\n");
  }
  return files;
}

std::string report_with(unsigned jobs, std::vector<size_t>& limits) {
  AnalysisOptions how;
  how.jobs = jobs;
  how.today = Date{};
  how.progress = [&](std::string_view) {
    limits.push_back(tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
  };
  const auto analysis = analyse(memory_repo(project()), definitions(), how);
  const Report report = report_of(*analysis, definitions());
  for (const Renderer* renderer : all_renderers()) {
    if (renderer->name == std::string_view("json")) return renderer->render(report, RenderOptions{});
  }
  return "";
}

TEST(Jobs, LimitEverythingAndChangeNothing) {
  std::vector<size_t> one, three;
  const std::string alone = report_with(1, one);
  const std::string together = report_with(3, three);
  ASSERT_FALSE(alone.empty());
  EXPECT_EQ(alone, together);
  ASSERT_FALSE(one.empty());
  for (size_t limit : one) EXPECT_EQ(limit, 1u);
  for (size_t limit : three) EXPECT_EQ(limit, 3u);
}

}  // namespace
}  // namespace mlgrade
