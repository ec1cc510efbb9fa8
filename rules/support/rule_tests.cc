// Reads test files of rules; no rule of its own.
#include "rules/support/rule_tests.h"

#include <string>

#include "rules/support/code.h"
#include "rules/support/command_text.h"

namespace mlgrade {

std::vector<AlertTest> alert_tests(const FactStore& facts) {
  std::vector<AlertTest> out;
  for (const ConfigDocument& document : facts.configs) {
    const DataNode* tests = document.root.find("tests");
    if (is_sample(facts, document.file) || document.root.find("rule_files") == nullptr || tests == nullptr)
      continue;
    for (const DataNode& test : tests->items) {
      const DataNode* cases = test.find("alert_rule_test");
      if (cases == nullptr) continue;
      for (const DataNode& one : cases->items) {
        const DataNode* expected = one.find("exp_alerts");
        if (expected == nullptr || expected->items.empty()) continue;
        const uint32_t line = one.line_of("alertname");
        out.push_back({Name(one.get("alertname")), {document.file, line, 1, line}});
      }
    }
  }
  return out;
}

std::vector<RuleTestRun> rule_test_runs(const RuleInput& in) {
  std::vector<RuleTestRun> out;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const std::string text = words_as_text(file.commands[c]);
      const bool runs = text.find("promtool test rules") != std::string::npos ||
                        text.find("cortextool rules test") != std::string::npos;
      if (runs) out.push_back({in.graph.node_of_command(f, c), file.commands[c].span});
    }
  }
  return out;
}

}  // namespace mlgrade
