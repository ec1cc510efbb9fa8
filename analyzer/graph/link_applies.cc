// What is applied when a path is: manifests, kustomizations, charts, Terraform modules.
#include <algorithm>

#include "analyzer/graph/command_linking.h"

namespace mlgrade {
namespace {

bool is_applied(const Unit& unit) {
  return unit.parent == kNone && (unit.kind == UnitKind::kService || unit.kind == UnitKind::kStage ||
                                  unit.kind == UnitKind::kSchedule || unit.kind == UnitKind::kDeployment);
}

class Applier {
 public:
  Applier(GraphBuilder& b, const Edge& way, const EdgeNote& note) : b_(b), way_(way), note_(note) {}

  void file(FileId id) {
    for (uint32_t f : b_.units.files_at(b_.facts.path(id))) {
      const AutomationFile& automation = b_.facts.automation[f];
      for (uint32_t u = 0; u < automation.units.size(); ++u) {
        if (is_applied(automation.units[u])) to(b_.graph.unit_nodes[f][u]);
      }
    }
    to(file_node(b_, id));
    any_ = true;
  }

  // Files whose path begins with `prefix` and pleases `wants`, which sees what follows.
  template <typename Wants>
  void below(std::string_view prefix, Wants wants) {
    const std::vector<FileFact>& files = b_.facts.files;
    auto at =
        std::lower_bound(files.begin(), files.end(), prefix,
                         [](const FileFact& file, std::string_view path) { return file.path.view() < path; });
    for (; at != files.end() && at->path.view().starts_with(prefix); ++at) {
      if (!at->sample && wants(*at, at->path.view().substr(prefix.size()))) file(at->id);
    }
  }

  bool any() const { return any_; }

 private:
  void to(NodeId node) {
    Edge edge = way_;
    edge.to = node;
    edge.kind = EdgeKind::kRuns;
    b_.add_edge(edge, note_);
  }

  GraphBuilder& b_;
  const Edge& way_;
  const EdgeNote& note_;
  bool any_ = false;
};

bool is_manifest(const FileFact& file) {
  if (file.language != Language::kYaml && file.language != Language::kJson) return false;
  const std::string_view path = file.path.view();
  return !path.ends_with("kustomization.yaml") && !path.ends_with("kustomization.yml");
}

}  // namespace

bool apply_path(GraphBuilder& b, const Edge& way, const EdgeNote& note, std::string_view path,
                ApplyMode mode) {
  Applier applier(b, way, note);
  if (path == ".") path = "";
  if (const FileFact* file = b.facts.find_file(path); file != nullptr && !path.empty()) {
    applier.file(file->id);
    return true;
  }
  if (path.ends_with('*')) {
    applier.below(path.substr(0, path.size() - 1),
                  [](const FileFact& file, std::string_view) { return is_manifest(file); });
    return applier.any();
  }
  const std::string prefix = path.empty() ? "" : std::string(path) + "/";
  if (mode == ApplyMode::kTerraform) {
    applier.below(prefix, [](const FileFact& file, std::string_view rest) {
      return rest.find('/') == rest.npos && file.language == Language::kHcl;
    });
    return applier.any();
  }
  if (mode == ApplyMode::kAsFound) {
    for (const char* name : {"kustomization.yaml", "kustomization.yml"}) {
      if (const FileFact* file = b.facts.find_file(prefix + name)) {
        applier.file(file->id);
        return true;
      }
    }
    if (const FileFact* chart = b.facts.find_file(prefix + "Chart.yaml")) {
      applier.file(chart->id);
      applier.below(prefix, [](const FileFact& file, std::string_view rest) {
        return is_manifest(file) && (rest.find("templates/") != rest.npos || rest == "values.yaml");
      });
      return true;
    }
  }
  applier.below(prefix, [&](const FileFact& file, std::string_view rest) {
    return is_manifest(file) && (mode == ApplyMode::kManifests || rest.find('/') == rest.npos);
  });
  return applier.any();
}

namespace {

bool puts_live(std::string_view action) {
  for (std::string_view word : {"deploy", "apply", "kubectl", "helm", "Helm", "upgrade", "terraform"}) {
    if (action.find(word) != action.npos) return true;
  }
  return false;
}

}  // namespace

// `with: {manifests: k8s/}` of an action that deploys.
void link_actions(GraphBuilder& b) {
  constexpr std::string_view kInputs[] = {"manifests",  "manifest", "chart", "chart_path",
                                          "chart-path", "template", "path",  "working_directory"};
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.file != FileId::kNone && b.facts.file(file.file).sample) continue;
    for (const ActionUse& use : file.actions) {
      if (use.unit == kNone || !puts_live(use.action.view())) continue;
      const bool terraform = use.action.view().find("terraform") != std::string_view::npos;
      for (const auto& [key, value] : use.with) {
        if (key == "image" || key == "images" || key == "imageToDeploy") {
          b.image_runs.push_back(
              {{.from = b.graph.unit_nodes[f][use.unit], .span = use.span}, image_key(b, file, value.text)});
        }
        if (std::find(std::begin(kInputs), std::end(kInputs), key) == std::end(kInputs)) continue;
        for (size_t at = 0; at < value.text.size();) {
          const size_t end = std::min(value.text.find_first_of(" ,\n", at), value.text.size());
          const std::string path = repository_path({value.text.substr(at, end - at), true}, "");
          at = end + 1;
          if (path.empty()) continue;
          const Edge way{.from = b.graph.unit_nodes[f][use.unit], .span = use.span};
          apply_path(b, way, {}, path, terraform ? ApplyMode::kTerraform : ApplyMode::kAsFound);
        }
      }
    }
  }
}

}  // namespace mlgrade
