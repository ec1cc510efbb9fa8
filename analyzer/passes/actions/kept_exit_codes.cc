// Joins a command whose failure its script lets go, the output that keeps it, and the step that asks for it.
#include "analyzer/passes/actions/kept_exit_codes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace mlgrade {
namespace {

// An output that says of a command whether it has failed.
struct Kept {
  std::string name;
  std::string on_failure;  // its value then; "" = any number but 0
};

bool writes_output(const Command& command) {
  const bool prints =
      !command.words.empty() && (command.words[0].text == "echo" || command.words[0].text == "printf");
  return prints && command.output_file.view().find("GITHUB_OUTPUT") != std::string_view::npos;
}

// `$?`, `${?}`, `${PIPESTATUS[0]}`, or the variable that the code was stored in.
bool is_exit_code(std::string_view value, std::string_view variable) {
  if (value == "$?" || value == "${?}" || value.starts_with("${PIPESTATUS")) return true;
  if (variable.empty() || !value.starts_with('$')) return false;
  value.remove_prefix(1);
  if (value.starts_with('{') && value.ends_with('}')) value = value.substr(1, value.size() - 2);
  return value == variable;
}

// "rc" where the words on a command's fate say that its exit code is stored in `rc`.
std::string_view stored_in(const Command& command) {
  const std::string_view why = command.effect_why;
  const size_t begin = why.find("stored in `");
  if (begin == why.npos) return {};
  const std::string_view rest = why.substr(begin + 11);
  return rest.substr(0, rest.find('`'));
}

std::optional<Kept> kept_of(const AutomationFile& out, size_t failing) {
  const Command& command = out.commands[failing];
  const std::string_view variable = stored_in(command);
  for (size_t c = failing + 1; c < out.commands.size() && out.commands[c].unit == command.unit; ++c) {
    const Command& writer = out.commands[c];
    const bool decides = writer.span.line == command.effect_span.line;
    if (!writes_output(writer) || (!decides && variable.empty())) continue;
    for (size_t w = 1; w < writer.words.size(); ++w) {
      const std::string_view text = writer.words[w].text;
      const size_t equals = text.find('=');
      if (equals == text.npos || equals == 0) continue;
      std::string_view value = text.substr(equals + 1);
      if (value.ends_with("\\n")) value.remove_suffix(2);
      if (is_exit_code(value, variable)) return Kept{std::string(text.substr(0, equals)), ""};
      // `pytest || echo "failed=true" >> $GITHUB_OUTPUT`
      const bool handler = decides && command.effect_why.find("||") != std::string::npos;
      if (handler && writer.words[w].literal && !value.empty())
        return Kept{std::string(text.substr(0, equals)), std::string(value)};
    }
  }
  return std::nullopt;
}

bool is_space_or_closing(char c) { return c == ' ' || c == ')' || c == '\t' || c == '\n'; }

// What a condition says behind the name of the output holds when the command has failed.
bool holds_on_failure(std::string_view behind, const Kept& kept) {
  while (!behind.empty() && is_space_or_closing(behind.front())) behind.remove_prefix(1);
  const bool equal = behind.starts_with("=="), unequal = behind.starts_with("!=");
  if (!equal && !unequal)
    return kept.on_failure.empty() ? behind.starts_with('>') : kept.on_failure == "true";
  behind.remove_prefix(2);
  while (!behind.empty() && behind.front() == ' ') behind.remove_prefix(1);
  std::string_view literal = behind.substr(0, behind.find_first_of(" )&|}\n"));
  if (behind.starts_with('\'')) literal = behind.substr(1, behind.find('\'', 1) - 1);
  if (kept.on_failure.empty()) return (literal == "0") == unequal;
  return (literal == kept.on_failure) == equal;
}

bool exits_with_failure(const AutomationFile& out, uint32_t unit, const DataNode& step) {
  if (const DataNode* script = step.at({"with", "script"}); script != nullptr && script->is_scalar())
    return script->text.find("setFailed(") != std::string::npos;
  return std::any_of(out.commands.begin(), out.commands.end(), [&](const Command& command) {
    return command.unit == unit && command.runs != Truth::kNo && command.words.size() > 1 &&
           command.words[0].text == "exit" && command.words[1].text != "0";
  });
}

}  // namespace

void apply_kept_exit_codes(const DataNode& steps, const std::vector<uint32_t>& units, AutomationFile& out) {
  for (size_t c = 0; c < out.commands.size(); ++c) {
    Command& command = out.commands[c];
    const auto at = std::find(units.begin(), units.end(), command.unit);
    if (at == units.end() || command.effect == Effect::kBlocking) continue;
    const auto i = static_cast<size_t>(at - units.begin());
    const std::string_view id = steps.items[i].get("id");
    const std::optional<Kept> kept = id.empty() ? std::nullopt : kept_of(out, c);
    if (!kept) continue;
    const std::string output = "steps." + std::string(id) + ".outputs." + kept->name;
    for (size_t k = i + 1; k < steps.items.size(); ++k) {
      const Unit& later = out.units[units[k]];
      const std::string_view asks = steps.items[k].get("if"), text = steps.items[k].get("run");
      const size_t asked = asks.find(output);
      const bool decides = asked != asks.npos ? holds_on_failure(asks.substr(asked + output.size()), *kept)
                                              : text.find(output) != text.npos;
      if (!decides || later.runs == Truth::kNo || !exits_with_failure(out, units[k], steps.items[k]))
        continue;
      command.effect = later.effect;
      command.effect_why = later.effect_why;
      command.effect_span = later.effect_span;
      break;
    }
  }
}

}  // namespace mlgrade
