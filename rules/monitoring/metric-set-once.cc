// Measures of quality that are set as the program starts, and never again.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/model_metrics.h"

namespace mlgrade::rules {
namespace {

// Facts about what was started do not change while it runs.
bool stays(std::string_view name) {
  return has_word(name, {"info",   "version",  "build",     "timestamp", "time",      "trained",    "loaded",
                         "ready",  "start",    "started",   "up",        "threshold", "limit",      "bar",
                         "target", "baseline", "reference", "training",  "train",     "validation", "offline",
                         "test",   "size",     "count",     "features"});
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    if (is_sample(in.facts, metric.span.file) || is_test_code(in.facts, metric.span.file)) continue;
    if (metric.kind != "gauge" || !metric.known || metric.own_value || stays(metric.name.view())) continue;
    const bool quality =
        is_quality_name(metric.name.view()) || has_word(metric.name.view(), {"drift", "psi", "bias"});
    if (!quality || metric.set_at.empty() || !set_at_start(in.facts, metric)) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence = Confidence::kMedium;
    finding.message = fmt::format("{} is set as the program starts and never again", metric.name.view());
    finding.places = {{metric.set_at.front(), "the only time that it is set"}, {metric.span, "defines it"}};
    output.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule monitoring_metric_set_once;
const Rule monitoring_metric_set_once{
    .kind = RuleKind::kFinding,
    .summary = "A measure of quality that never changes",
    .why = "The dashboard shows the test set of last month, drawn as a line of today.",
    .fix = "Measure again in a job that runs on a schedule, or call the number what it is: offline.",
    .source = "Breck et al. 2017, Monitor 7",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
