// Commands of CI systems and of task runners: which pipeline, target or rule they start.
#include <algorithm>
#include <array>
#include <map>

#include "analyzer/graph/runner_request.h"

namespace mlgrade {
namespace {

// Runs the workflow of that path; true if there is one.
bool run_workflow(Linking& l, const std::string& path) {
  const std::vector<NodeId> found = find_units(l.b, UnitKind::kWorkflow, path);
  for (NodeId node : found) l.run(node);
  return !found.empty();
}

// `buildkite-agent pipeline upload .buildkite/more.yml`.
void run_buildkite_agent(Linking& l) {
  if (!has_verbs(l, {"pipeline", "upload"})) return;
  const std::vector<const Word*> paths = behind(l, {"pipeline", "upload"});
  if (paths.empty()) return;  // from standard input, or the file that runs already
  const std::string path = repository_path(*paths[0], folder_of_run(l));
  if (!run_workflow(l, path) && names_path(*paths[0]) && !path.empty()) l.dangle(path);
}

// `gcloud builds submit --config ci/build.yaml .`: the build's own file, else cloudbuild.yaml in the source.
void run_gcloud(Linking& l) {
  if (has_verbs(l, {"run", "deploy"}) || has_verbs(l, {"run", "services", "update"}) ||
      has_verbs(l, {"beta", "run", "deploy"}))
    return run_deployed_image(l);
  if (!has_verbs(l, {"builds", "submit"}) && !has_verbs(l, {"beta", "builds"})) return run_submit(l);
  Word scratch;
  const Word* config = option_value(l.line, "", "--config", scratch);
  const std::string folder = folder_of_run(l);
  if (config != nullptr) {
    const std::string path = repository_path(*config, folder);
    if (!run_workflow(l, path) && names_path(*config) && !path.empty() && l.cwd != "?") l.dangle(path);
    return;
  }
  const std::vector<const Word*> source = behind(
      l, {"builds", "submit"}, {"--tag", "-t", "--project", "--region", "--substitutions", "--timeout"});
  Word tag_scratch;
  if (const Word* tag = option_value(l.line, "-t", "--tag", tag_scratch)) {
    const Word here{".", true};
    return run_image_build(l, nullptr, source.empty() ? &here : source[0], tag);
  }
  const std::string place = source.empty() ? folder : repository_path(*source[0], folder);
  for (const char* name : {"cloudbuild.yaml", "cloudbuild.yml", "cloudbuild.json"}) {
    if (run_workflow(l, place.empty() ? name : place + "/" + name)) return;
  }
}

// `tkn pipeline start build`, `tkn task start test`.
void run_tkn(Linking& l) {
  for (std::string_view kind : {"pipeline", "task", "clustertask"}) {
    if (!has_verbs(l, {kind, "start"})) continue;
    const std::vector<const Word*> names = behind(l, {kind, "start"}, {"-n", "-p", "-w", "-s"});
    if (names.empty()) return;
    const std::string unit = (kind == "pipeline" ? "pipeline " : "task ") + names[0]->text;
    run_units(l, UnitKind::kTarget, "tekton", {unit});
  }
}

// --- Task runners ---

std::string folder_of_option_file(const Linking& l, std::string_view short_name, std::string_view long_name,
                                  std::string otherwise) {
  Word scratch;
  const Word* file = option_value(l.line, short_name, long_name, scratch);
  if (file == nullptr) return otherwise;
  const std::string path = repository_path(*file, folder_of_run(l));
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// The first unit of the nearest file: what a runner does when it is asked for nothing.
void run_default(Linking& l, const Request& request, std::string_view name) {
  const std::vector<uint32_t> files = files_near(l, request.kind, request.system, request.folder);
  for (uint32_t f : files) {
    const AutomationFile& file = l.b.facts.automation[f];
    uint32_t first = kNone;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      if (file.units[u].kind != request.kind || file.units[u].system != request.system) continue;
      if (file.units[u].name == name) first = u;
      if (first == kNone && name.empty()) first = u;
    }
    if (first != kNone) l.run(l.b.graph.unit_nodes[f][first]);
  }
}

void run_just(Linking& l) {
  Request request{"just", UnitKind::kTarget, "just recipe", folder_option(l, "-d", "--working-directory")};
  request.folder = folder_of_option_file(l, "-f", "--justfile", request.folder);
  if (has_flag(l.line, "--list") || has_flag(l.line, "-l") || has_flag(l.line, "--fmt")) return;
  std::vector<const Word*> names =
      positionals(l.line, {"-d", "-f", "--justfile", "--working-directory", "--set"});
  std::erase_if(names, [](const Word* word) { return word->text.find('=') != std::string::npos; });
  if (names.empty()) return run_default(l, request, "");
  run_request(l, request, names);
}

// `task test`, `task docs:build` with `includes: docs: docs/Taskfile.yml`: the reader has left a unit
// "docs:".
void run_task(Linking& l) {
  Request request{"task", UnitKind::kTarget, "task", folder_option(l, "-d", "--dir")};
  request.folder = folder_of_option_file(l, "-t", "--taskfile", request.folder);
  std::vector<const Word*> names;
  for (const Word* word : positionals(l.line, {"-d", "-t", "--dir", "--taskfile", "-o", "-C", "-p"})) {
    if (word->text.find('=') == std::string::npos) names.push_back(word);
  }
  if (names.empty()) return run_default(l, request, "default");
  const std::vector<uint32_t> files = files_near(l, request.kind, request.system, request.folder);
  std::vector<const Word*> here;
  for (const Word* word : names) {
    const size_t colon = word->text.find(':');
    const bool spaced =
        colon != std::string::npos && named_units(l, files, request.kind, request.system, word->text).empty();
    if (!spaced) {
      here.push_back(word);
      continue;
    }
    const std::string space = word->text.substr(0, colon + 1), name = word->text.substr(colon + 1);
    for (uint32_t f : files) {
      const AutomationFile& file = l.b.facts.automation[f];
      for (const UnitLink& link : file.links) {
        if (link.kind != LinkKind::kUses || file.units[link.unit].name != space) continue;
        for (uint32_t other : l.b.units.files_at(link.target.view())) {
          for (NodeId node : named_units(l, {other}, request.kind, request.system, name)) l.run(node);
        }
      }
    }
  }
  run_request(l, request, here);
}

// `mise run test`, `mise r test`; scripts in the folders of file tasks, too.
void run_mise(Linking& l) {
  std::vector<const Word*> words = positionals(l.line, {"-C", "--cd", "-j", "--jobs", "-E"});
  if (words.empty() || (words[0]->text != "run" && words[0]->text != "r" && words[0]->text != "task")) return;
  words.erase(words.begin());
  if (!words.empty() && words[0]->text == "run") words.erase(words.begin());  // mise task run
  if (words.empty()) return;
  for (const char* folder :
       {"mise-tasks/", ".mise-tasks/", "mise/tasks/", ".mise/tasks/", ".config/mise/tasks/"}) {
    for (const char* ending : {"", ".sh", ".py"}) {
      const FileFact* file = l.b.facts.find_file(folder + words[0]->text + ending);
      if (file != nullptr) return run_script_file(l, Word{file->path.str(), true});
    }
  }
  run_request(l, {"mise", UnitKind::kTarget, "mise task", folder_option(l, "-C", "--cd"), true}, words);
}

void run_invoke(Linking& l) {
  const std::vector<const Word*> names =
      positionals(l.line, {"-r", "--search-root", "-c", "--collection", "-f", "--config"});
  if (names.empty() || has_flag(l.line, "--list") || has_flag(l.line, "-l")) return;
  run_request(l, {"invoke", UnitKind::kTarget, "invoke task", folder_option(l, "-r", "--search-root")},
              names);
}

void run_poe(Linking& l) {
  const std::vector<const Word*> names =
      positionals(l.line, {"-C", "--directory", "--root", "-e", "--executor"});
  run_request(l, {"poe", UnitKind::kTarget, "poe task", folder_option(l, "-C", "--directory"), true}, names);
}

// `./batect [--output=all] test [-- words for its command]`
void run_batect(Linking& l) {
  std::vector<const Word*> names =
      positionals(l.line, {"-f", "--config-file", "-o", "--output", "--config-var", "--config-vars-file",
                           "--log-file", "--override-image", "--tag-image", "--cache-type"});
  if (has_flag(l.line, "--list-tasks") || has_flag(l.line, "-T")) return;
  run_request(l, {"batect", UnitKind::kTarget, "batect task", folder_of_run(l), true}, names);
}

// npm runs `pretest` before and `posttest` after `test`.
void run_package_script(Linking& l, const std::string& folder, const Word& name) {
  const Word before{"pre" + name.text, false}, after{"post" + name.text, false};
  for (const Word* word : {&before, &name, &after}) {
    run_request(l, {"npm", UnitKind::kTarget, "package script", folder}, {word});
  }
}

void run_node_runner(Linking& l) {
  std::string folder = folder_option(l, "-C", "--prefix");
  folder = folder == l.cwd ? folder_option(l, "", "--cwd") : folder;
  folder = folder == l.cwd ? folder_option(l, "", "--dir") : folder;
  std::vector<const Word*> words =
      positionals(l.line, {"-C", "--prefix", "--cwd", "--dir", "-w", "--workspace", "--filter", "-F"});
  if (words.empty()) return;
  const std::string verb = words[0]->text;
  const bool run = verb == "run" || verb == "run-script";
  if (run && words.size() < 2) return;
  static constexpr std::string_view kShort[] = {"test", "start", "stop", "restart"};
  if (run) return run_package_script(l, folder, *words[1]);
  if (verb == "t" || verb == "tst") return run_package_script(l, folder, Word{"test", false});
  const bool short_form = std::find(std::begin(kShort), std::end(kShort), verb) != std::end(kShort);
  if (l.line.program == "npm" && !short_form) return;
  // yarn and pnpm run scripts by their bare names, where they have no command of that name.
  run_package_script(l, folder, Word{verb, false});
}

// `honcho start web`: processes of the Procfile.
void run_procfile(Linking& l) {
  std::vector<const Word*> words = positionals(l.line, {"-f", "--procfile", "-e", "--env", "-p"});
  if (words.empty() || (words[0]->text != "start" && words[0]->text != "run" && words[0]->text != "local"))
    return;
  words.erase(words.begin());
  if (!words.empty()) return run_request(l, {"procfile", UnitKind::kService, "process", l.cwd}, words);
  for (uint32_t f : files_near(l, UnitKind::kService, "procfile", l.cwd)) {
    for (NodeId node : l.b.graph.unit_nodes[f]) l.run(node);
  }
}

}  // namespace

RunnerLinker runner_linker(std::string_view program) {
  static const std::map<std::string_view, RunnerLinker> table = {
      {"buildkite-agent", run_buildkite_agent},
      {"gcloud", run_gcloud},
      {"tkn", run_tkn},
      {"just", run_just},
      {"task", run_task},
      {"go-task", run_task},
      {"mise", run_mise},
      {"batect", run_batect},
      {"invoke", run_invoke},
      {"inv", run_invoke},
      {"poe", run_poe},
      {"npm", run_node_runner},
      {"yarn", run_node_runner},
      {"pnpm", run_node_runner},
      {"bun", run_node_runner},
      {"snakemake", run_snakemake},
      {"mlflow", run_mlflow_project},
      {"dvc", run_dvc_stages},
      {"honcho", run_procfile},
      {"foreman", run_procfile},
  };
  const auto found = table.find(program);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace mlgrade
