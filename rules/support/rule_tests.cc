#include "rules/support/rule_tests.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "analyzer/base/glob.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

std::string_view without_dot(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return path;
}

// "/m/tests/x.yml" -> "tests/x.yml": below where a container has the folder mounted.
std::string_view below_mount(std::string_view path) {
  if (!path.starts_with('/')) return {};
  const size_t slash = path.find('/', 1);
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
}

// `promtool test rules monitoring/*_test.yml`: the words name the file, from wherever the command stands.
bool names(const Command& command, std::string_view path) {
  return std::any_of(command.words.begin() + 1, command.words.end(), [&](const Word& word) {
    std::string_view text = without_dot(word.text);
    if (const size_t up = text.rfind("../"); up != std::string_view::npos) text.remove_prefix(up + 3);
    if (text.starts_with('/')) text = below_mount(text);
    if (text.empty() || text.starts_with('-')) return false;
    return path == text || path.ends_with("/" + std::string(text)) ||
           glob_match("**/" + std::string(text), path);
  });
}

// "promtool", "/bin/promtool": also behind `docker run --entrypoint`.
bool tests_rules(const Command& command) {
  const std::vector<Word>& words = command.words;
  const bool tool = std::any_of(words.begin(), words.end(), [](const Word& word) {
    const std::string_view name = std::string_view(word.text).substr(word.text.rfind('/') + 1);
    return name == "promtool" || name == "cortextool" || name == "mimirtool" ||
           name == "--entrypoint=promtool";
  });
  for (size_t i = 0; tool && i + 1 < words.size(); ++i) {
    const bool one = words[i].text == "test" && words[i + 1].text == "rules";
    const bool other = words[i].text == "rules" && words[i + 1].text == "test";
    if (one || other) return true;
  }
  return false;
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
      RuleTest found{alert, Span{document.file, line, 1, line}, kNone, {}, why_not_loaded(in, *alert)};
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
      if (tests_rules(commands[c])) out.push_back({in.graph.node_of_command(f, c), &commands[c]});
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
  if (!test.not_loaded.empty()) {
    evidence.worth = 0.5;
    evidence.worth_why = test.not_loaded;
  }
  return evidence;
}

}  // namespace mlgrade
