// Setting conditions and effects of units.
#include "analyzer/passes/ci_support.h"

#include <algorithm>
#include <map>

#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxLines = 10'000;      // of one script
constexpr size_t kMaxLinks = 200'000;     // of one file: groups that wait for groups multiply
constexpr uint32_t kMaxBlankLines = 500;  // put in to keep the numbers of lines right

void collect(const DataNode& node, int depth, std::vector<const DataNode*>& out) {
  if (depth > 5 || out.size() > kMaxLines) return;
  if (node.is_scalar()) out.push_back(&node);
  for (const DataNode& item : node.items) collect(item, depth + 1, out);
}

}  // namespace

bool is_yaml_path(std::string_view path) { return path.ends_with(".yml") || path.ends_with(".yaml"); }

void set_runs(AutomationFile& file, uint32_t unit, Truth runs, std::string condition, uint32_t line) {
  Unit& u = file.units[unit];
  if (runs == Truth::kYes || (u.runs != Truth::kYes && u.runs <= runs)) return;
  u.runs = runs;
  u.condition = std::move(condition);
  u.condition_span = line_span(file.file, line);
}

void set_runs(AutomationFile& file, uint32_t unit, const EventTruth& started, const EventTruth& holds,
              std::string condition, uint32_t line) {
  const EventTruth runs = started && holds;
  const Truth automatic = runs.automatic();
  if (automatic == Truth::kNo && runs[CiEvent::kManual] != Truth::kNo) {
    set_manual(file, unit, std::move(condition), line);
    return;
  }
  const bool by_schedule = automatic == Truth::kUnknown && holds[CiEvent::kSchedule] == Truth::kYes &&
                           runs[CiEvent::kSchedule] == Truth::kUnknown;
  if (by_schedule) condition += " (a schedule that is set outside of the repository)";
  set_runs(file, unit, automatic, std::move(condition), line);
}

void set_manual(AutomationFile& file, uint32_t unit, std::string why, uint32_t line) {
  Unit& u = file.units[unit];
  if (u.manual) return;
  u.manual = true;
  if (u.runs != Truth::kYes) return;
  u.condition = std::move(why);
  u.condition_span = line_span(file.file, line);
}

void set_effect(AutomationFile& file, uint32_t unit, Effect effect, std::string why, uint32_t line) {
  Unit& u = file.units[unit];
  if (effect <= u.effect) return;
  u.effect = effect;
  u.effect_why = std::move(why);
  u.effect_span = line_span(file.file, line);
}

void set_command_effects(AutomationFile& file, size_t first, Effect effect, std::string_view why,
                         uint32_t line) {
  for (size_t i = first; i < file.commands.size(); ++i) {
    Command& command = file.commands[i];
    if (effect <= command.effect) continue;
    command.effect = effect;
    command.effect_why = why;
    command.effect_span = line_span(file.file, line);
  }
}

void add_order(AutomationFile& file, uint32_t job, uint32_t other, bool needs_success, uint32_t line) {
  if (job == other || file.links.size() >= kMaxLinks) return;
  add_link(file, job, needs_success ? LinkKind::kNeeds : LinkKind::kHappensAfter, UnitKind::kJob,
           file.units[other].name.view(), line)
      .same_file = true;
}

std::pair<std::string_view, std::string_view> split_version(std::string_view text, char separator) {
  const size_t at = text.rfind(separator);
  if (at == text.npos || text.find('/', at) != text.npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + 1)};
}

ActionUse& add_action(AutomationFile& file, uint32_t unit, std::string_view action, std::string_view version,
                      const DataNode* inputs, uint32_t line) {
  ActionUse use;
  use.unit = unit;
  use.action = Name(action);
  use.version = Name(version);
  use.span = line_span(file.file, line);
  if (inputs != nullptr) {
    for (const auto& [name, value] : inputs->entries) {
      if (!value.is_scalar()) continue;
      const bool literal =
          value.text.find('$') == value.text.npos && value.text.find("<<") == value.text.npos;
      use.with.emplace_back(name, Word{value.text, literal});
    }
  }
  file.actions.push_back(std::move(use));
  return file.actions.back();
}

void spread_waiting(AutomationFile& file, size_t first_link, std::vector<bool> waits) {
  waits.resize(file.units.size(), false);
  std::map<Name, uint32_t> by_name;
  for (uint32_t u = 0; u < file.units.size(); ++u) {
    if (file.units[u].kind == UnitKind::kJob) by_name.emplace(file.units[u].name, u);
    waits[u] = waits[u] || file.units[u].manual;
  }
  std::multimap<uint32_t, uint32_t> needed_by;  // unit -> what needs it
  for (size_t i = first_link; i < file.links.size(); ++i) {
    const auto target = by_name.find(file.links[i].target);
    if (file.links[i].kind != LinkKind::kNeeds || target == by_name.end()) continue;
    needed_by.emplace(target->second, file.links[i].unit);
  }
  std::vector<uint32_t> open;
  for (uint32_t u = 0; u < waits.size(); ++u) {
    if (waits[u]) open.push_back(u);
  }
  while (!open.empty()) {
    const uint32_t from = open.back();
    open.pop_back();
    const auto [begin, end] = needed_by.equal_range(from);
    for (auto at = begin; at != end; ++at) {
      if (waits[at->second]) continue;
      waits[at->second] = true;
      const Unit& other = file.units[from];
      const Span place = other.condition_span.valid() ? other.condition_span : other.span;
      set_manual(file, at->second, "waits for " + other.name.str(), place.line);
      open.push_back(at->second);
    }
  }
}

void add_doubtful_trigger(AutomationFile& file, uint32_t unit, TriggerKind kind, std::string_view detail,
                          uint32_t line, Truth automatic, std::string why_not) {
  Trigger& trigger = add_trigger(file, unit, kind, detail, line);
  trigger.automatic = automatic;
  trigger.why_not = std::move(why_not);
}

void add_shell_lines(AutomationFile& file, uint32_t unit, const std::vector<const DataNode*>& lines,
                     bool errexit, bool pipefail) {
  Script script{"", 1, errexit, pipefail};
  uint32_t next = 0;
  const auto flush = [&] {
    if (!script.text.empty()) add_script(file, unit, script);
    script.text.clear();
  };
  for (const DataNode* node : lines) {
    const uint32_t line = text_line(*node);
    if (script.text.empty() || line < next || line > next + kMaxBlankLines) {
      flush();
      script.line = next = line;
    }
    script.text.append(line - next, '\n');
    script.text += node->text;
    if (!node->text.ends_with('\n')) script.text += '\n';
    next = script.line + static_cast<uint32_t>(std::count(script.text.begin(), script.text.end(), '\n'));
  }
  flush();
}

void add_script_with_shebang(AutomationFile& file, uint32_t unit, const DataNode& text, bool errexit,
                             ShellDialect dialect) {
  Script script{text.text, text_line(text), errexit, false, false, dialect};
  std::string_view first = std::string_view(text.text).substr(0, text.text.find('\n'));
  if (first.starts_with("#!")) {
    script.errexit = false;
    const std::vector<std::string_view> words = split_words(first.substr(2));
    size_t program = 0;
    while (program + 1 < words.size() && (base_name(words[program]) == "env" || words[program] == "-S"))
      ++program;
    const std::string_view name = words.empty() ? "" : base_name(words[program]);
    for (size_t i = program + 1; i < words.size(); ++i) {
      script.errexit = script.errexit || (words[i].starts_with('-') && words[i].find('e') != words[i].npos);
      script.pipefail = script.pipefail || words[i] == "pipefail";
    }
    if (name.starts_with("python")) {
      add_exec(file, unit, {"python", "-"}, script.line);
      file.commands.back().heredoc = Name(text.text);
      return;
    }
    if (!name.ends_with("sh") || name == "pwsh") return;
  }
  add_script(file, unit, script);
}

std::vector<const DataNode*> scalar_lines(const DataNode* node) {
  std::vector<const DataNode*> out;
  if (node != nullptr) collect(*node, 0, out);
  return out;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = text.find(from); at != text.npos; at = text.find(from)) {
    out += text.substr(0, at);
    out += to;
    text.remove_prefix(at + from.size());
  }
  return out += text;
}

bool is_true(const DataNode* node) { return node != nullptr && node->is_scalar() && node->text == "true"; }
bool is_false(const DataNode* node) { return node != nullptr && node->is_scalar() && node->text == "false"; }

}  // namespace mlgrade
