// Manifests: Kubernetes objects as units, and kustomizations as what puts manifests together. A command or a
// GitOps object that applies the file reaches them.
#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/kubernetes/workloads.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool is_yaml(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json");
}

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  const bool ci =
      path.starts_with(".github/") || path.starts_with(".circleci/") || base_name(path).starts_with('.');
  return is_yaml(path) && !ci;
}

bool is_kustomization(std::string_view path) {
  const std::string_view name = base_name(path);
  return name == "kustomization.yaml" || name == "kustomization.yml";
}

// A kustomization: whoever applies its folder applies what it lists.
void add_kustomization(AutomationFile& out, const DataNode& root, std::string_view path) {
  const std::string_view folder = folder_of(path);
  const uint32_t unit = add_unit(out, UnitKind::kDeployment, path, root.line == 0 ? 1 : root.line);
  out.units[unit].title = Name(folder.empty() ? std::string_view(".") : folder);
  for (std::string_view key : {"resources", "bases", "components"}) {
    const DataNode* list = root.find(key);
    if (list == nullptr) continue;
    for (const DataNode& item : list->items) {
      if (!item.is_scalar() || item.text.find("://") != std::string::npos) continue;
      const std::string target = join_path(folder, item.text);
      if (target == "?" || target.find("github.com") != std::string::npos) continue;
      add_link(out, unit, LinkKind::kApplies, UnitKind::kDeployment, target.empty() ? "." : target,
               item.line);
    }
  }
  const DataNode* charts = root.find("helmCharts");
  if (charts == nullptr) return;
  const DataNode* globals = root.find("helmGlobals");
  const std::string home =
      join_path(folder, globals == nullptr ? "charts" : globals->get("chartHome", "charts"));
  for (const DataNode& chart : charts->items) {
    if (chart.find("repo") != nullptr || home == "?") continue;
    add_link(out, unit, LinkKind::kApplies, UnitKind::kDeployment, join_path(home, chart.get("name")),
             chart.line);
  }
}

void run(const SourceFile& file, FileFacts& out) {
  const bool kustomization = is_kustomization(file.path);
  // Most YAML is none of these: look before parsing.
  if (!kustomization && file.text.find("kind") == file.text.npos) return;
  if (!kustomization && file.text.find("apiVersion") == file.text.npos) return;
  const ParsedData data =
      file.path.ends_with(".json") ? parse_json(file.text, file.id) : parse_yaml(file.text, file.id);
  AutomationFile automation = automation_file(file, "kubernetes");
  for (const DataNode& root : data.documents) {
    const DataNode* kind = root.find("kind");
    const bool flux = root.find("spec") != nullptr;  // Flux has a Kustomization, too
    if (kustomization && !flux) {
      add_kustomization(automation, root, file.path);
    } else if (kind != nullptr && kind->is_scalar() && root.find("apiVersion") != nullptr) {
      add_kubernetes_object(automation, root);
    }
  }
  if (!automation.units.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass kubernetes;
const FilePass kubernetes = {"kubernetes", "workloads, cron objects and what applies them", wants, run};

}  // namespace mlgrade::passes
