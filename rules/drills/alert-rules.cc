// Alert rules are loaded, and tests show that they fire.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"

namespace mlgrade::rules {
namespace {

bool runs_rule_tests(const Command& command) {
  const std::string text = words_as_text(command);
  return text.find("promtool test rules") != std::string::npos ||
         text.find("cortextool rules test") != std::string::npos;
}

// Rule tests that expect nothing to fire prove nothing.
bool expects_alerts(const RuleInput& in) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) || document.root.find("rule_files") == nullptr ||
        document.root.find("tests") == nullptr)
      continue;
    for (const ConfigKey& key : document.keys) {
      if (key.path.view().find("exp_alerts[") != std::string_view::npos) return true;
    }
  }
  return false;
}

const AlertRule* sound_alert(const RuleInput& in) {
  const AlertRule* best = nullptr;
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file) || alert.vacuous || alert.loaded == Truth::kNo) continue;
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
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      if (!runs_rule_tests(file.commands[c])) continue;
      Evidence test = evidence;
      test.runs_at = in.graph.node_of_command(f, c);
      test.place = file.commands[c].span;
      test.what = "tests of the alert rules";
      test.links.insert(test.links.begin(), {test.place, test.what});
      if (alert->loaded != Truth::kYes) {
        test.worth = 0.5;
        test.worth_why = "whether a server loads the rules cannot be seen";
      }
      if (!expects_alerts(in)) {
        test.defeat = "no test expects an alert to fire";
        test.defeat_at = test.place;
      }
      output.evidence.push_back(std::move(test));
    }
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
