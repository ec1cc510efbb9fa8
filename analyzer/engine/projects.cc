// From manifests and training code to folders, then away with what is only a part of something larger.
#include "analyzer/engine/projects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "analyzer/facts/test_paths.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxProjects = 60;

bool below(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

std::string_view parent_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_manifest(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "pyproject.toml", "setup.py",  "setup.cfg", "Pipfile",  "environment.yml", "environment.yaml",
      "conda.yaml",     "conda.yml", "MLproject", "dvc.yaml", "python_env.yaml"};
  const bool requirements = name.starts_with("requirements") && name.ends_with(".txt");
  return requirements || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool is_pipeline_definition(std::string_view name) { return name == "MLproject" || name == "dvc.yaml"; }

// A folder with such a name is a stage or a part of the project around it.
bool names_part(std::string_view folder) {
  static constexpr std::array<std::string_view, 58> kParts = {
      "train",      "training",  "trainer",   "tune",      "tuning",     "hpo",         "serve",
      "serving",    "server",    "inference", "predict",   "prediction", "api",         "app",
      "backend",    "frontend",  "service",   "evaluate",  "evaluation", "eval",        "deploy",
      "deployment", "pipeline",  "pipelines", "component", "components", "step",        "steps",
      "src",        "code",      "model",     "models",    "ml",         "modeling",    "modelling",
      "notebook",   "notebooks", "script",    "scripts",   "experiment", "experiments", "research",
      "tool",       "tools",     "lib",       "libs",      "package",    "core",        "common",
      "utils",      "docker",    "image",     "images",    "batch",      "monitoring",  "data",
      "container",  "sagemaker"};
  std::string word;
  bool any = false;
  const auto is_part = [&] {
    if (word.empty()) return true;
    any = true;
    return std::find(kParts.begin(), kParts.end(), word) != kParts.end();
  };
  for (char c : folder) {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      continue;
    }
    if (!is_part()) return false;
    word.clear();
  }
  return is_part() && any;
}

bool counts(const FileFact& file) { return !file.sample && !file.vendored && !file.link; }

// The folder that a manifest speaks for: requirements/base.txt stands for the folder above.
std::string folder_of_manifest(std::string_view path) {
  std::string_view folder = parent_of(path);
  return std::string(name_of(folder) == "requirements" ? parent_of(folder) : folder);
}

struct Candidate {
  Span shown_by;
  std::string why;
  bool trains = false;
};
using Candidates = std::map<std::string, Candidate>;

class Finder {
 public:
  Finder(const FactStore& facts, const Graph& graph, const std::vector<Use>& uses)
      : facts_(facts), graph_(graph), uses_(uses) {}

  std::vector<Project> find() {
    list_manifests();
    add_candidates();
    if (candidates_.size() < 2) return {};
    drop_libraries();
    drop_joined();
    choose_top();
    std::vector<Project> out;
    for (const auto& [root, candidate] : candidates_)
      out.push_back({root, candidate.shown_by, candidate.why, candidate.trains});
    if (!out.empty() && top_) out.insert(out.begin(), Project{"", top_->shown_by, top_->why, top_->trains});
    if (out.size() < 2 || out.size() > kMaxProjects) return {};
    return out;
  }

 private:
  void list_manifests() {
    for (const FileFact& file : facts_.files) {
      const std::string_view path = file.path.view();
      if (!counts(file) || is_test_path(path)) continue;
      const std::string folder = folder_of_manifest(path);
      const bool listed = name_of(parent_of(path)) == "requirements" && path.ends_with(".txt");
      if (!is_manifest(name_of(path)) && !listed) continue;
      manifests_.insert(folder);
      if (is_pipeline_definition(name_of(path))) pipelines_.insert(folder);
    }
  }

  // The innermost folder around the file that has a manifest, stages left behind; none if there is none.
  std::optional<std::string> home_of(std::string_view path) const {
    for (std::string_view folder = parent_of(path);; folder = parent_of(folder)) {
      if (manifests_.find(folder) != manifests_.end()) {
        while (!folder.empty() && names_part(name_of(folder))) folder = parent_of(folder);
        return std::string(folder);
      }
      if (folder.empty()) return std::nullopt;
    }
  }

  bool starts_something(const Use& use) const {
    const PythonModule& module = facts_.python[use.function.module];
    if (module.has_main_guard || use.function.index == kNone) return true;
    const std::string_view path = facts_.path(use.file);
    return std::any_of(pipelines_.begin(), pipelines_.end(),
                       [&](const std::string& folder) { return below(path, folder); });
  }

  void add_candidates() {
    std::set<std::string> startable = folders_with_main();
    for (const Use& use : uses_) {
      const bool trains = use.capability == "trains-model";
      const bool hosted = use.capability == "calls-llm" || use.capability == "builds-agent";
      if ((!trains && !hosted) || !use.function.valid()) continue;
      const FileFact& file = facts_.file(use.file);
      const std::string_view path = file.path.view();
      if (!counts(file) || file.language != Language::kPython || is_test_path(path)) continue;
      const std::optional<std::string> home = home_of(path);
      if (!home) continue;
      const bool starts = starts_something(use) || startable.contains(*home);
      if (!starts || (hosted && !serves(*home))) continue;
      const Candidate found{use.span,
                            fmt::format("{}, with a manifest of its own and code to start",
                                        trains ? "trains a model" : "serves a hosted model"),
                            trains};
      if (home->empty()) {
        at_top_.emplace_back(use.function.module, found);
      } else if (const auto [it, fresh] = candidates_.try_emplace(*home, found);
                 !fresh && trains && !it->second.trains) {
        it->second = found;
      }
    }
  }

  std::set<std::string> folders_with_main() const {
    std::set<std::string> out;
    for (const PythonModule& module : facts_.python) {
      if (!module.has_main_guard || !counts(facts_.file(module.file))) continue;
      if (const auto home = home_of(facts_.path(module.file))) out.insert(*home);
    }
    return out;
  }

  bool serves(const std::string& folder) const {
    return std::any_of(uses_.begin(), uses_.end(), [&](const Use& use) {
      const bool serving = use.capability == "serves-http" || use.capability == "serves-route";
      return serving && below(facts_.path(use.file), folder) && counts(facts_.file(use.file));
    });
  }

  // The candidate that a file belongs to: the longest root around it; "" if none.
  std::string owner(FileId file) const {
    std::string best;
    for (const auto& [root, candidate] : candidates_) {
      if (below(facts_.path(file), root) && root.size() > best.size()) best = root;
    }
    return best;
  }

  // What code outside of it imports is a library of the others.
  void drop_libraries() {
    std::set<std::string> used;
    for (const PythonModule& module : facts_.python) {
      if (!counts(facts_.file(module.file)) || is_test_path(facts_.path(module.file))) continue;
      const std::string from = owner(module.file);
      for (const PyImport& import : module.imports) {
        if (import.project_module == kNone) continue;
        const std::string to = owner(facts_.python[import.project_module].file);
        if (!to.empty() && to != from && !below(to, from)) used.insert(to);
        // A program at the top that brings projects together makes no library of them.
        if (!to.empty() && from.empty() && !module.has_main_guard) used.insert(to);
      }
    }
    for (const std::string& root : used) candidates_.erase(root);
  }

  bool imports_candidate(uint32_t module) const {
    const std::vector<PyImport>& imports = facts_.python[module].imports;
    return std::any_of(imports.begin(), imports.end(), [&](const PyImport& import) {
      return import.project_module != kNone && !owner(facts_.python[import.project_module].file).empty();
    });
  }

  // Training at the top makes it a project of its own, unless it is that of the others.
  void choose_top() {
    for (const auto& [module, found] : at_top_) {
      if (!top_ && !imports_candidate(module)) top_ = found;
    }
  }

  static bool defines_pipeline(const AutomationFile& file) {
    return std::any_of(file.units.begin(), file.units.end(),
                       [](const Unit& unit) { return unit.kind == UnitKind::kStage; });
  }

  // One pipeline that runs code of several makes one system of them. Services started side by side do not:
  // that is how a collection is shown.
  void drop_joined() {
    std::set<std::string> joined;
    for (uint32_t f = 0; f < facts_.automation.size(); ++f) {
      const AutomationFile& file = facts_.automation[f];
      if (!counts(facts_.file(file.file)) || !owner(file.file).empty() || !defines_pipeline(file)) continue;
      std::set<std::string> touched;
      for (uint32_t u = 0; u < file.units.size(); ++u) {
        for (NodeId node : graph_.closure(graph_.node_of_unit(f, u))) {
          const std::string root = owner(graph_.nodes[node].span.file);
          if (!root.empty()) touched.insert(root);
        }
      }
      if (touched.size() > 1) joined.insert(touched.begin(), touched.end());
    }
    for (const std::string& root : joined) candidates_.erase(root);
  }

  const FactStore& facts_;
  const Graph& graph_;
  const std::vector<Use>& uses_;
  std::set<std::string, std::less<>> manifests_, pipelines_;
  Candidates candidates_;
  std::vector<std::pair<uint32_t, Candidate>> at_top_;  // by module
  std::optional<Candidate> top_;
};

// Files of the modules that those below the root import, directly or through others.
std::vector<bool> imported_from(const FactStore& facts, std::string_view root) {
  std::vector<bool> files(facts.files.size());
  std::vector<uint32_t> open;
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    if (below(facts.path(facts.python[m].file), root)) open.push_back(m);
  }
  while (!open.empty()) {
    const PythonModule& module = facts.python[open.back()];
    open.pop_back();
    for (const PyImport& import : module.imports) {
      if (import.project_module == kNone) continue;
      const FileId file = facts.python[import.project_module].file;
      if (files[index_of(file)]) continue;
      files[index_of(file)] = true;
      open.push_back(import.project_module);
    }
  }
  return files;
}

}  // namespace

std::vector<Project> find_projects(const FactStore& facts, const Graph& graph, const std::vector<Use>& uses) {
  return Finder(facts, graph, uses).find();
}

std::vector<bool> files_of_others(const FactStore& facts, const std::vector<Project>& projects,
                                  std::string_view root) {
  const bool known =
      std::any_of(projects.begin(), projects.end(), [&](const Project& p) { return p.root == root; });
  const bool top_is_one = !known || (!projects.empty() && projects.front().root.empty());
  const std::vector<bool> imported = imported_from(facts, root);
  std::vector<bool> out(facts.files.size());
  for (size_t i = 0; i < facts.files.size(); ++i) {
    const FileFact& file = facts.files[i];
    std::string_view owner;
    bool owned = false;
    for (const Project& project : projects) {
      if (project.root.empty() || !below(file.path.view(), project.root)) continue;
      if (!owned || project.root.size() > owner.size()) owner = project.root;
      owned = true;
    }
    if (!known && below(file.path.view(), root) && (!owned || owner.size() < root.size())) {
      owner = root;
      owned = true;
    }
    if (owned) {
      out[i] = owner != root;
    } else {
      out[i] = !root.empty() && top_is_one && is_analysed_code(file.language) && !imported[i];
    }
  }
  return out;
}

}  // namespace mlgrade
