// Sessions of noxfile.py: functions decorated with nox.session, and the commands that they run.
#include <algorithm>

#include "analyzer/facts/bodies.h"
#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

const PyDecorator* session_decorator(const PyFunction& function) {
  for (const PyDecorator& decorator : function.decorators) {
    const std::string_view name = decorator.target.empty() ? decorator.name.view() : decorator.target.view();
    if (name == "nox.session" || name == "nox.sessions.session" || name == "nox_poetry.session" ||
        name == "session") {
      return &decorator;
    }
  }
  return nullptr;
}

// The value of a keyword of the decorator's call; null if it has none.
const PyValue* keyword(const PythonModule& module, const PyDecorator& decorator, std::string_view name) {
  if (decorator.call == kNone) return nullptr;
  const IndexRange args = module.calls[decorator.call].args;
  for (uint32_t a = args.begin; a < args.end; ++a) {
    if (module.args[a].keyword == name) return &module.args[a].value;
  }
  return nullptr;
}

// Words of session.run("pytest", "-q", *session.posargs): what is computed is no literal word.
Command command_of(const PythonModule& module, const PyCall& call, uint32_t unit) {
  Command command;
  command.unit = unit;
  command.span = call.span;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.keyword == "*" || arg.keyword == "**") continue;
    if (arg.keyword == "success_codes") {
      command.effect = Effect::kSwallowed;
      command.effect_why = "success_codes lets other exit codes pass";
      command.effect_span = call.span;
    }
    if (!arg.keyword.empty()) continue;
    const bool literal = arg.value.kind == PyValue::Kind::kString;
    command.words.push_back({literal ? arg.value.text.str() : "${" + arg.value.text.str() + "}", literal});
  }
  return command;
}

// `folder`: that of the noxfile, in which sessions run wherever nox is called.
void read_session(const PythonModule& module, uint32_t f, const PyDecorator& decorator,
                  std::string_view folder, AutomationFile& out) {
  const PyFunction& function = module.functions[f];
  Unit unit;
  unit.kind = UnitKind::kEnvironment;
  unit.system = out.system;
  const PyValue* name = keyword(module, decorator, "name");
  unit.name = name != nullptr && name->kind == PyValue::Kind::kString ? name->text : function.name;
  unit.span = function.span;
  if (!folder.empty()) unit.working_directory = Name(folder);
  const PyValue* chosen = keyword(module, decorator, "default");
  if (chosen != nullptr && chosen->text == "False") unit.condition = "default=False: only when named";
  const auto index = static_cast<uint32_t>(out.units.size());
  out.units.push_back(std::move(unit));
  const std::string session = function.params.empty() ? "session" : function.params.front().name.str();
  for (const PyCall& call : calls_in(module, f)) {
    if (call.function != f) continue;
    const std::string_view callee = call.callee.view();
    const size_t dot = callee.rfind('.');
    if (dot == callee.npos || callee.substr(0, dot) != session) continue;
    const std::string_view method = callee.substr(dot + 1);
    if (method == "run" || method == "run_always" || method == "run_install") {
      Command command = command_of(module, call, index);
      if (!command.words.empty()) out.commands.push_back(std::move(command));
    } else if (method == "notify" && !call.args.empty()) {
      const PyValue& target = module.args[call.args.begin].value;
      if (target.kind != PyValue::Kind::kString) continue;
      UnitLink link;
      link.unit = index;
      link.target_kind = UnitKind::kEnvironment;
      link.target = target.text;
      link.target_system = out.system;
      link.same_file = true;
      link.span = call.span;
      out.links.push_back(std::move(link));
    }
  }
}

}  // namespace

void collect_nox(FactStore& facts) {
  for (const PythonModule& module : facts.python) {
    if (base_name(facts.path(module.file)) != "noxfile.py") continue;
    AutomationFile out;
    out.file = module.file;
    out.system = Name("nox");
    out.analysable = module.parsed;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyDecorator* decorator = session_decorator(module.functions[f]);
      if (decorator != nullptr) read_session(module, f, *decorator, folder_of(facts.path(module.file)), out);
    }
    if (out.units.empty() && out.analysable) continue;
    // Facts stay in the order of paths.
    const auto place =
        std::find_if(facts.automation.begin(), facts.automation.end(),
                     [&](const AutomationFile& file) { return index_of(file.file) > index_of(out.file); });
    facts.automation.insert(place, std::move(out));
  }
}

}  // namespace mlgrade::passes
