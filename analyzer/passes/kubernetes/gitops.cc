// Argo CD and Flux: objects that apply what a path of the repository holds, by themselves or when a person
// says so.
#include <fmt/format.h>

#include <string>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/kubernetes/workloads.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

// A path of the repository; "?" for one that is not known or lies outside.
std::string repository_folder(std::string_view path) {
  while (path.starts_with("./") || path.starts_with("/")) path.remove_prefix(path[0] == '/' ? 1 : 2);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path == ".") path = "";
  // Of `apps/{{path.basename}}` what stands before the expression, with everything below.
  const size_t open = path.find("{{");
  if (open != path.npos) return std::string(path.substr(0, open)) + "*";
  return join_path("", path);
}

void applies(AutomationFile& out, uint32_t unit, std::string_view path, uint32_t line) {
  const std::string folder = repository_folder(path);
  if (folder == "?") return;
  add_link(out, unit, LinkKind::kApplies, UnitKind::kDeployment, folder.empty() ? "." : folder, line);
}

// What an Application's source names: a path, or a chart of another repository (then nothing of ours).
void add_source(AutomationFile& out, uint32_t unit, const DataNode& source) {
  if (source.find("chart") != nullptr || source.find("path") == nullptr) return;
  applies(out, unit, source.get("path"), source.line_of("path"));
}

void add_sync(AutomationFile& out, uint32_t unit, const DataNode& spec) {
  const DataNode* policy = spec.find("syncPolicy");
  const DataNode* automated = policy == nullptr ? nullptr : policy->find("automated");
  const DataNode* enabled = automated == nullptr ? nullptr : automated->find("enabled");
  const bool on = automated != nullptr && (enabled == nullptr || enabled->as_bool().value_or(true));
  const std::string_view name = out.units[unit].name.view();
  if (on) {
    add_trigger(out, unit, TriggerKind::kEvent, fmt::format("Argo CD syncs {}", name), automated->line);
    return;
  }
  Trigger& trigger = add_trigger(out, unit, TriggerKind::kManual,
                                 fmt::format("Argo CD syncs {} when a person asks", name), spec.line);
  trigger.automatic = Truth::kNo;
  trigger.why_not = "the Application has no automated sync";
}

void add_application(AutomationFile& out, const DataNode& root, const DataNode& spec) {
  const uint32_t unit = add_object(out, UnitKind::kDeployment, root);
  if (const DataNode* source = spec.find("source")) add_source(out, unit, *source);
  if (const DataNode* sources = spec.find("sources")) {
    for (const DataNode& source : sources->items) add_source(out, unit, source);
  }
  add_sync(out, unit, spec);
}

// Folders that a generator lists: `git.directories[].path: apps/*`.
void add_generated(AutomationFile& out, uint32_t unit, const DataNode& node, int depth) {
  if (depth > 6) return;
  if (const DataNode* folders = node.at({"git", "directories"})) {
    for (const DataNode& folder : folders->items) {
      if (!is_on(folder.find("exclude"))) applies(out, unit, folder.get("path"), folder.line);
    }
  }
  for (const DataNode& item : node.items) add_generated(out, unit, item, depth + 1);
  for (const auto& [key, value] : node.entries) {
    if (key == "generators" || key == "matrix" || key == "merge") add_generated(out, unit, value, depth + 1);
  }
}

void add_application_set(AutomationFile& out, const DataNode& root, const DataNode& spec) {
  const uint32_t unit = add_object(out, UnitKind::kDeployment, root);
  const DataNode* inner = spec.at({"template", "spec"});
  if (inner == nullptr) return;
  const DataNode* source = inner->find("source");
  const std::string_view path = source == nullptr ? "" : source->get("path");
  if (path.starts_with("{{")) {
    add_generated(out, unit, spec, 0);
  } else if (source != nullptr) {
    add_source(out, unit, *source);
  }
  add_sync(out, unit, *inner);
}

// Flux acts by itself as long as it is not suspended.
void add_flux(AutomationFile& out, const DataNode& root, const DataNode& spec, std::string_view path,
              uint32_t line) {
  const uint32_t unit = add_object(out, UnitKind::kDeployment, root);
  applies(out, unit, path, line);
  Trigger& trigger = add_trigger(out, unit, TriggerKind::kEvent,
                                 fmt::format("Flux reconciles {}", out.units[unit].name.view()), root.line);
  if (!is_on(spec.find("suspend"))) return;
  trigger.kind = TriggerKind::kManual;
  trigger.automatic = Truth::kNo;
  trigger.detail += " when a person resumes it";
  trigger.why_not = "suspend: true";
  trigger.span = line_span(out.file, spec.line_of("suspend"));
}

}  // namespace

bool add_gitops(AutomationFile& out, const DataNode& root, std::string_view kind, std::string_view group) {
  const DataNode* spec = root.find("spec");
  if (group == "argoproj.io" && kind == "Application") {
    add_application(out, root, *spec);
  } else if (group == "argoproj.io" && kind == "ApplicationSet") {
    add_application_set(out, root, *spec);
  } else if (group == "kustomize.toolkit.fluxcd.io" && kind == "Kustomization") {
    add_flux(out, root, *spec, spec->get("path", "."), spec->line_of("path"));
  } else if (group == "helm.toolkit.fluxcd.io" && kind == "HelmRelease") {
    const DataNode* chart = spec->at({"chart", "spec"});
    const std::string_view path = chart == nullptr ? "" : chart->get("chart");
    if (path.find('/') == path.npos) return false;  // a chart of a registry
    add_flux(out, root, *spec, path, chart->line_of("chart"));
  } else {
    return false;
  }
  return true;
}

}  // namespace mlgrade
