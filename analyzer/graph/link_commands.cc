// From a command to what it runs: a table of programs, each with a function that reads its arguments.
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
    if (!module.text.empty()) run_dotted_module(l, module);
    return;
  }
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
      {"deepeval",
       [](Linking& l) {
         if (l.line.words.size() > 2) run_script_file(l, l.line.words.back());
       }},
      {"bash", run_shell},
      {"sh", run_shell},
      {"zsh", run_shell},
      {"source",
       [](Linking& l) {
         if (l.line.words.size() > 1) run_script_file(l, l.line.words[1]);
       }},
      {".",
       [](Linking& l) {
         if (l.line.words.size() > 1) run_script_file(l, l.line.words[1]);
       }},
      {"make", run_make},
      {"tox", run_tox},
      {"nox", run_nox},
      {"dvc", run_dvc},
      {"pre-commit", run_pre_commit},
      {"docker", run_docker},
      {"docker-compose", run_docker},
      {"podman", run_docker},
      {"kubectl", run_apply},
      {"oc", run_apply},
      {"helm", run_apply},
      {"anyscale", run_submit},
      {"ray", run_submit},
      {"sky", run_submit},
      {"argo", run_submit},
      {"az", run_submit},
      {"databricks", run_submit},
      {"serve", run_submit},
      {"uvicorn", run_server},
      {"gunicorn", run_server},
      {"hypercorn", run_server},
      {"celery", run_server},
      {"flask", run_server},
      {"prefect", run_first_file},
      {"fastapi", run_first_file},
      {"streamlit", run_first_file},
      {"papermill", run_first_file},
      {"jupyter", run_first_file},
      {"spark-submit", run_first_file},
      {"locust", run_first_file},
      {"metaflow", run_first_file},
      {"mlflow", run_mlflow},
      {"poe", [](Linking& l) { run_named_target(l, "poe", 1); }},
      {"just", [](Linking& l) { run_named_target(l, "just", 1); }},
      {"task", [](Linking& l) { run_named_target(l, "task", 1); }},
      {"invoke", [](Linking& l) { run_named_target(l, "invoke", 1); }},
      {"npm", run_npm},
      {"yarn", run_npm},
      {"pnpm", run_npm},
  };
  return table;
}

// A program that is no known tool: a script by its path, or a console command of the repository's own
// packages.
void run_other(Linking& l) {
  const Word& program = l.line.words[0];
  if (program.text.find('/') != std::string::npos && program.text.find_first_of("$ ") == std::string::npos) {
    if (!program.text.starts_with('/')) run_script_file(l, program);
    return;
  }
  for (NodeId entry : find_units(l.b, UnitKind::kEntryPoint, program.text)) l.run(entry);
  // `poetry run poe x`, `pdm run test`, `hatch run test`, `pixi run test`: task tables of the runner itself.
  for (const std::string& runner : l.line.runners) run_units(l, UnitKind::kTarget, runner, {program.text});
}

// A word of the form "package.module:function", as entry points of packages have it.
bool run_entry_target(Linking& l) {
  const std::string& text = l.line.words[0].text;
  size_t colon = text.find(':');
  if (l.line.words.size() != 1 || colon == std::string::npos || colon == 0) return false;
  auto it = l.b.module_by_name.find(Name(text.substr(0, colon)));
  if (it == l.b.module_by_name.end()) return false;
  const PythonModule& module = l.b.facts.python[it->second];
  std::string function = text.substr(colon + 1);
  l.run(l.b.graph.module_nodes[it->second]);
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    if (module.functions[i].qualname == function) l.run(l.b.graph.function_nodes[it->second][i]);
  }
  return true;
}

}  // namespace

void link_commands(GraphBuilder& b) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.file != FileId::kNone && b.facts.file(file.file).sample) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const Command& command = file.commands[c];
      if (command.runs == Truth::kNo) continue;
      Linking l{b,       b.graph.command_nodes[f][c], file,
                command, command_line(command.words), working_directory(file, command)};
      if (l.line.empty() || run_entry_target(l)) continue;
      auto it = linkers().find(l.line.program);
      const RunnerLinker runner = runner_linker(l.line.program);
      if (runner != nullptr && l.line.words[0].literal) {
        runner(l);
      } else if (it != linkers().end() && l.line.words[0].literal) {
        it->second(l);
      } else {
        run_other(l);
      }
    }
  }
}

}  // namespace mlgrade
