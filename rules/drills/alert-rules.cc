// Alert rules are loaded, and tests show that they fire.
#include <fmt/format.h>

#include <string>
#include <utility>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"
#include "rules/support/rule_tests.h"

namespace mlgrade::rules {
namespace {

const AlertRule* sound_alert(const RuleInput& in) {
  const AlertRule* best = nullptr;
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file) || alert.vacuous || alert.loaded == Truth::kNo) continue;
    const auto rank = [&](const AlertRule& one) { return std::pair(one.loaded, gets_loaded(in, one)); };
    if (best == nullptr || rank(alert) < rank(*best)) best = &alert;
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
  const std::vector<RuleTest> tests = rule_tests(in);
  for (const RuleTest& test : tests) output.evidence.push_back(evidence_of(test));
  if (tests.empty()) {
    // Tests in which nothing has to fire, or something that no rule here is called.
    for (const RuleTestCommand& command : rule_test_commands(in)) {
      Evidence vain;
      vain.runs_at = command.node;
      vain.place = command.command->span;
      vain.what = "tests of the alert rules";
      vain.links.push_back({vain.place, vain.what});
      vain.defeat = "no test expects an alert of these rules to fire";
      vain.defeat_at = vain.place;
      output.evidence.push_back(std::move(vain));
    }
  }
  evidence.mode = EvidenceMode::kStanding;
  evidence.worth = 0.5;
  const std::string why = why_not_loaded(in, *alert);
  evidence.worth_why = (why.empty() ? "" : why + ", and ") + "no test shows that it fires";
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
