// Steps: commands with the right shell, actions with their inputs.
#include "analyzer/passes/actions/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "analyzer/passes/actions/condition.h"
#include "analyzer/passes/actions/kept_exit_codes.h"
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/shell_commands.h"
#include "analyzer/passes/text.h"
#include "analyzer/passes/windows_shells.h"

namespace mlgrade {
namespace {

bool has_expression(std::string_view text) { return text.find("${{") != std::string_view::npos; }

Span line_of(const ActionsFile& file, uint32_t line, uint32_t column = 1) {
  return {file.source.id, line, column, line};
}

size_t indentation(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  return first == std::string_view::npos ? 0 : first;
}

// Where the text of a scalar stands in the file, for lines and columns of its commands.
void place_text(const DataNode& run, const SourceFile& source, ShellContext& context) {
  context.line = run.line;
  context.column = run.column > 0 ? run.column - 1 + (run.quoted ? 1 : 0) : 0;
  if (!run.block_style) {
    context.one_line = run.text.find('\n') != std::string::npos;
    return;
  }
  std::string_view head = source.line(run.line);
  const bool folded = head.substr(std::min<size_t>(run.column - 1, head.size())).starts_with('>');
  context.line = run.line + 1;
  context.one_line = folded;
  std::vector<std::string_view> lines = split_lines(run.text);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    const size_t in_file = indentation(source.line(context.line + static_cast<uint32_t>(i)));
    const size_t in_text = indentation(lines[i]);
    context.column = static_cast<uint32_t>(in_file > in_text ? in_file - in_text : 0);
    break;
  }
}

struct Shell {
  enum class Kind { kPosix, kPython, kPowerShell, kBatch, kOther } kind = Kind::kPosix;
  bool errexit = true;
  bool pipefail = false;
  bool bare = false;  // a command line of the workflow's own: nothing is set or added
};

// `shell:` as GitHub reads it: names stand for command lines, anything else is one itself.
Shell read_shell(std::string_view text, bool windows) {
  text = trim(text);
  if (text.empty()) return windows ? Shell{Shell::Kind::kPowerShell} : Shell{};
  if (text == "bash") return {Shell::Kind::kPosix, true, true};
  if (text == "sh") return {Shell::Kind::kPosix, true, false};
  const std::vector<std::string_view> words = split_words(text);
  std::string_view program = base_name(words[0]);
  if (program.starts_with("python")) return {Shell::Kind::kPython};
  if (program == "pwsh" || program == "powershell")
    return {Shell::Kind::kPowerShell, false, false, words.size() > 1};
  if (program == "cmd") return {Shell::Kind::kBatch};
  if (program == "micromamba-shell" || program == "nix") return {Shell::Kind::kPosix, true, true};
  if (program != "bash" && program != "sh" && program != "zsh" && program != "dash")
    return {Shell::Kind::kOther};
  Shell shell{Shell::Kind::kPosix, false, false};
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "pipefail") shell.pipefail = true;
    if (words[i] == "errexit") shell.errexit = true;
    const bool flags = words[i].size() > 1 && words[i][0] == '-' && words[i][1] != '-';
    if (flags && words[i].find('e') != std::string_view::npos) shell.errexit = true;
  }
  return shell;
}

// A script of Python in a workflow: what `python -` is fed.
Command python_script(const std::string& text, const ShellContext& context) {
  Command command = exec_command({"python", "-"}, context);
  command.heredoc = Name(text);
  command.span.end_line = command.span.line + static_cast<uint32_t>(split_lines(text).size());
  return command;
}

std::vector<Command> commands_of(const std::string& text, const Shell& shell, const ShellContext& context,
                                 std::vector<Problem>& problems) {
  switch (shell.kind) {
    case Shell::Kind::kPowerShell:
      return powershell_commands(text, context, {.stops_on_error = !shell.bare}, &problems);
    case Shell::Kind::kBatch:
      return batch_commands(text, context);
    case Shell::Kind::kPython:
      return {python_script(text, context)};
    default:
      return shell_commands(text, context, &problems);
  }
}

// Legs of a matrix share most of their commands.
bool is_known(const Command& command, const std::vector<Command>& known, size_t from) {
  const auto same = [&](const Command& other) {
    return other.span == command.span && other.words.size() == command.words.size() &&
           std::equal(other.words.begin(), other.words.end(), command.words.begin(),
                      [](const Word& a, const Word& b) { return a.text == b.text; });
  };
  return std::any_of(known.begin() + static_cast<long>(from), known.end(), same);
}

void add_commands(const DataNode& run, uint32_t step, const StepDefaults& defaults, ActionsFile& file) {
  const Shell shell = read_shell(defaults.shell, defaults.windows);
  ShellContext context;
  context.file = file.source.id;
  context.unit = step;
  place_text(run, file.source, context);
  if (shell.kind == Shell::Kind::kOther) {
    const std::vector<std::string_view> words = split_words(std::string_view(defaults.shell));
    const std::string why = fmt::format("a text for {}, which is not read", words.empty() ? "?" : words[0]);
    return add_unread(file.out, step, why, run.text, line_of(file, context.line, 1 + context.column));
  }
  context.errexit = shell.errexit && !defaults.no_errexit;
  context.pipefail = shell.pipefail;
  if (defaults.shell_line > 0) context.shell_span = line_of(file, defaults.shell_line);
  context.working_directory = defaults.working_directory == "." ? Name() : defaults.working_directory;
  context.variables = defaults.environment;
  context.judged_later = defaults.judged_later;
  const size_t before = file.out.commands.size();
  const std::vector<std::string> texts = text_by_leg(run.text, defaults.legs, defaults.environment);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::vector<Problem> repeated;
    std::vector<Problem>& problems = i == 0 ? file.problems : repeated;
    for (Command& command : commands_of(texts[i], shell, context, problems)) {
      if (i == 0 || !is_known(command, file.out.commands, before))
        file.out.commands.push_back(std::move(command));
    }
  }
}

// Inputs by which actions take commands to run: retry wrappers, display servers, remote shells.
void add_command_inputs(const DataNode& step, uint32_t unit, StepDefaults defaults, Truth runs,
                        ActionsFile& file) {
  const DataNode* with = step.find("with");
  if (with == nullptr) return;
  defaults.shell = with->get("shell");
  defaults.no_errexit = true;
  const size_t before = file.out.commands.size();
  for (std::string_view name : {"run", "command", "commands", "script", "cmd", "runCmd", "test-command"}) {
    const DataNode* input = with->find(name);
    if (input != nullptr && input->is_scalar()) add_commands(*input, unit, defaults, file);
  }
  for (size_t i = before; i < file.out.commands.size(); ++i)
    file.out.commands[i].runs = file.out.commands[i].runs && runs;
}

// `uses: docker://image` with its arguments.
void add_image_command(const DataNode& step, uint32_t unit, const DataNode& uses, ActionsFile& file) {
  const DataNode* with = step.find("with");
  if (with == nullptr) return;
  std::string text(with->get("entrypoint"));
  if (!text.empty()) text += ' ';
  text += with->get("args");
  ShellContext context;
  context.file = file.source.id;
  context.unit = unit;
  context.line = uses.line;
  context.one_line = true;
  for (Command& command : shell_commands(text, context, &file.problems))
    file.out.commands.push_back(std::move(command));
}

// Actions that are known for one command.
void add_known_command(std::string_view action, uint32_t unit, const ActionsFile& file, Span span) {
  if (action != "pre-commit/action") return;
  ShellContext context;
  context.file = file.source.id;
  context.unit = unit;
  context.line = span.line;
  file.out.commands.push_back(exec_command({"pre-commit", "run", "--all-files"}, context));
}

// Actions that only look as if an input were a command.
bool takes_commands(std::string_view action) {
  constexpr std::array<std::string_view, 3> kNot = {"actions/toolkit", "docker/bake-action",
                                                    "hashicorp/setup-terraform"};
  return std::find(kNot.begin(), kNot.end(), action) == kNot.end();
}

void add_uses(const DataNode& step, const DataNode& uses, uint32_t unit, const StepDefaults& defaults,
              ActionsFile& file) {
  const Span span = line_of(file, uses.line, uses.column);
  std::string_view target = trim(uses.text);
  if (target.starts_with("./")) {
    UnitLink link;
    link.unit = unit;
    link.kind = LinkKind::kUses;
    link.target_kind = UnitKind::kAction;
    const std::string folder = join_path("", target);
    link.target = Name(folder.empty() ? "." : folder);
    link.span = span;
    link.with = action_inputs(step);
    file.out.links.push_back(std::move(link));
    add_command_inputs(step, unit, defaults, Truth::kUnknown, file);  // what it does with them is its own
    return;
  }
  ActionUse use = action_use(target, unit, span);
  use.with = action_inputs(step);
  if (use.action == "actions/github-script") {
    const DataNode* with = step.find("with");
    const std::string_view script = with == nullptr ? std::string_view() : with->get("script");
    add_unread(file.out, unit, "a script in JavaScript, which is not read", script, span);
  } else if (use.action.view().starts_with("docker://")) {
    add_image_command(step, unit, uses, file);
  } else if (takes_commands(use.action.view())) {
    add_command_inputs(step, unit, defaults, Truth::kYes, file);
  }
  add_known_command(use.action.view(), unit, file, span);
  file.out.actions.push_back(std::move(use));
}

std::string step_title(const DataNode& step) {
  std::string_view name = step.get("name");
  if (!name.empty()) return std::string(name);
  std::string_view uses = step.get("uses");
  if (!uses.empty()) return std::string(uses);
  std::string_view run = trim(step.get("run"));
  return std::string(run.substr(0, run.find('\n')));
}

bool is_name_char(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }

// The names that stand behind each `prefix` in the text.
void names_behind(std::string_view text, std::string_view prefix, std::vector<std::string>& out) {
  for (size_t at = text.find(prefix); at != std::string_view::npos; at = text.find(prefix, at + 1)) {
    size_t end = at + prefix.size();
    while (end < text.size() && is_name_char(text[end])) ++end;
    if (end > at + prefix.size()) out.emplace_back(text.substr(at + prefix.size(), end - at - prefix.size()));
  }
}

// The text leaves with a failure: `exit 1`, `exit $rc`.
bool leaves_badly(std::string_view text) {
  for (std::string_view form : {"exit 1", "exit $", "exit \"$", "exit '$"}) {
    if (text.find(form) != std::string_view::npos) return true;
  }
  return false;
}

// Values of the environment on which steps behind number `at` fail; for outputs see kept_exit_codes.h.
std::vector<std::string> judged_behind(const DataNode& steps, size_t at) {
  std::vector<std::string> names;
  for (size_t k = at + 1; k < steps.items.size(); ++k) {
    const DataNode& later = steps.items[k];
    const std::string_view run = later.get("run");
    if (!leaves_badly(run) || later.get("continue-on-error") == "true") continue;
    for (std::string_view text : {later.get("if"), run}) names_behind(text, "env.", names);
    names_behind(run, "$", names);
    names_behind(run, "${", names);
  }
  return names;
}

// `continue-on-error` with an `id` whose outcome a later step turns into a failure is not swallowed.
void apply_later_checks(const DataNode& steps, const std::vector<uint32_t>& units, AutomationFile& out) {
  for (size_t i = 0; i < steps.items.size(); ++i) {
    std::string_view id = steps.items[i].get("id");
    if (id.empty() || out.units[units[i]].effect == Effect::kBlocking) continue;
    const std::string outcome = "steps." + std::string(id) + ".outcome";
    for (size_t k = i + 1; k < steps.items.size(); ++k) {
      Unit& unit = out.units[units[i]];
      const DataNode& later = steps.items[k];
      const bool asks = later.get("if").find(outcome) != std::string_view::npos;
      const bool in_text = later.get("run").find(outcome) != std::string_view::npos;
      if (!asks && !in_text) continue;
      if (later.get("run").find("exit 1") != std::string_view::npos) {
        unit.effect = Effect::kBlocking;
        unit.effect_why.clear();
        unit.effect_span = Span();
      } else {
        unit.effect = Effect::kReporting;
      }
      break;
    }
  }
}

}  // namespace

Name workflow_folder(std::string_view text) {
  text = trim(text);
  if (text.empty()) return Name();
  if (text.starts_with("${{ github.workspace }}")) text = text.substr(23);
  while (text.starts_with("/")) text.remove_prefix(1);
  if (text.find('$') != std::string_view::npos) return Name("?");
  const std::string folder = join_path("", text);
  return Name(folder.empty() ? "." : folder);
}

ActionUse action_use(std::string_view text, uint32_t unit, Span span) {
  ActionUse use;
  use.unit = unit;
  use.span = span;
  const size_t at = text.rfind('@');
  use.action = Name(text.substr(0, at));
  if (at != std::string_view::npos) use.version = Name(text.substr(at + 1));
  return use;
}

std::vector<std::pair<std::string, Word>> action_inputs(const DataNode& holder) {
  std::vector<std::pair<std::string, Word>> out;
  const DataNode* with = holder.find("with");
  if (with == nullptr) return out;
  for (const auto& [name, value] : with->entries) {
    if (value.is_scalar()) out.emplace_back(name, Word{value.text, !has_expression(value.text)});
  }
  return out;
}

StepDefaults with_defaults(StepDefaults defaults, const DataNode& holder) {
  const DataNode* run = holder.at({"defaults", "run"});
  if (run == nullptr) return defaults;
  if (const DataNode* shell = run->find("shell"); shell != nullptr && shell->is_scalar()) {
    defaults.shell = shell->text;
    defaults.shell_line = shell->line;
  }
  std::string_view folder = run->get("working-directory");
  if (!folder.empty()) defaults.working_directory = workflow_folder(folder);
  return defaults;
}

bool apply_condition(const DataNode& holder, Unit& unit, const ActionsFile& file,
                     std::vector<std::string>* needs_success) {
  const DataNode* node = holder.find("if");
  if (node == nullptr || !node->is_scalar()) return false;
  unit.condition = node->text;
  unit.condition_span = line_of(file, node->line, node->column);
  Condition condition = evaluate_condition(node->text, file.events, file.bases);
  unit.secret_gated = condition.secret_gated;
  unit.runs = condition.automatic;
  if (condition.automatic == Truth::kNo && condition.manual != Truth::kNo) {
    unit.runs = condition.manual;
    unit.manual = true;
  }
  if (needs_success != nullptr) *needs_success = std::move(condition.needs_success);
  return condition.after_failure;
}

void apply_continue_on_error(const DataNode& holder, Unit& unit, const ActionsFile& file) {
  const DataNode* node = holder.find("continue-on-error");
  if (node == nullptr || !node->is_scalar()) return;
  Truth goes_on = Truth::kUnknown;
  if (!has_expression(node->text)) {
    goes_on = node->text == "true" ? Truth::kYes : Truth::kNo;
  } else {
    goes_on = evaluate_condition(node->text, file.events).automatic;
  }
  if (goes_on == Truth::kNo) return;
  unit.effect = goes_on == Truth::kYes ? Effect::kSwallowed : Effect::kReporting;
  unit.effect_why =
      goes_on == Truth::kYes ? "`continue-on-error: true`" : "`continue-on-error` depends on an expression";
  unit.effect_span = line_of(file, holder.line_of("continue-on-error"));
}

void add_steps(const DataNode& steps, uint32_t job, const StepDefaults& defaults, ActionsFile& file) {
  std::vector<uint32_t> units;
  for (size_t i = 0; i < steps.items.size(); ++i) {
    const DataNode& step = steps.items[i];
    Unit unit;
    unit.kind = UnitKind::kStep;
    unit.system = file.out.system;
    std::string_view id = step.get("id");
    unit.name = id.empty() ? Name(std::to_string(i + 1)) : Name(id);
    unit.title = Name(step_title(step));
    unit.parent = job;
    unit.span = line_of(file, step.line, step.column);
    apply_condition(step, unit, file);
    apply_continue_on_error(step, unit, file);
    StepDefaults own = defaults;
    if (const DataNode* shell = step.find("shell"); shell != nullptr && shell->is_scalar()) {
      own.shell = shell->text;
      own.shell_line = shell->line;
    }
    add_environment(step, own.environment);
    own.judged_later = judged_behind(steps, i);
    std::string_view folder = step.get("working-directory");
    if (!folder.empty()) own.working_directory = workflow_folder(folder);
    const DataNode* run = step.find("run");
    if (run != nullptr) unit.working_directory = own.working_directory;
    const auto index = static_cast<uint32_t>(file.out.units.size());
    units.push_back(index);
    file.out.units.push_back(std::move(unit));
    add_settings(file.out, index, step.find("env"));
    const DataNode* uses = step.find("uses");
    if (run != nullptr && run->is_scalar()) add_commands(*run, index, own, file);
    if (uses != nullptr && uses->is_scalar()) add_uses(step, *uses, index, own, file);
  }
  apply_later_checks(steps, units, file.out);
  apply_kept_exit_codes(steps, units, file.out);
}

}  // namespace mlgrade
