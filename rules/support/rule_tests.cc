#include "rules/support/rule_tests.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/base/glob.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"

namespace mlgrade {
namespace {

std::string_view without_dot(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return path;
}

// `promtool test rules monitoring/*_test.yml`: the words name the file, from wherever the command stands.
bool names(const Command& command, std::string_view path) {
  return std::any_of(command.words.begin() + 1, command.words.end(), [&](const Word& word) {
    const std::string_view text = without_dot(word.text);
    if (text.empty() || text.starts_with('-')) return false;
    const std::string tail =
        "**/" + std::string(text.substr(text.rfind("../") == text.npos ? 0 : text.rfind("../") + 3));
    return path == text || path.ends_with("/" + std::string(text)) || glob_match(tail, path);
  });
}

const AlertRule* alert_named(const FactStore& facts, std::string_view name) {
  const AlertRule* best = nullptr;
  for (const AlertRule& alert : facts.alerts) {
    if (alert.name != name || alert.vacuous || is_sample(facts, alert.span.file)) continue;
    const auto rank = [](const AlertRule& a) {
      return a.loaded == Truth::kYes ? 0 : a.loaded == Truth::kUnknown ? 1 : 2;
    };
    if (best == nullptr || rank(alert) < rank(*best)) best = &alert;
  }
  return best;
}

void add_document(const RuleInput& in, const ConfigDocument& document,
                  const std::vector<RuleTestCommand>& commands, std::vector<RuleTest>& out) {
  const DataNode* tests = document.root.find("tests");
  if (tests == nullptr || document.root.find("rule_files") == nullptr || !tests->is_sequence()) return;
  const std::string_view path = in.facts.path(document.file);
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [&](const RuleTestCommand& c) { return names(*c.command, path); });
  for (const DataNode& test : tests->items) {
    const DataNode* cases = test.find("alert_rule_test");
    if (cases == nullptr) continue;
    for (const DataNode& one : cases->items) {
      const DataNode* expected = one.find("exp_alerts");
      const AlertRule* alert = alert_named(in.facts, one.get("alertname"));
      if (alert == nullptr || expected == nullptr || expected->items.empty()) continue;
      const uint32_t line = one.line_of("alertname");
      RuleTest found{alert, Span{document.file, line, 1, line}, kNone, {}};
      if (command != commands.end()) {
        found.command = command->node;
        found.command_at = command->command->span;
      }
      out.push_back(found);
    }
  }
}

}  // namespace

std::vector<RuleTestCommand> rule_test_commands(const RuleInput& in) {
  std::vector<RuleTestCommand> out;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const std::vector<Command>& commands = in.facts.automation[f].commands;
    for (uint32_t c = 0; c < commands.size(); ++c) {
      const std::string text = words_as_text(commands[c]);
      const bool tests = text.find("promtool test rules") != std::string::npos ||
                         text.find("cortextool rules test") != std::string::npos ||
                         text.find("mimirtool rules test") != std::string::npos;
      if (tests) out.push_back({in.graph.node_of_command(f, c), &commands[c]});
    }
  }
  const auto rank = [&](const RuleTestCommand& c) { return -static_cast<int>(in.graph.reached_by(c.node)); };
  std::stable_sort(out.begin(), out.end(),
                   [&](const RuleTestCommand& a, const RuleTestCommand& b) { return rank(a) < rank(b); });
  return out;
}

std::vector<RuleTest> rule_tests(const RuleInput& in) {
  std::vector<RuleTest> out;
  const std::vector<RuleTestCommand> commands = rule_test_commands(in);
  for (const ConfigDocument& document : in.facts.configs) {
    if (!is_sample(in.facts, document.file)) add_document(in, document, commands, out);
  }
  return out;
}

Evidence evidence_of(const RuleTest& test) {
  Evidence evidence;
  evidence.runs_at = test.command;
  evidence.place = test.place;
  evidence.what = fmt::format("a test of the rules expects the alert {} to fire", test.alert->name.view());
  if (test.command_at.valid()) evidence.links.push_back({test.command_at, "runs the tests of the rules"});
  evidence.links.push_back({test.place, evidence.what});
  evidence.links.push_back({test.alert->span, fmt::format("the alert {}", test.alert->name.view())});
  if (test.alert->loaded_at.valid()) evidence.links.push_back({test.alert->loaded_at, "loads its rule file"});
  if (test.alert->loaded != Truth::kYes) {
    evidence.worth = 0.5;
    evidence.worth_why = test.alert->loaded == Truth::kNo ? "no server loads the rule"
                                                          : "whether a server loads the rule cannot be seen";
  }
  return evidence;
}

}  // namespace mlgrade
