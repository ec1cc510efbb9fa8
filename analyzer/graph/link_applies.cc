// What is applied when a path is: manifests, kustomizations, charts, Terraform modules; and which image of
// the repository a workload runs.
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
    const auto known = b_.automation_by_file.find(index_of(id));
    if (known != b_.automation_by_file.end()) {
      for (uint32_t f : known->second) {
        const AutomationFile& automation = b_.facts.automation[f];
        for (uint32_t u = 0; u < automation.units.size(); ++u) {
          if (is_applied(automation.units[u])) to(b_.graph.unit_nodes[f][u]);
        }
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

std::string image_name(std::string_view image) {
  const size_t digest = image.find('@');
  if (digest != image.npos) image = image.substr(0, digest);
  const size_t slash = image.rfind('/');
  if (slash != image.npos) image = image.substr(slash + 1);
  const size_t tag = image.find(':');
  // ${IMAGE:-x} and the like are not known; a tag that is not known does not matter.
  const std::string_view name = image.substr(0, tag);
  return name.find_first_of("${<") == name.npos ? std::string(name) : std::string();
}

namespace {

// An image by the folder or the ending of its Dockerfile: services/api/Dockerfile, Dockerfile.api.
void name_by_folder(GraphBuilder& b, std::unordered_map<std::string, std::vector<NodeId>>& guessed) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.units.empty() || file.units[0].kind != UnitKind::kImage) continue;
    std::string_view path = file.units[0].name.view();
    const size_t slash = path.rfind('/');
    const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
    const NodeId node = b.graph.unit_nodes[f][0];
    if (name.starts_with("Dockerfile.")) guessed[std::string(name.substr(11))].push_back(node);
    if (name.ends_with(".Dockerfile")) guessed[std::string(name.substr(0, name.size() - 11))].push_back(node);
    if (slash == path.npos) continue;
    path = path.substr(0, slash);
    guessed[std::string(path.substr(path.rfind('/') + 1))].push_back(node);
  }
}

// Compose services and build actions say what an image is called.
void name_by_builds(GraphBuilder& b) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    for (const UnitLink& link : file.links) {
      if (link.target_kind != UnitKind::kImage || link.unit == kNone) continue;
      const std::string name = image_name(file.units[link.unit].image.view());
      if (name.empty()) continue;
      for (NodeId image : find_units(b, UnitKind::kImage, link.target.view()))
        b.images_by_name[name].push_back(image);
    }
    for (const ActionUse& use : file.actions) {
      if (use.action != "docker/build-push-action") continue;
      std::string context, path, tags;
      for (const auto& [key, value] : use.with) {
        if (key == "context") context = repository_path(value, "");
        if (key == "file") path = repository_path(value, "");
        if (key == "tags") tags = value.text;
      }
      if (path.empty()) path = context.empty() ? "Dockerfile" : context + "/Dockerfile";
      for (size_t at = 0; at < tags.size();) {
        const size_t end = std::min(tags.find_first_of(",\n", at), tags.size());
        const std::string name = image_name(std::string_view(tags).substr(at, end - at));
        for (NodeId image : find_units(b, UnitKind::kImage, path)) {
          if (!name.empty()) b.images_by_name[name].push_back(image);
        }
        at = end + 1;
      }
    }
  }
}

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

void link_images(GraphBuilder& b) {
  name_by_builds(b);
  std::unordered_map<std::string, std::vector<NodeId>> guessed;
  name_by_folder(b, guessed);
  const auto link = [&](Edge edge, const std::string& name) {
    if (name.empty()) return;
    const auto known = b.images_by_name.find(name);
    const bool sure = known != b.images_by_name.end();
    const auto guess = guessed.find(name);
    if (!sure && guess == guessed.end()) return;
    edge.certain = sure ? Truth::kYes : Truth::kUnknown;
    for (NodeId image : sure ? known->second : guess->second) {
      edge.to = image;
      b.add_edge(edge, {"runs the image " + name, "", {}});
    }
  };
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.system == "docker" || (file.file != FileId::kNone && b.facts.file(file.file).sample)) continue;
    std::vector<bool> commanded(file.units.size(), false);  // what it runs is said, and not by its image
    for (const Command& command : file.commands) {
      if (command.unit != kNone) commanded[command.unit] = true;
    }
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const Unit& unit = file.units[u];
      const bool runs = unit.kind == UnitKind::kService || unit.kind == UnitKind::kSchedule ||
                        unit.kind == UnitKind::kStage;
      if (!runs || commanded[u] || unit.image.empty()) continue;
      link({.from = b.graph.unit_nodes[f][u], .span = unit.span, .kind = EdgeKind::kRuns},
           image_name(unit.image.view()));
    }
  }
  for (size_t i = 0; i < b.image_runs.size(); ++i) link(b.image_runs[i], b.image_run_names[i]);
}

}  // namespace mlgrade
