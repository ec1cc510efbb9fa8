// Commands of CI systems and of task runners: which pipeline, target or rule they start.
#include <algorithm>
#include <array>
#include <map>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

std::string folder_of_run(const Linking& l) { return l.cwd == "?" ? "" : l.cwd; }

// The words behind `verbs`, which stand one after another behind the program; empty if they do not.
std::vector<const Word*> behind(const Linking& l, std::initializer_list<std::string_view> verbs,
                                const std::vector<std::string_view>& with_value = {}) {
  std::vector<const Word*> words = positionals(l.line, with_value);
  if (words.size() < verbs.size()) return {};
  size_t at = 0;
  for (std::string_view verb : verbs) {
    if (words[at++]->text != verb) return {};
  }
  words.erase(words.begin(), words.begin() + static_cast<long>(verbs.size()));
  return words;
}

bool has_verbs(const Linking& l, std::initializer_list<std::string_view> verbs) {
  const std::vector<const Word*> words = positionals(l.line, {});
  return words.size() >= verbs.size() &&
         std::equal(verbs.begin(), verbs.end(), words.begin(),
                    [](std::string_view verb, const Word* word) { return word->text == verb; });
}

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

}  // namespace

RunnerLinker runner_linker(std::string_view program) {
  static const std::map<std::string_view, RunnerLinker> table = {
      {"buildkite-agent", run_buildkite_agent},
      {"gcloud", run_gcloud},
      {"tkn", run_tkn},
  };
  const auto found = table.find(program);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace mlgrade
