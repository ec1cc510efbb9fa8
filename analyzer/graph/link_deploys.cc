// Tools that apply manifests and submit jobs: what the files that they name define.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

std::string folder_of(const Linking& l) { return l.cwd == "?" ? "" : l.cwd; }

// `kubectl apply -f deploy/`, `anyscale job submit job.yaml`.
bool apply(Linking& l, const Word& word, ApplyMode mode) {
  std::string path = repository_path(word, folder_of(l));
  const bool root = word.text == "." || word.text == "./";
  if (path.empty() && !root) return false;
  const Edge way{.from = l.from, .span = l.command.span, .kind = EdgeKind::kRuns};
  if (apply_path(l.b, way, {}, path.empty() ? "." : path, mode)) return true;
  if (names_path(word) && l.cwd != "?") l.dangle(path);
  return false;
}

// The subcommand, past options that stand before it and their values.
size_t verb_at(const CommandLine& line, size_t from) {
  static const std::vector<std::string_view> with_value = {"-n",           "--namespace",    "--context",
                                                           "--kubeconfig", "--kube-context", "--cluster",
                                                           "-s",           "--server",       "--user"};
  for (size_t i = from; i < line.words.size(); ++i) {
    const std::string& text = line.words[i].text;
    if (std::find(with_value.begin(), with_value.end(), text) != with_value.end()) {
      ++i;
    } else if (!text.starts_with('-')) {
      return i;
    }
  }
  return line.words.size();
}

bool only_looks(const CommandLine& line) {
  return std::any_of(line.words.begin(), line.words.end(), [](const Word& word) {
    return word.text.starts_with("--dry-run") && word.text != "--dry-run=none";
  });
}

// `kustomize build x | kubectl apply -f -`: what the commands in front of it on the line were given.
void apply_piped(Linking& l) {
  for (const Command& other : l.file.commands) {
    if (other.unit != l.command.unit || other.span.line != l.command.span.line || &other == &l.command)
      continue;
    const CommandLine line = command_line(other.words);
    if (line.empty()) continue;
    const bool kustomize = line.program == "kustomize" || line.program == "kubectl";
    const bool chart = line.program == "helm";
    for (size_t i = 1; i < line.words.size(); ++i) {
      const Word& word = line.words[i];
      const std::string path = repository_path(word, folder_of(l));
      const Edge way{.from = l.from, .span = l.command.span, .kind = EdgeKind::kRuns};
      const bool is_file = !path.empty() && l.b.facts.find_file(path) != nullptr;
      if (is_file || ((kustomize || chart) && !path.empty() && !word.text.starts_with('-') && i > 1)) {
        apply_path(l.b, way, {}, path, ApplyMode::kAsFound);
      }
    }
  }
}

// Workloads that are named as deployment/x.
void run_workload(Linking& l, const Word& word) {
  const size_t slash = word.text.find('/');
  if (slash == std::string::npos) return;
  const std::string name = word.text.substr(slash + 1);
  for (UnitKind kind : {UnitKind::kService, UnitKind::kSchedule}) {
    for (NodeId unit : find_units(l.b, kind, name)) l.run(unit);
  }
}

}  // namespace

void run_kubectl(Linking& l) {
  const size_t verb = verb_at(l.line, 1);
  if (verb >= l.line.words.size() || only_looks(l.line)) return;
  const std::string& text = l.line.words[verb].text;
  if (text == "rollout" || text == "set") {
    for (size_t i = verb + 1; i < l.line.words.size(); ++i) run_workload(l, l.line.words[i]);
    return;
  }
  if (text == "run") return run_deployed_image(l);
  if (text != "apply" && text != "create" && text != "replace") return;
  for (size_t i = verb + 1; i < l.line.words.size(); ++i) {
    std::string option = l.line.words[i].text;
    Word value = i + 1 < l.line.words.size() ? l.line.words[i + 1] : Word{};
    if (const size_t equals = option.find('='); equals != option.npos && option.starts_with("--")) {
      value = {option.substr(equals + 1), l.line.words[i].literal};
      option.resize(equals);
    }
    const bool file = option == "-f" || option == "--filename";
    if (file && value.text == "-") {
      apply_piped(l);
    } else if (file) {
      apply(l, value, ApplyMode::kManifests);
    } else if (option == "-k" || option == "--kustomize") {
      apply(l, value, ApplyMode::kAsFound);
    } else if (option == "--from") {
      run_workload(l, value);
    }
  }
}

// helm upgrade --install name ./chart -f values.yaml
void run_helm(Linking& l) {
  const size_t verb = verb_at(l.line, 1);
  if (verb >= l.line.words.size() || only_looks(l.line)) return;
  const std::string& text = l.line.words[verb].text;
  if (text != "upgrade" && text != "install") return;
  for (size_t i = verb + 1; i < l.line.words.size(); ++i) {
    const Word& word = l.line.words[i];
    if ((word.text == "-f" || word.text == "--values") && i + 1 < l.line.words.size()) {
      apply(l, l.line.words[++i], ApplyMode::kAsFound);
      continue;
    }
    if (word.text.starts_with("--values=")) {
      apply(l, {word.text.substr(9), word.literal}, ApplyMode::kAsFound);
      continue;
    }
    std::string path = repository_path(word, folder_of(l));
    const std::string chart = path.empty() ? "Chart.yaml" : path + "/Chart.yaml";
    const bool root = word.text == "." || word.text == "./";
    if (!word.text.starts_with('-') && (!path.empty() || root) && l.b.facts.find_file(chart) != nullptr)
      apply(l, word, ApplyMode::kAsFound);
  }
}

// terraform -chdir=infra apply: the module of the folder.
void run_terraform(Linking& l) {
  std::string folder = folder_of(l);
  bool applies = false;
  for (size_t i = 1; i < l.line.words.size(); ++i) {
    const Word& word = l.line.words[i];
    if (word.text.starts_with("-chdir="))
      folder = repository_path({word.text.substr(7), word.literal}, folder);
    if ((word.text == "--terragrunt-working-dir" || word.text == "--working-dir") &&
        i + 1 < l.line.words.size())
      folder = repository_path(l.line.words[i + 1], folder);
    applies |= word.text == "apply";
  }
  if (!applies || (l.cwd == "?" && folder.empty())) return;
  const Edge way{.from = l.from, .span = l.command.span, .kind = EdgeKind::kRuns};
  apply_path(l.b, way, {}, folder.empty() ? "." : folder, ApplyMode::kTerraform);
}

// Files that helmfile.yaml and skaffold.yaml name.
void run_listed(Linking& l) {
  const bool helmfile = l.line.program == "helmfile";
  const std::string verb =
      l.line.words.size() > 1 ? l.line.words[verb_at(l.line, 1) % l.line.words.size()].text : "";
  if (helmfile ? verb != "apply" && verb != "sync" : verb != "run" && verb != "deploy" && verb != "apply")
    return;
  Word scratch;
  const Word* named = option_value(l.line, "-f", helmfile ? "--file" : "--filename", scratch);
  const std::string base = folder_of(l);
  const std::string path = repository_path(
      named != nullptr ? *named : Word{helmfile ? "helmfile.yaml" : "skaffold.yaml", true}, base);
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
  for (const ConfigDocument& document : l.b.facts.configs) {
    if (l.b.facts.path(document.file) != path) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view name = key.path.view();
      const bool wanted =
          helmfile ? name.ends_with(".chart") || name.find(".values[") != name.npos
                   : name.find("rawYaml[") != name.npos || name.find(".manifests[") != name.npos ||
                         name.ends_with(".chartPath") || name.find("kustomize.paths[") != name.npos;
      if (!wanted) continue;
      std::string target = repository_path({key.value, true}, folder);
      if (const size_t star = target.find('*'); star != target.npos) target.resize(star + 1);
      const Edge way{.from = l.from, .span = l.command.span, .kind = EdgeKind::kRuns};
      if (!target.empty()) apply_path(l.b, way, {}, target, ApplyMode::kAsFound);
    }
  }
}

// argocd app sync name, flux reconcile kustomization name
void run_sync(Linking& l) {
  for (size_t i = 2; i < l.line.words.size(); ++i) {
    const std::string& text = l.line.words[i].text;
    if (text == "sync" || text == "kustomization" || text == "helmrelease") {
      if (i + 1 < l.line.words.size()) {
        for (NodeId unit : find_units(l.b, UnitKind::kDeployment, l.line.words[i + 1].text)) l.run(unit);
      }
    }
  }
}

namespace {

// Options that name the file that is handed over.
void apply_options(Linking& l) {
  for (size_t i = 1; i + 1 < l.line.words.size(); ++i) {
    std::string_view text = l.line.words[i].text;
    if (text == "-f" || text == "--filename" || text == "--config-file" || text == "--file" ||
        text == "--service-file" || text == "--template-file" || text == "-t" || text == "--template")
      apply(l, l.line.words[i + 1], ApplyMode::kManifests);
  }
}

}  // namespace

// Job submission tools: every argument that is a file of the repository is what they submit.
void run_submit(Linking& l) {
  const std::string_view first = l.line.words.size() > 1 ? std::string_view(l.line.words[1].text) : "";
  if (l.line.program == "az" && first == "containerapp") run_deployed_image(l);
  if (l.line.program == "az" && first == "acr") {
    if (l.line.words.size() > 2 && l.line.words[2].text == "build") run_remote_build(l);
    return;
  }
  apply_options(l);
  for (size_t i = 1; i < l.line.words.size(); ++i) {
    const Word& word = l.line.words[i];
    if (word.text.starts_with('-') || !looks_like_file(word.text)) continue;
    if (word.text.ends_with(".yaml") || word.text.ends_with(".yml") || word.text.ends_with(".json")) {
      if (l.b.facts.find_file(repository_path(word, l.cwd == "?" ? "" : l.cwd)) != nullptr)
        apply(l, word, ApplyMode::kManifests);
    }
  }
  // `ray job submit ... -- python train.py`: what follows is a command of its own.
  for (size_t i = 1; i + 1 < l.line.words.size(); ++i) {
    if (l.line.words[i].text != "--") continue;
    std::vector<Word> rest(l.line.words.begin() + static_cast<long>(i) + 1, l.line.words.end());
    Linking inner{l.b, l.from, l.file, l.command, command_line(rest), l.cwd};
    if (inner.line.program == "python") run_python(inner);
    if (inner.line.program == "bash" || inner.line.program == "sh") run_shell(inner);
    return;
  }
}

}  // namespace mlgrade
