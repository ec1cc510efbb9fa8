// go-task: tasks of Taskfiles.
#include <algorithm>
#include <map>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

constexpr size_t kMaxText = 200'000;  // of one command, values filled in
constexpr size_t kMaxValues = 200;    // variables of a file whose values are filled in

bool wants(const FileFact& file) {
  const std::string name = to_lower(base_name(file.path.view()));
  return is_yaml_path(name) && name.starts_with("taskfile");
}

class TaskfileReader {
 public:
  TaskfileReader(const SourceFile& file, const DataNode& root)
      : root_(root), out_(automation_file(file, "task")), folder_(folder_of(file.path)) {
    const DataNode* vars = root.find("vars");
    if (vars == nullptr) return;
    for (const auto& [name, value] : vars->entries) {
      if (value.is_scalar() && values_.size() < kMaxValues) values_[name] = value.text;
    }
  }

  AutomationFile read() {
    add_includes();
    if (const DataNode* tasks = root_.find("tasks")) {
      for (const auto& [name, task] : tasks->entries) add_task(name, task, tasks->line_of(name));
    }
    return std::move(out_);
  }

 private:
  // A file whose tasks have a name before theirs stands as a unit "name:" that uses it (see run_task).
  void add_includes() {
    const DataNode* includes = root_.find("includes");
    if (includes == nullptr) return;
    for (const auto& [name, how] : includes->entries) {
      std::string path = join_path(folder_, how.string_or(how.get("taskfile")));
      if (path == "?" || path.find('{') != path.npos) continue;
      if (!path.ends_with(".yml") && !path.ends_with(".yaml"))
        path += path.empty() ? "Taskfile.yml" : "/Taskfile.yml";
      if (is_true(how.find("flatten"))) {
        out_.includes.emplace_back(path);
        continue;
      }
      const uint32_t unit = add_unit(out_, UnitKind::kTarget, name + ":", includes->line_of(name));
      add_link(out_, unit, LinkKind::kUses, UnitKind::kScript, path, includes->line_of(name));
    }
  }

  void add_task(const std::string& name, const DataNode& task, uint32_t line) {
    const uint32_t unit = add_unit(out_, UnitKind::kTarget, name, line);
    const std::string folder =
        join_path(folder_, filled(std::string(task.get("dir", root_.get("dir", ".")))));
    out_.units[unit].working_directory = Name(folder.empty() ? "." : folder);
    const size_t before = out_.commands.size();
    if (!task.is_mapping()) {
      add_commands(unit, task, task);
    } else {
      for (std::string_view key : {"cmds", "cmd"}) {
        if (const DataNode* commands = task.find(key)) add_commands(unit, *commands, task);
      }
      add_dependencies(unit, task.find("deps"));
    }
    if (is_true(task.find("ignore_error"))) {
      set_command_effects(out_, before, Effect::kSwallowed, "ignore_error: true",
                          task.line_of("ignore_error"));
    }
    for (const DataNode* alias : scalar_lines(task.find("aliases"))) {
      link(add_unit(out_, UnitKind::kTarget, alias->text, alias->line), name, alias->line);
    }
  }

  UnitLink& link(uint32_t unit, std::string_view name, uint32_t line) {
    UnitLink& link = add_link(out_, unit, LinkKind::kRuns, UnitKind::kTarget, name, line);
    link.target_system = out_.system;
    link.same_file = out_.includes.empty();
    return link;
  }

  void add_dependencies(uint32_t unit, const DataNode* list) {
    if (list == nullptr) return;
    for (const DataNode& item : list->items) link(unit, item.string_or(item.get("task")), item.line);
  }

  void add_commands(uint32_t unit, const DataNode& node, const DataNode& task) {
    if (node.is_scalar()) return add_text(unit, node, task, false);
    for (const DataNode& item : node.items) {
      const bool ignored = is_true(item.find("ignore_error"));
      if (item.is_scalar()) add_text(unit, item, task, false);
      if (const DataNode* text = item.find("cmd"); text != nullptr && text->is_scalar()) {
        add_text(unit, *text, task, ignored);
      }
      if (const DataNode* text = item.find("defer"); text != nullptr && text->is_scalar()) {
        add_text(unit, *text, task, true);
      }
      if (!item.get("task").empty()) link(unit, item.get("task"), item.line_of("task"));
    }
  }

  // Each command has a shell of its own; `set: [errexit, pipefail]` of the task or the file.
  void add_text(uint32_t unit, const DataNode& text, const DataNode& task, bool ignored) {
    Script script{filled(text.text), text_line(text)};
    for (const DataNode* holder : {&root_, &task}) {
      for (const DataNode* option : scalar_lines(holder->find("set"))) {
        script.errexit = script.errexit || option->text == "errexit" || option->text == "e";
        script.pipefail = script.pipefail || option->text == "pipefail";
      }
    }
    const size_t before = out_.commands.size();
    add_script(out_, unit, script);
    if (ignored) set_command_effects(out_, before, Effect::kSwallowed, "its failure is ignored", text.line);
  }

  // `{{.NAME}}` where its value is in the file.
  std::string filled(std::string text) const {
    for (const auto& [name, value] : values_) {
      if (value.find("{{") != std::string::npos) continue;
      text = replace_all(text, "{{." + name + "}}", value);
      text = replace_all(text, "{{ ." + name + " }}", value);
      if (text.size() > kMaxText) break;
    }
    return replace_all(text, "{{", "${{");  // the form that the shell reader leaves alone
  }

  const DataNode& root_;
  AutomationFile out_;
  std::string folder_;
  std::map<std::string, std::string> values_;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  if (data.root().find("tasks") == nullptr && data.root().find("includes") == nullptr) return;
  out.automation.push_back(TaskfileReader(file, data.root()).read());
}

}  // namespace

extern const FilePass taskfile;
const FilePass taskfile = {"taskfile", "tasks of go-task", wants, run};

}  // namespace mlgrade::passes
