// Writes units, links and commands.
#include "analyzer/passes/automation_writer.h"

#include "analyzer/base/limits.h"
#include "analyzer/passes/shell_commands.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

ShellContext context_of(const AutomationFile& file, uint32_t unit, uint32_t line) {
  ShellContext context;
  context.file = file.file;
  context.unit = unit;
  context.line = line;
  return context;
}

bool is_shell(std::string_view program) {
  const std::string_view name = base_name(program);
  return name == "sh" || name == "bash" || name == "zsh" || name == "dash" || name == "ash";
}

// The script of `sh -ec "text"`; -1 if the words are something else.
int script_word(const std::vector<std::string>& words, bool& errexit, bool& pipefail) {
  if (words.empty() || !is_shell(words[0])) return -1;
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    pipefail = pipefail || word == "pipefail";
    if (!word.starts_with('-') || word.starts_with("--")) {
      if (word != "pipefail") return -1;
      continue;
    }
    errexit = errexit || word.find('e') != word.npos;
    if (word.find('c') != word.npos && i + 1 < words.size()) return static_cast<int>(i + 1);
  }
  return -1;
}

}  // namespace

AutomationFile automation_file(const SourceFile& file, std::string_view system) {
  AutomationFile out;
  out.file = file.id;
  out.system = Name(system);
  return out;
}

uint32_t add_unit(AutomationFile& file, UnitKind kind, std::string_view name, uint32_t line,
                  uint32_t parent) {
  Unit unit;
  unit.kind = kind;
  unit.system = file.system;
  unit.name = Name(name);
  unit.parent = parent;
  unit.span = line_span(file.file, line);
  file.units.push_back(std::move(unit));
  return static_cast<uint32_t>(file.units.size() - 1);
}

UnitLink& add_link(AutomationFile& file, uint32_t unit, LinkKind kind, UnitKind target_kind,
                   std::string_view target, uint32_t line) {
  UnitLink link;
  link.unit = unit;
  link.kind = kind;
  link.target_kind = target_kind;
  link.target = Name(target);
  link.span = line_span(file.file, line);
  file.links.push_back(std::move(link));
  return file.links.back();
}

Trigger& add_trigger(AutomationFile& file, uint32_t unit, TriggerKind kind, std::string_view detail,
                     uint32_t line) {
  Trigger trigger;
  trigger.unit = unit;
  trigger.kind = kind;
  trigger.detail = detail;
  trigger.span = line_span(file.file, line);
  file.triggers.push_back(std::move(trigger));
  return file.triggers.back();
}

void add_script(AutomationFile& file, uint32_t unit, const Script& script) {
  ShellContext context = context_of(file, unit, script.line);
  context.errexit = script.errexit;
  context.pipefail = script.pipefail;
  context.one_line = script.one_line;
  context.dialect = script.dialect;
  for (Command& command : shell_commands(script.text, context)) file.commands.push_back(std::move(command));
}

void add_exec(AutomationFile& file, uint32_t unit, const std::vector<std::string>& words, uint32_t line) {
  if (words.empty()) return;
  Script script;
  script.line = line;
  script.one_line = true;
  const int at = script_word(words, script.errexit, script.pipefail);
  if (at >= 0) {
    script.text = words[static_cast<size_t>(at)];
    return add_script(file, unit, script);
  }
  file.commands.push_back(exec_command(words, context_of(file, unit, line)));
}

void add_settings(AutomationFile& file, uint32_t unit, const DataNode* environment) {
  if (environment == nullptr) return;
  const auto add = [&](std::string_view name, std::string_view value, uint32_t line) {
    const bool literal = value.find('$') == value.npos;
    file.settings.push_back(
        {unit, Name(name), Word{std::string(value), literal}, line_span(file.file, line)});
  };
  for (const auto& [name, value] : environment->entries) {
    if (value.is_scalar()) add(name, value.text, environment->line_of(name));
    if (value.is_mapping()) add(name, value.get("value"), environment->line_of(name));  // GitLab
  }
  for (const DataNode& item : environment->items) {
    const std::string_view text = item.string_or("");
    const size_t equals = text.find('=');
    if (equals != text.npos) add(text.substr(0, equals), text.substr(equals + 1), item.line);
    if (item.is_mapping() && item.find("name") != nullptr)
      add(item.get("name"), item.get("value"), item.line);
  }
}

uint32_t text_line(const DataNode& scalar) { return scalar.block_style ? scalar.line + 1 : scalar.line; }

void add_unread(AutomationFile& file, uint32_t unit, std::string_view why, std::string_view text, Span span) {
  file.unread.push_back({unit, std::string(why), std::string(text.substr(0, kMaxUnreadText)), span});
}

bool add_script_node(AutomationFile& file, uint32_t unit, const DataNode* node, bool errexit, bool pipefail) {
  if (node == nullptr) return false;
  if (node->is_scalar()) {
    add_script(file, unit, {node->text, text_line(*node), errexit, pipefail});
    return true;
  }
  if (!node->is_sequence()) return false;
  for (const DataNode& item : node->items) {
    if (item.is_scalar()) add_script(file, unit, {item.text, text_line(item), errexit, pipefail});
  }
  return true;
}

std::vector<std::string> exec_words(const DataNode* node) {
  return node == nullptr || !node->is_sequence() ? std::vector<std::string>{} : node->strings();
}

}  // namespace mlgrade
