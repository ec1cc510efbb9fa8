// Measures are kept apart by model, version and variant.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    if (is_sample(in.facts, metric.span.file) || is_test_code(in.facts, metric.span.file)) continue;
    const auto told = [](Name label) {
      return has_word(label.view(),
                      {"version", "variant", "model", "provider", "tier", "experiment", "arm"}) &&
             !has_word(label.view(), {"user"});
    };
    const bool info = has_word(metric.name.view(), {"info"}) && has_word(metric.name.view(), {"model"});
    if (!info && !std::any_of(metric.labels.begin(), metric.labels.end(), told)) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = metric.span;
    evidence.what = fmt::format("the metric {} tells models apart", metric.name.view());
    evidence.worth = 0.5;
    evidence.worth_why = "no alert or panel is shown to use it";
    output.evidence.push_back(std::move(evidence));
    return;
  }
}

}  // namespace

extern const Rule telemetry_metric_labels;
const Rule telemetry_metric_labels{
    .summary = "metrics carry the version or variant of the model",
    .why = "A sum over versions hides the one that is wrong.",
    .fix =
        "Label the measures of the model with its version and variant, and use the labels in alerts and "
        "panels.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .run = run,
};

}  // namespace mlgrade::rules
