// Commands that run pipelines of data and models: rules, stages, entry points.
#include <algorithm>

#include "analyzer/graph/runner_request.h"

namespace mlgrade {
namespace {

// Rules whose files are made up when it runs may be asked for as well.
void run_other_rules(Linking& l, uint32_t f) {
  std::vector<uint32_t> files{f};
  for (Name path : l.b.facts.automation[f].includes) {
    for (uint32_t other : l.b.units.files_at(path.view())) files.push_back(other);
  }
  for (uint32_t file : files) {
    const AutomationFile& automation = l.b.facts.automation[file];
    for (uint32_t u = 0; u < automation.units.size() && automation.system == "snakemake"; ++u) {
      if (automation.units[u].kind != UnitKind::kStage) continue;
      l.run(l.b.graph.unit_nodes[file][u], Truth::kUnknown,
            {"", "whether the rule's files are asked for is known only when it runs", l.command.span});
    }
  }
}

}  // namespace

// A bare `snakemake` makes what its first rule asks for; names of rules and files may be given.
void run_snakemake(Linking& l) {
  for (std::string_view flag :
       {"-n", "--dry-run", "--dryrun", "--lint", "--list", "-l", "--unlock", "--dag"}) {
    if (has_flag(l.line, flag)) return;
  }
  Request request{"snakemake", UnitKind::kStage, "snakemake rule", folder_option(l, "-d", "--directory")};
  Word scratch;
  const Word* file = option_value(l.line, "-s", "--snakefile", scratch);
  std::vector<std::string> places;
  if (file != nullptr) {
    places.push_back(repository_path(*file, folder_of_run(l)));
  } else {
    const std::string home = request.folder.empty() || request.folder == "?" ? "" : request.folder + "/";
    for (const char* name : {"Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile"}) {
      places.push_back(home + name);
    }
  }
  static const std::vector<std::string_view> with_value = {"-s",
                                                           "--snakefile",
                                                           "-d",
                                                           "--directory",
                                                           "-c",
                                                           "--cores",
                                                           "-j",
                                                           "--jobs",
                                                           "--configfile",
                                                           "--profile",
                                                           "--workflow-profile",
                                                           "--config",
                                                           "--executor",
                                                           "--conda-frontend",
                                                           "--software-deployment-method",
                                                           "--sdm",
                                                           "-R",
                                                           "--forcerun",
                                                           "--until",
                                                           "-U"};
  const std::vector<const Word*> targets = positionals(l.line, with_value);
  bool any = false;
  for (uint32_t f : l.b.units.files_of("snakemake")) {
    const AutomationFile& automation = l.b.facts.automation[f];
    const std::string_view path = l.b.facts.path(automation.file);
    if (std::find(places.begin(), places.end(), path) == places.end()) continue;
    any = true;
    bool named = false;
    for (const Word* word : targets) {
      for (NodeId node : named_units(l, {f}, request.kind, request.system, word->text)) {
        l.run(node);
        named = true;
      }
    }
    if (named) continue;
    for (uint32_t u = 0; u < automation.units.size(); ++u) {
      if (automation.units[u].kind != request.kind) continue;
      l.run(l.b.graph.unit_nodes[f][u], targets.empty() ? Truth::kYes : Truth::kUnknown);
      break;
    }
    run_other_rules(l, f);
  }
  if (!any && file != nullptr && names_path(*file) && l.cwd != "?" && !places[0].empty()) l.dangle(places[0]);
}

// `mlflow run dir -e entry`: an entry point of that folder's MLproject; a remote project is not this one.
void run_mlflow_project(Linking& l) {
  const std::vector<const Word*> words = positionals(
      l.line, {"-e", "--entry-point", "-P", "--param-list", "-v", "--version", "--experiment-name",
               "--experiment-id", "-b", "--backend", "-A", "--run-name", "--env-manager"});
  if (words.size() < 2 || words[0]->text != "run" || words[1]->text.find("://") != std::string::npos) return;
  Word scratch;
  const Word* entry = option_value(l.line, "-e", "--entry-point", scratch);
  const bool here = words[1]->text == "." || words[1]->text == "./";
  const std::string folder = here || l.cwd == "?" ? l.cwd : repository_path(*words[1], l.cwd);
  const Word name = entry == nullptr ? Word{"main", false} : *entry;
  run_request(l, {"mlproject", UnitKind::kStage, "MLproject entry point", folder}, {&name});
}

// `dvc repro train`, `dvc repro pipelines/dvc.yaml:train`, `dvc exp run`: stages of the folder's dvc.yaml, or
// of the file that is named; of a stage with items the part before the '@'.
void run_dvc_stages(Linking& l) {
  std::vector<const Word*> words = positionals(
      l.line, {"-S", "--set-param", "-n", "--name", "-C", "-m", "--message", "-j", "--jobs", "--cd"});
  const bool experiment = words.size() > 1 && words[0]->text == "exp" && words[1]->text == "run";
  if (!experiment && (words.empty() || words[0]->text != "repro")) return;
  if (has_flag(l.line, "--dry")) return;
  words.erase(words.begin(), words.begin() + (experiment ? 2 : 1));
  const bool all = has_flag(l.line, "-P") || has_flag(l.line, "--all-pipelines") || has_flag(l.line, "-R");
  const std::string folder = folder_option(l, "", "--cd");
  const auto run_in = [&](const std::string& path, std::string_view stage) {
    bool any = false;
    for (uint32_t f : l.b.units.files_of("dvc")) {
      const AutomationFile& file = l.b.facts.automation[f];
      if (!path.empty() && l.b.facts.path(file.file) != path) continue;
      for (uint32_t u = 0; u < file.units.size(); ++u) {
        if (!stage.empty() && file.units[u].name != stage) continue;
        l.run(l.b.graph.unit_nodes[f][u]);
        any = true;
      }
    }
    return any;
  };
  const std::string own = folder == "?" || all ? "" : folder.empty() ? "dvc.yaml" : folder + "/dvc.yaml";
  if (words.empty() || all) {
    if (!run_in(own, "") && !own.empty()) l.dangle(own);
    return;
  }
  for (const Word* word : words) {
    const size_t file_end = word->text.find("dvc.yaml");
    std::string path = own;
    std::string_view stage = word->text;
    if (file_end != std::string::npos) {
      path = repository_path(Word{word->text.substr(0, file_end + 8), word->literal},
                             folder == "?" ? "" : folder);
      stage = stage.substr(file_end + 8);
      if (stage.starts_with(':')) stage.remove_prefix(1);
    }
    stage = stage.substr(0, stage.find('@'));
    const bool other_file = stage.ends_with(".dvc") || stage.find('/') != stage.npos;
    if (!run_in(path, stage) && names_path(*word) && !other_file) l.dangle("dvc stage " + word->text);
  }
}

}  // namespace mlgrade
