// Quality by group of people is watched in production.
#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_group_series(std::string_view series) {
  return has_word(series, {"fairness", "parity", "disparity", "disparate", "equalized", "demographic"});
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found = alert_evidence(in, is_group_series, "alert on differences between groups");
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_group_alert;
const Rule quality_group_alert{
    .summary = "an alert watches differences between groups of people",
    .why = "The people who come are others than those in the test set.",
    .fix =
        "Export a measure of quality or of rates by group, and alert when groups differ by more than a bar.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: fairness)",
    .run = run,
};

}  // namespace mlgrade::rules
