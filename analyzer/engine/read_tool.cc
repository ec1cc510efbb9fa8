// rules/tools/*.yaml -> Tool.
#include "analyzer/base/strict_record.h"
#include "analyzer/engine/capabilities.h"
#include "analyzer/engine/catalogue.h"

namespace mlgrade {
namespace {

constexpr std::string_view kFailsNames[] = {"raises", "returns", "exits", "reports", "never"};

// A pattern must start with a literal component: it is how calls are looked up.
void check_patterns(const std::vector<std::string>& patterns, std::string_view key, StrictRecord& record) {
  for (const std::string& pattern : patterns) {
    if (pattern.empty() || pattern[0] == '*' || pattern[0] == '?' || pattern[0] == '[' || pattern[0] == '{') {
      record.problem(record.line(), "`" + pattern + "` in `" + std::string(key) +
                                        "` must start with a plain name; no pattern over all names");
    }
  }
}

void check_capability(std::string_view word, StrictRecord& record) {
  if (word.empty() || is_capability(word)) return;
  std::string message = "`" + std::string(word) + "` is no capability";
  const std::string_view meant = nearest_word(word, kCapabilities);
  if (!meant.empty()) message += "; did you mean `" + std::string(meant) + "`?";
  record.problem(record.line(), message);
}

Ability read_ability(const DataNode& node, Name tool, std::string_view path, std::vector<Problem>& problems) {
  StrictRecord record(node, path, problems);
  Ability ability;
  ability.tool = tool;
  ability.capability = Name(record.required_text("capability"));
  check_capability(ability.capability.view(), record);
  ability.calls = record.texts("calls");
  ability.bases = record.texts("bases");
  ability.decorators = record.texts("decorators");
  ability.methods = record.texts("methods");
  ability.commands = record.texts("commands");
  ability.actions = record.texts("actions");
  ability.files = record.texts("files");
  ability.series = record.texts("series");
  ability.fails =
      static_cast<Fails>(record.choice("fails", kFailsNames, static_cast<size_t>(Fails::kReturns)));
  ability.success = record.text("success");
  if (const DataNode* args = record.node("args")) {
    for (const DataEntry& entry : args->entries) {
      ability.args.emplace_back(entry.first, std::string(entry.second.string_or("")));
    }
  }
  check_patterns(ability.calls, "calls", record);
  check_patterns(ability.bases, "bases", record);
  check_patterns(ability.decorators, "decorators", record);
  check_patterns(ability.methods, "methods", record);
  check_patterns(ability.commands, "commands", record);
  const bool marks = !ability.calls.empty() || !ability.bases.empty() || !ability.decorators.empty() ||
                     !ability.methods.empty() || !ability.commands.empty() || !ability.actions.empty() ||
                     !ability.files.empty() || !ability.series.empty();
  if (!marks)
    record.problem(
        node.line,
        "an ability without calls, bases, decorators, methods, commands, actions, files or series");
  record.finish();
  return ability;
}

void read_packages(StrictRecord& record, Tool& tool) {
  for (const std::string& text : record.texts("packages")) {
    const size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
      record.problem(record.line(), "`" + text + "` in `packages` must be `ecosystem:name`");
      continue;
    }
    tool.packages.emplace_back(text.substr(0, colon), text.substr(colon + 1));
  }
}

void read_removed(const DataNode* list, std::string_view path, std::vector<Problem>& problems, Tool& tool) {
  if (list == nullptr) return;
  for (const DataNode& node : list->items) {
    StrictRecord record(node, path, problems);
    RemovedApi api;
    api.since = record.required_text("since");
    api.names = record.texts("names");
    if (api.names.empty()) record.problem(node.line, "`names` must list what was removed");
    record.finish();
    tool.removed.push_back(std::move(api));
  }
}

}  // namespace

Tool read_tool(const DataNode& root, std::string_view path, std::vector<Problem>& problems) {
  StrictRecord record(root, path, problems);
  Tool tool;
  tool.name = Name(record.required_text("tool"));
  tool.distributions = record.texts("distributions");
  tool.imports = record.texts("imports");
  read_packages(record, tool);
  const DataNode* does = record.node("does");
  if (does != nullptr) {
    if (!does->is_sequence()) record.problem(does->line, "`does` must be a list of abilities");
    for (const DataNode& node : does->items) {
      tool.does.push_back(read_ability(node, tool.name, path, problems));
    }
  }
  read_removed(record.node("removed"), path, problems, tool);
  record.finish();
  return tool;
}

}  // namespace mlgrade
