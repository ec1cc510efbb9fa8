// Collects the names from settings, assignments, images and code.
#include "analyzer/graph/environment.h"

#include <algorithm>
#include <array>

namespace mlgrade {
namespace {

std::string_view name_in(std::string_view text) { return text.substr(0, text.find('=')); }

void add_automation(const AutomationFile& file, Variables& out) {
  for (const Setting& setting : file.settings) out.somewhere.insert(setting.name.str());
  for (const Command& command : file.commands) {
    for (const Word& word : command.assignments) out.somewhere.emplace(name_in(word.text));
    for (const Word& word : command.words) {  // docker run -e X=1, env X=1, echo "X=1" >> $GITHUB_ENV
      if (word.text.find('=') != std::string::npos) out.somewhere.emplace(name_in(word.text));
      if (word.text.starts_with("--env=")) out.somewhere.emplace(name_in(word.text.substr(6)));
    }
  }
}

void add_code(const PythonModule& module, Variables& out) {
  for (const PyBinding& binding : module.bindings) {
    if (binding.subscript && binding.target.view().ends_with("environ"))
      out.somewhere.insert(binding.key.str());
  }
  for (const PyCall& call : module.calls) {
    const bool sets = call.method == "setenv" || call.method == "putenv" || call.method == "setdefault" ||
                      call.callee.view().ends_with("environ.update");
    if (call.method == "load_dotenv") out.complete = false;
    if (!sets || call.args.empty()) continue;
    const PyValue& first = module.args[call.args.begin].value;
    if (first.kind == PyValue::Kind::kString) out.somewhere.insert(first.text.str());
    if (first.kind == PyValue::Kind::kDict) out.complete = false;
  }
}

// GitHub shows its variables in the workflow that maps them; other systems set theirs in silence.
bool keeps_variables(const AutomationFile& file) {
  const bool ci = std::any_of(file.units.begin(), file.units.end(), [](const Unit& unit) {
    return unit.kind == UnitKind::kWorkflow || unit.kind == UnitKind::kJob ||
           unit.kind == UnitKind::kSchedule;
  });
  return (ci && file.system != "github-actions") || file.system == "tox" || file.system == "nox" ||
         file.system == "make";
}

bool names_variables(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name == ".env" || name.starts_with(".env.") || name == ".envrc" || name.ends_with(".env");
}

}  // namespace

Variables variables_of(const FactStore& facts) {
  Variables out;
  for (const AutomationFile& file : facts.automation) {
    add_automation(file, out);
    if (keeps_variables(file)) out.complete = false;
  }
  for (const PythonModule& module : facts.python) add_code(module, out);
  for (const Dockerfile& file : facts.dockerfiles) {
    for (const DockerInstruction& instruction : file.instructions) {
      if (instruction.name != "ENV" && instruction.name != "ARG") continue;
      for (const std::string& word : instruction.words) out.somewhere.emplace(name_in(word));
    }
  }
  for (const FileFact& file : facts.files) {
    if (names_variables(file.path.view()) && !file.sample) out.complete = false;
  }
  for (const Dependency& dependency : facts.dependencies) {
    if (dependency.name == "pytest-env" || dependency.name == "pytest-dotenv") out.complete = false;
  }
  return out;
}

Truth is_set(const Variables& variables, const AutomationFile& file, const Command& command,
             std::string_view name) {
  const auto assigns = [&](const Word& word) { return name_in(word.text) == name; };
  if (std::any_of(command.assignments.begin(), command.assignments.end(), assigns)) return Truth::kYes;
  for (uint32_t unit = command.unit; unit != kNone; unit = file.units[unit].parent) {
    for (const Setting& setting : file.settings) {
      if (setting.unit != unit || setting.name != name) continue;
      return setting.value.text.empty() ? Truth::kUnknown : Truth::kYes;
    }
  }
  static constexpr std::array<std::string_view, 2> kOfHost = {"CI", "GITHUB_ACTIONS"};
  if (file.system == "github-actions" && std::find(kOfHost.begin(), kOfHost.end(), name) != kOfHost.end())
    return Truth::kYes;
  if (!variables.complete || variables.somewhere.contains(name) || name == "CI" ||
      name.starts_with("GITHUB_") || name.starts_with("RUNNER_")) {
    return Truth::kUnknown;
  }
  return Truth::kNo;
}

}  // namespace mlgrade
