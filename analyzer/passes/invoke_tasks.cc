// Tasks of invoke: functions decorated with `task`, and the texts that they hand to `c.run`.
#include <algorithm>

#include "analyzer/facts/bodies.h"
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

const PyDecorator* task_decorator(const PyFunction& function) {
  for (const PyDecorator& decorator : function.decorators) {
    const std::string_view name = decorator.target.empty() ? decorator.name.view() : decorator.target.view();
    if (name == "invoke.task" || name == "invoke.tasks.task") return &decorator;
  }
  return nullptr;
}

std::string task_name(std::string_view function) {
  std::string name(function);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// tasks.py and tasks/__init__.py hold the tasks themselves, tasks/docs.py those of "docs."; nullopt
// elsewhere.
std::optional<std::string> space_of(std::string_view path) {
  const std::string_view file = base_name(path);
  const bool in_folder = base_name(folder_of(path)) == "tasks";
  if (file == "tasks.py" || (in_folder && file == "__init__.py")) return "";
  if (!in_folder) return std::nullopt;
  return task_name(file.substr(0, file.size() - 3)) + ".";
}

// Where the tasks are run: next to tasks.py, or above the folder tasks/.
std::string home_of(std::string_view path) {
  const std::string_view folder = folder_of(path);
  return std::string(base_name(path) == "tasks.py" ? folder : folder_of(folder));
}

struct Args {
  const PyValue* text = nullptr;
  bool warns = false;
};

Args run_arguments(const PythonModule& module, const PyCall& call) {
  Args out;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.keyword.empty() && out.text == nullptr) out.text = &arg.value;
    if (arg.keyword == "command") out.text = &arg.value;
    if (arg.keyword == "warn" && arg.value.text == "True") out.warns = true;
  }
  return out;
}

class TaskReader {
 public:
  TaskReader(const FactStore& facts, const PythonModule& module, std::string space)
      : module_(module), space_(std::move(space)) {
    out_.file = module.file;
    out_.system = Name("invoke");
    out_.analysable = module.parsed;
    home_ = home_of(facts.path(module.file));
  }

  AutomationFile read() {
    for (uint32_t f = 0; f < module_.functions.size(); ++f) {
      const PyDecorator* decorator = task_decorator(module_.functions[f]);
      if (decorator != nullptr) add_task(f, *decorator);
    }
    return std::move(out_);
  }

 private:
  void add_task(uint32_t f, const PyDecorator& decorator) {
    const PyFunction& function = module_.functions[f];
    const uint32_t unit =
        add_unit(out_, UnitKind::kTarget, space_ + task_name(function.name.view()), function.span.line);
    out_.units[unit].working_directory = Name(home_.empty() ? "." : home_);
    if (decorator.call != kNone) add_decorator(unit, module_.calls[decorator.call]);
    const std::string context = function.params.empty() ? "c" : function.params.front().name.str();
    folder_.clear();
    for (const PyCall& call : calls_in(module_, f)) {
      if (call.function != f) continue;
      const std::string_view callee = call.callee.view();
      if (callee == context + ".cd") enter(call);
      if (callee != context + ".run" && callee != context + ".sudo") {
        // One task calls another as the function that it is.
        if (callee.find('.') == callee.npos) link_to(unit, callee, call.span.line, false);
        continue;
      }
      add_run(unit, call);
    }
  }

  // `with c.cd("docs"):`; taken to hold up to the end of the task.
  void enter(const PyCall& call) {
    const PyValue* path = run_arguments(module_, call).text;
    const bool known = path != nullptr && path->kind == PyValue::Kind::kString;
    folder_ = known ? join_path(home_, path->text.view()) : "?";
    if (folder_.empty()) folder_ = ".";
  }

  // `@task(a, b)`, `@task(pre=[a], post=[b], name="x")`.
  void add_decorator(uint32_t unit, const PyCall& call) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module_.args[a];
      if (arg.keyword == "name" && arg.value.kind == PyValue::Kind::kString) {
        out_.units[unit].name = Name(space_ + arg.value.text.str());
      }
      const bool tasks = arg.keyword.empty() || arg.keyword == "pre" || arg.keyword == "post";
      if (!tasks) continue;
      if (arg.value.kind == PyValue::Kind::kName) link_to(unit, arg.value.text.view(), call.span.line, true);
      const IndexRange elements = arg.value.elements();
      for (uint32_t e = elements.begin; arg.value.kind == PyValue::Kind::kList && e < elements.end; ++e) {
        link_to(unit, module_.values[e].text.view(), call.span.line, true);
      }
    }
  }

  void link_to(uint32_t unit, std::string_view function, uint32_t line, bool named) {
    const bool known = std::any_of(
        module_.functions.begin(), module_.functions.end(),
        [&](const PyFunction& each) { return each.qualname == function && task_decorator(each) != nullptr; });
    if (!known && !named) return;
    UnitLink& link =
        add_link(out_, unit, LinkKind::kRuns, UnitKind::kTarget, space_ + task_name(function), line);
    link.target_system = out_.system;
    link.same_file = true;
  }

  void add_run(uint32_t unit, const PyCall& call) {
    const Args args = run_arguments(module_, call);
    if (args.text == nullptr) return;
    const size_t before = out_.commands.size();
    std::string text = args.text->text.str();
    if (args.text->kind == PyValue::Kind::kFString) {
      for (size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}", at + 9)) {
        text.replace(at, 2, "${{ value }}");
      }
    } else if (args.text->kind != PyValue::Kind::kString) {
      text = "${{ " + (text.empty() ? "value" : text) + " }}";
    }
    add_script(out_, unit, {text, call.span.line, false, false, true});
    for (size_t i = before; i < out_.commands.size(); ++i) {
      if (!folder_.empty()) out_.commands[i].working_directory = Name(folder_);
    }
    if (args.warns) {
      set_command_effects(out_, before, Effect::kSwallowed, "warn=True lets the task go on", call.span.line);
    }
  }

  const PythonModule& module_;
  AutomationFile out_;
  std::string space_, home_;
  std::string folder_;  // entered by the task that is being read; "" = none
};

}  // namespace

void collect_invoke(FactStore& facts) {
  for (const PythonModule& module : facts.python) {
    const std::optional<std::string> space = space_of(facts.path(module.file));
    if (!space) continue;
    AutomationFile out = TaskReader(facts, module, *space).read();
    if (out.units.empty()) continue;
    // Facts stay in the order of paths.
    const auto place =
        std::find_if(facts.automation.begin(), facts.automation.end(),
                     [&](const AutomationFile& file) { return index_of(file.file) > index_of(out.file); });
    facts.automation.insert(place, std::move(out));
  }
}

}  // namespace mlgrade::passes
