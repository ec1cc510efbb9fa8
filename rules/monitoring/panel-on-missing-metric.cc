// Panels of dashboards that show a series which nothing gives.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  const SeriesIndex index(in.facts, in.catalogue, in.uses);
  const Confidence sure = sure_it_is_missing(in);
  for (const Dashboard& dashboard : in.facts.dashboards) {
    if (is_sample(in.facts, dashboard.file)) continue;
    std::map<Name, Finding> by_series;
    for (const PanelQuery& panel : dashboard.panels) {
      for (const SeriesRead& read : panel.query.reads) {
        if (read.series.empty() || read.absence) continue;
        const SeriesSource from = index.source_of(read.series);
        if (from.kind != SeriesSource::Kind::kMissing) continue;
        Finding& finding = by_series[read.series];
        finding.places.push_back({panel.span, fmt::format("panel {}", panel.panel.view())});
        if (finding.places.size() > 1) continue;
        finding.severity = Severity::kMedium;
        finding.confidence = sure;
        const std::string near = nearest_series(in.facts, read.series.view());
        finding.message = from.missing.empty()
                              ? fmt::format("a panel shows {}, which nothing here gives", read.series.view())
                              : fmt::format("a panel shows {}, which is called {} where it is scraped",
                                            read.series.view(), from.missing);
        if (from.missing.empty() && !near.empty()) finding.message += fmt::format("; there is {}", near);
      }
    }
    for (auto& [series, finding] : by_series) output.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule monitoring_panel_on_missing_metric;
const Rule monitoring_panel_on_missing_metric{
    .kind = RuleKind::kFinding,
    .summary = "A panel shows a series that nothing gives",
    .why = "An empty panel is read as a quiet system.",
    .fix = "Export the series, or show one that is exported, by the name it has where it is scraped.",
    .source = "Breck et al. 2017, Monitor 1-7",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
