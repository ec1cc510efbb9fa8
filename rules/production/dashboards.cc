// Measures of the model in production are on a dashboard.
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

// A series of the service itself, beyond counts and times of requests that any web service has.
bool tells_of_model(const RuleInput& in, std::string_view expression) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    if (!metric.known || has_word(metric.name.view(), {"http", "request", "requests"})) continue;
    if (metric.name.view().size() >= 4 && expression.find(metric.name.view()) != std::string_view::npos)
      return true;
  }
  return has_word(expression, {"model", "prediction", "predictions", "drift", "accuracy", "score"});
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Dashboard& dashboard : in.facts.dashboards) {
    if (is_sample(in.facts, dashboard.file)) continue;
    for (const auto& [expression, span] : dashboard.expressions) {
      if (!tells_of_model(in, expression)) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = span;
      evidence.what = "a panel shows what the model does";
      evidence.worth = 0.5;
      evidence.worth_why = "somebody has to look at it; no alert on a jump and on a trend";
      output.evidence.push_back(std::move(evidence));
      break;
    }
  }
}

}  // namespace

extern const Rule production_dashboards;
const Rule production_dashboards{
    .summary = "a dashboard shows what the model does in production",
    .why = "A jump or a slow decline shows in a picture long before somebody complains.",
    .fix = "Alert on a jump against last week and on a trend over a month, for a measure of quality.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (testing in production)",
    .run = run,
};

}  // namespace mlgrade::rules
