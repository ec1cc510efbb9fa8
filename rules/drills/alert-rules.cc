// Alert rules are loaded, and tests show that they fire.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/rule_tests.h"

namespace mlgrade::rules {
namespace {

const AlertRule* sound_alert(const RuleInput& in) {
  const AlertRule* best = nullptr;
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file) || alert.vacuous || alert.loaded == Truth::kNo) continue;
    const bool object = alert.loaded_why.find("PrometheusRule") != std::string::npos;
    if (object && applied(in.graph, alert.span) == Truth::kNo) continue;
    if (best == nullptr || alert.loaded < best->loaded) best = &alert;
  }
  return best;
}

void run(const RuleInput& in, RuleOutput& output) {
  const AlertRule* alert = sound_alert(in);
  if (alert == nullptr) return;
  Evidence evidence;
  evidence.place = alert->span;
  evidence.what = fmt::format("the alert {}", alert->name.view());
  evidence.links.push_back({alert->span, evidence.what});
  if (alert->loaded_at.valid()) evidence.links.push_back({alert->loaded_at, "loads its rule file"});
  const std::vector<AlertTest> tests = alert_tests(in.facts);
  const auto expected = std::find_if(tests.begin(), tests.end(), [&](const AlertTest& test) {
    return std::any_of(in.facts.alerts.begin(), in.facts.alerts.end(), [&](const AlertRule& one) {
      return one.name == test.alert && one.loaded != Truth::kNo && !is_sample(in.facts, one.span.file);
    });
  });
  for (const RuleTestRun& run : rule_test_runs(in)) {
    Evidence test = evidence;
    test.runs_at = run.node;
    test.place = run.span;
    test.what = "tests of the alert rules";
    if (expected != tests.end())
      test.links.insert(test.links.begin(), {expected->at, "expects " + expected->alert.str()});
    test.links.insert(test.links.begin(), {test.place, test.what});
    if (alert->loaded != Truth::kYes) {
      test.worth = 0.5;
      test.worth_why = "whether a server loads the rules cannot be seen";
    }
    if (expected == tests.end()) {
      test.defeat = tests.empty() ? "no test expects an alert to fire"
                                  : "the alerts that its tests expect are none of those that are loaded";
      test.defeat_at = test.place;
    }
    output.evidence.push_back(std::move(test));
  }
  evidence.mode = EvidenceMode::kStanding;
  evidence.worth = 0.5;
  evidence.worth_why = alert->loaded == Truth::kYes
                           ? "no test shows that it fires"
                           : "whether a server loads it cannot be seen, and no test shows that it fires";
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule drills_alert_rules;
const Rule drills_alert_rules{
    .summary = "alert rules are loaded and tested",
    .why = "An alert that was never seen to fire is a hope.",
    .fix = "Write unit tests of the rules with series that must and must not fire, and run them in CI.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
