// From a command to what it runs: a table of programs, each with a function that reads its arguments.
#include <algorithm>
#include <optional>
#include <span>
#include <unordered_map>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

// Repository-relative; "" is the root (written "." in facts, where "" means inherited), "?" unknown.
std::string working_directory(const AutomationFile& file, const Command& command) {
  auto folder = [](Name name) { return name == "." ? std::string() : name.str(); };
  if (!command.working_directory.empty()) return folder(command.working_directory);
  for (uint32_t u = command.unit; u != kNone; u = file.units[u].parent) {
    if (!file.units[u].working_directory.empty()) return folder(file.units[u].working_directory);
  }
  return "";
}

// A function of a module by its name; false if there is none.
bool run_function(Linking& l, uint32_t module, std::string_view function) {
  bool found = false;
  const std::vector<PyFunction>& functions = l.b.facts.python[module].functions;
  for (uint32_t i = 0; i < functions.size(); ++i) {
    if (functions[i].qualname != function) continue;
    l.run(l.b.graph.function_nodes[module][i]);
    found = true;
  }
  return found;
}

// The same in the module of that dotted name.
void run_named_function(Linking& l, std::string_view module, std::string_view function) {
  auto it = l.b.module_by_name.find(Name(module));
  if (it != l.b.module_by_name.end()) run_function(l, it->second, function);
}

// `uvicorn pkg.app:app`, `gunicorn -k x pkg.app:create()`, `celery -A pkg.tasks`.
void run_server(Linking& l) {
  for (size_t i = 1; i < l.line.words.size(); ++i) {
    const Word& word = l.line.words[i];
    bool dotted = word.literal && word.text.find(':') != std::string::npos &&
                  word.text.find('/') == std::string::npos && !word.text.starts_with('-') &&
                  !word.text.starts_with(':');
    bool option = word.text == "-A" || word.text == "--app";
    if (!dotted && !option) continue;
    std::string name = option ? (i + 1 < l.line.words.size() ? l.line.words[i + 1].text : "") : word.text;
    Word module{name.substr(0, name.find(':')), true};
    if (module.text.empty()) return;
    run_dotted_module(l, module);
    const size_t colon = name.find(':');
    const size_t end = name.find_first_of("([", colon == std::string::npos ? 0 : colon);
    if (colon != std::string::npos)
      run_named_function(l, module.text,
                         name.substr(colon + 1, end == std::string::npos ? end : end - colon - 1));
    return;
  }
}

// What `activate` stands in is made when it runs: it is never part of the repository.
void run_sourced(Linking& l) {
  if (l.line.words.size() > 1 && !l.line.words[1].text.ends_with("/activate"))
    run_script_file(l, l.line.words[1]);
}

void run_first_file(Linking& l) {
  for (size_t i = 1; i < l.line.words.size(); ++i) {
    const Word& word = l.line.words[i];
    if (word.text.starts_with('-') || !looks_like_file(word.text)) continue;
    return run_script_file(l, word);
  }
}

using Linker = void (*)(Linking&);

const std::unordered_map<std::string_view, Linker>& linkers() {
  static const std::unordered_map<std::string_view, Linker> table = {
      {"python", run_python},
      {"pytest", run_pytest},
      {"nosetests", run_pytest},
      {"nose2", run_pytest},
      {"pwsh", run_powershell},
      {"powershell", run_powershell},
      {"cmd", run_batch},
      {"deepeval",
       [](Linking& l) {
         if (l.line.words.size() > 2) run_script_file(l, l.line.words.back());
       }},
      {"bash", run_shell},
      {"sh", run_shell},
      {"zsh", run_shell},
      {"source", run_sourced},
      {".", run_sourced},
      {"make", run_make},
      {"tox", run_tox},
      {"nox", run_nox},
      {"pre-commit", run_pre_commit},
      {"docker", run_docker},
      {"docker-compose", run_docker},
      {"podman-compose", run_docker},
      {"podman", run_docker},
      {"nerdctl", run_docker},
      {"buildah", run_docker},
      {"executor", run_remote_build},
      {"kubectl", run_kubectl},
      {"oc", run_kubectl},
      {"helm", run_helm},
      {"helmfile", run_listed},
      {"skaffold", run_listed},
      {"argocd", run_sync},
      {"flux", run_sync},
      {"terraform", run_terraform},
      {"tofu", run_terraform},
      {"terragrunt", run_terraform},
      {"anyscale", run_submit},
      {"ray", run_submit},
      {"sky", run_submit},
      {"argo", run_submit},
      {"az", run_submit},
      {"aws",
       [](Linking& l) {
         if (l.line.words.size() > 1 && l.line.words[1].text == "cloudformation") run_submit(l);
       }},
      {"databricks",
       [](Linking& l) {
         if (!run_bundle(l)) run_submit(l);
       }},
      {"serve", run_submit},
      {"uvicorn", run_server},
      {"gunicorn", run_server},
      {"hypercorn", run_server},
      {"granian", run_server},
      {"daphne", run_server},
      {"waitress-serve", run_server},
      {"bentoml", run_server},
      {"celery", run_server},
      {"flask", run_server},
      {"prefect", run_prefect},
      {"zenml", run_zenml},
      {"dagster", run_dagster},
      {"airflow", run_airflow},
      {"kedro", run_kedro},
      {"luigi", run_luigi},
      {"pyflyte", run_flyte},
      {"flyte", run_flyte},
      {"sam", run_stack},
      {"serverless", run_stack},
      {"sls", run_stack},
      {"cdk", run_stack_program},
      {"pulumi", run_stack_program},
      {"fastapi", run_first_file},
      {"streamlit", run_first_file},
      {"chainlit", run_first_file},
      {"papermill", run_first_file},
      {"jupyter", run_first_file},
      {"spark-submit", run_first_file},
      {"locust", run_first_file},
      {"metaflow", run_first_file},
  };
  return table;
}

// The module of "package.module:function"; kNone if the repository has none.
uint32_t module_of_entry(const GraphBuilder& b, std::string_view target) {
  const std::string_view name = target.substr(0, target.find(':'));
  if (name.ends_with(".py")) return module_at(b, name);
  const auto it = b.module_by_name.find(Name(name));
  return it == b.module_by_name.end() ? kNone : it->second;
}

// What a console command of the repository's own packages runs with these arguments.
std::optional<NodeId> invoked_entry(Linking& l, NodeId entry) {
  const Node& node = l.b.graph.nodes[entry];
  const AutomationFile& file = l.b.facts.automation[node.owner];
  for (const Command& command : file.commands) {
    if (command.unit != node.index || command.words.empty()) continue;
    const uint32_t module = module_of_entry(l.b, command.words[0].text);
    if (module == kNone) continue;
    return invoked_node(l.b, module, std::span(l.line.words).subspan(1));
  }
  return std::nullopt;
}

// A program that is no known tool: a script by its path, or a console command of the repository's own
// packages.
void run_other(Linking& l) {
  const Word& program = l.line.words[0];
  if (program.text.find('/') != std::string::npos && program.text.find_first_of("$ ") == std::string::npos) {
    if (!program.text.starts_with('/')) run_script_file(l, program, std::span(l.line.words).subspan(1));
    return;
  }
  for (NodeId entry : find_units(l.b, UnitKind::kEntryPoint, program.text)) {
    const std::optional<NodeId> invoked = invoked_entry(l, entry);
    l.run(invoked.value_or(entry));
  }
  // `poetry run poe x`, `pdm run test`, `hatch run test`, `pixi run test`: task tables of the runner itself.
  for (const std::string& runner : l.line.runners) run_units(l, UnitKind::kTarget, runner, {program.text});
}

// A word of the form "package.module:function", as entry points of packages have it, or "path.py:function".
bool run_entry_target(Linking& l) {
  const std::string& text = l.line.words[0].text;
  size_t colon = text.find(':');
  if (l.line.words.size() != 1 || colon == std::string::npos || colon == 0) return false;
  const uint32_t index = module_of_entry(l.b, text);
  if (index == kNone) return false;
  std::string function = text.substr(colon + 1);
  l.run(l.b.graph.module_nodes[index]);
  if (!run_function(l, index, function)) {
    l.run(application_node(l.b, Application::kCommands, index));  // an object: app = typer.Typer()
  }
  return true;
}

// "$VENV/bin/pytest" is pytest, wherever it lies; "$TOOL" is anything.
bool is_named(const CommandLine& line) {
  const Word& word = line.words[0];
  return word.literal || line.program.find_first_of("${}`()") == std::string::npos;
}

void link_line(Linking& l) {
  if (l.line.empty() || run_entry_target(l)) return;
  const auto it = linkers().find(l.line.program);
  const RunnerLinker runner = runner_linker(l.line.program);
  if (runner != nullptr && is_named(l.line)) {
    runner(l);
  } else if (it != linkers().end() && is_named(l.line)) {
    it->second(l);
  } else {
    run_other(l);
  }
}

// `$RUN pytest tests`: what the variable holds is not known; most likely a runner, or nothing.
bool behind_variable(const CommandLine& line) {
  return line.words.size() > 1 && !is_named(line) && line.words[0].text.starts_with('$') &&
         line.words[0].text.find_first_of("/=") == std::string::npos;
}

// The line of the program that starts a container, past `sudo` and the like.
CommandLine container_line(const std::vector<Word>& words) {
  static constexpr std::string_view kPrograms[] = {"docker", "podman", "nerdctl", "docker-compose",
                                                   "podman-compose"};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view text = std::string_view(words[i].text).substr(words[i].text.rfind('/') + 1);
    if (std::find(std::begin(kPrograms), std::end(kPrograms), text) == std::end(kPrograms)) continue;
    return CommandLine{{words.begin() + static_cast<long>(i), words.end()}, std::string(text), {"container"}};
  }
  return {};
}

void link_command(GraphBuilder& b, uint32_t f, uint32_t c) {
  const AutomationFile& file = b.facts.automation[f];
  const Command& command = file.commands[c];
  Linking l{b,       b.graph.command_nodes[f][c], file,
            command, command_line(command.words), working_directory(file, command)};
  if (l.line.elsewhere) l.cwd = "?";
  link_line(l);
  if (l.line.empty()) return;
  const bool container =
      std::find(l.line.runners.begin(), l.line.runners.end(), "container") != l.line.runners.end();
  if (container) {  // the service that is started beside its command
    l.cwd = working_directory(file, command);
    l.line = container_line(command.words);
    run_docker(l);
  } else if (behind_variable(l.line)) {
    l.line = command_line({command.words.begin() + 1, command.words.end()});
    l.line.uncertain = true;
    link_line(l);
  }
}

}  // namespace

void link_commands(GraphBuilder& b) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.file != FileId::kNone && b.facts.file(file.file).sample) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      if (file.commands[c].runs != Truth::kNo) link_command(b, f, c);
    }
  }
}

}  // namespace mlgrade
