// Console scripts of Python packages and the task tables of project files: poe, pdm, hatch, pixi, taskipy,
// rye, npm, mise.
#include <algorithm>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

// mise.toml, .mise.toml, mise/config.toml, .config/mise.toml and the like.
bool is_mise(std::string_view path) {
  const std::string_view name = base_name(path), folder = base_name(folder_of(path));
  return name == "mise.toml" || name == ".mise.toml" ||
         (name == "config.toml" && (folder == "mise" || folder == ".mise"));
}

bool wants(const FileFact& file) {
  const std::string_view name = base_name(file.path.view());
  return name == "pyproject.toml" || name == "setup.cfg" || name == "setup.py" || name == "package.json" ||
         name == "pixi.toml" || name == "poe_tasks.toml" || is_mise(file.path.view());
}

// "package.module:function [extra]" as the one word that the graph knows how to follow.
void add_entry_point(AutomationFile& out, std::string_view name, std::string_view target, uint32_t line) {
  target = trim(target.substr(0, target.find('[')));
  if (name.empty() || target.empty()) return;
  const uint32_t unit = add_unit(out, UnitKind::kEntryPoint, trim(name), line);
  add_exec(out, unit, {std::string(target)}, line);
}

void add_entry_points(AutomationFile& out, const DataNode* table) {
  if (table == nullptr) return;
  for (const auto& [name, value] : table->entries) {
    add_entry_point(out, name, value.string_or(value.get("reference", value.get("callable"))),
                    table->line_of(name));
  }
}

// One table of tasks of one runner.
class TaskWriter {
 public:
  TaskWriter(AutomationFile& out, std::string_view system, std::string_view folder)
      : out_(out), system_(system), folder_(folder) {}

  void add_table(const DataNode* tasks, std::string_view prefix = "") {
    if (tasks == nullptr) return;
    for (const auto& [name, value] : tasks->entries) {
      if (name.starts_with('_') && system_ == "pdm") continue;  // shared settings
      add_task(std::string(prefix) + name, value, tasks->line_of(name));
    }
  }

 private:
  void add_task(const std::string& name, const DataNode& task, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kTarget, name, line);
    out_.units[unit].system = Name(system_);
    out_.units[unit].working_directory = Name(join_path(folder_, task.get("cwd", task.get("dir", "."))));
    add_body(unit, task, 0);
    for (std::string_view key : {"deps", "depends-on", "depends_on", "depends", "depends_post", "uses"})
      add_links(unit, task.find(key));
    const DataNode* ignored = task.find("ignore_fail");
    if (ignored != nullptr && ignored->as_bool().value_or(false)) {
      out_.units[unit].effect = Effect::kSwallowed;
      out_.units[unit].effect_why = "ignore_fail = true";
      out_.units[unit].effect_span = line_span(out_.file, task.line_of("ignore_fail"));
    }
  }

  void add_text(uint32_t unit, const DataNode& text) {
    const bool ignored = text.text.starts_with("- ");  // hatch
    const size_t before = out_.commands.size();
    add_script(
        out_, unit,
        {ignored ? text.text.substr(2) : text.text, text.line, system_ == "mise", false, !text.block_style});
    for (size_t i = before; ignored && i < out_.commands.size(); ++i) {
      out_.commands[i].effect = Effect::kSwallowed;
      out_.commands[i].effect_why = "`-` before the command ignores its failure";
      out_.commands[i].effect_span = line_span(out_.file, text.line);
    }
  }

  void add_body(uint32_t unit, const DataNode& task, int depth) {
    if (depth > 5) return;
    if (task.is_scalar()) return add_text(unit, task);
    if (task.is_sequence()) return add_sequence(unit, task, depth);
    for (std::string_view key : {"cmd", "shell", "run"}) {
      const DataNode* command = task.find(key);
      if (command == nullptr) continue;
      if (command->is_scalar()) add_text(unit, *command);
      if (command->is_sequence() && system_ != "mise") {
        add_exec(out_, unit, command->strings(), command->line);
      } else {
        for (const DataNode& item : command->items) add_text(unit, item);
      }
    }
    for (std::string_view key : {"script", "call"}) {  // "package.module:function(arguments)"
      const DataNode* script = task.find(key);
      if (script == nullptr || !script->is_scalar()) continue;
      add_exec(out_, unit, {script->text.substr(0, script->text.find('('))}, script->line);
    }
    for (std::string_view key : {"sequence", "composite", "chain", "parallel"}) {
      if (const DataNode* list = task.find(key)) add_sequence(unit, *list, depth);
    }
    if (const DataNode* other = task.find("ref")) link(unit, other->string_or(""), other->line);
  }

  // poe and hatch: bare strings of a sequence name other tasks (hatch: where there is such a task).
  void add_sequence(uint32_t unit, const DataNode& list, int depth) {
    for (const DataNode& item : list.items) {
      if (item.is_scalar() && item.text.find(' ') == std::string::npos) {
        link(unit, item.text, item.line);
        if (system_ != "poe") add_text(unit, item);
      } else {
        add_body(unit, item, depth + 1);
      }
    }
  }

  void add_links(uint32_t unit, const DataNode* names) {
    if (names == nullptr) return;
    for (const std::string& name : names->strings()) link(unit, name, names->line);
    for (const DataNode& item : names->items) {
      if (item.is_mapping()) link(unit, item.get("task"), item.line);
    }
  }

  void link(uint32_t unit, std::string_view name, uint32_t line) {
    if (name.empty()) return;
    UnitLink& link = add_link(out_, unit, LinkKind::kRuns, UnitKind::kTarget, name, line);
    link.same_file = true;
    link.target_system = Name(system_);
  }

  AutomationFile& out_;
  std::string_view system_;
  std::string_view folder_;
};

void read_tasks(const DataNode& root, std::string_view folder, AutomationFile& out) {
  TaskWriter(out, "poe", folder).add_table(root.at({"tool", "poe", "tasks"}));
  TaskWriter(out, "pdm", folder).add_table(root.at({"tool", "pdm", "scripts"}));
  TaskWriter(out, "rye", folder).add_table(root.at({"tool", "rye", "scripts"}));
  TaskWriter(out, "task", folder).add_table(root.at({"tool", "taskipy", "tasks"}));
  TaskWriter(out, "pixi", folder).add_table(root.at({"tool", "pixi", "tasks"}));
  TaskWriter(out, "pixi", folder).add_table(root.find("tasks"));
  const DataNode* features = root.at({"tool", "pixi", "feature"});
  if (features == nullptr) features = root.find("feature");
  if (features != nullptr) {
    for (const auto& [name, feature] : features->entries) {
      TaskWriter(out, "pixi", folder).add_table(feature.find("tasks"));
    }
  }
  const DataNode* environments = root.at({"tool", "hatch", "envs"});
  if (environments == nullptr) return;
  for (const auto& [name, environment] : environments->entries) {
    TaskWriter writer(out, "hatch", folder);
    writer.add_table(environment.find("scripts"), name == "default" ? "" : name + ":");
  }
}

void read_setup_cfg(const DataNode& root, AutomationFile& out) {
  const DataNode* scripts = root.at({"options.entry_points", "console_scripts"});
  if (scripts == nullptr || !scripts->is_scalar()) return;
  uint32_t line = scripts->line;
  for (std::string_view text : split_lines(scripts->text)) {
    const size_t equals = text.find('=');
    if (equals != text.npos) add_entry_point(out, text.substr(0, equals), text.substr(equals + 1), line);
    ++line;
  }
}

// `entry_points={"console_scripts": ["train=churn.train:main"]}`
void read_setup_py(std::string_view text, AutomationFile& out) {
  const size_t key = text.find("console_scripts");
  if (key == text.npos) return;
  const size_t begin = text.find_first_of("[,}", key);
  const size_t end = begin == text.npos || text[begin] != '[' ? text.npos : text.find(']', begin);
  if (end == text.npos) return;
  for (size_t at = begin; at < end;) {
    const size_t open = text.find_first_of("'\"", at);
    const size_t close = open >= end ? text.npos : text.find(text[open], open + 1);
    if (close == text.npos) return;
    const std::string_view entry = text.substr(open + 1, close - open - 1);
    const size_t equals = entry.find('=');
    const auto line = static_cast<uint32_t>(1 + std::count(text.begin(), text.begin() + open, '\n'));
    if (equals != entry.npos) add_entry_point(out, entry.substr(0, equals), entry.substr(equals + 1), line);
    at = close + 1;
  }
}

void run(const SourceFile& file, FileFacts& out) {
  const std::string_view name = base_name(file.path);
  AutomationFile automation = automation_file(file, "project");
  if (name == "setup.cfg") {
    read_setup_cfg(parse_ini(file.text, file.id).root(), automation);
  } else if (name == "setup.py") {
    read_setup_py(file.text, automation);
  } else if (name == "package.json") {
    const ParsedData data = parse_json(file.text, file.id);
    TaskWriter(automation, "npm", folder_of(file.path)).add_table(data.root().find("scripts"));
  } else if (is_mise(file.path)) {
    const ParsedData data = parse_toml(file.text, file.id);
    std::string_view folder = folder_of(file.path);
    if (base_name(file.path) == "config.toml") folder = folder_of(folder);
    if (base_name(folder) == ".config") folder = folder_of(folder);
    TaskWriter(automation, "mise", folder).add_table(data.root().find("tasks"));
  } else {
    const ParsedData data = parse_toml(file.text, file.id);
    add_entry_points(automation, data.root().at({"project", "scripts"}));
    add_entry_points(automation, data.root().at({"project", "gui-scripts"}));
    add_entry_points(automation, data.root().at({"tool", "poetry", "scripts"}));
    read_tasks(data.root(), folder_of(file.path), automation);
  }
  if (!automation.units.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass project_scripts;
const FilePass project_scripts = {"project_scripts", "console scripts and task tables of project files",
                                  wants, run};

}  // namespace mlgrade::passes
