// Workloads, cron objects and training jobs.
#include "analyzer/passes/kubernetes/workloads.h"

#include <algorithm>
#include <array>
#include <string>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/text.h"

namespace mlgrade {

bool is_on(const DataNode* flag) { return flag != nullptr && flag->as_bool().value_or(false); }

uint32_t add_object(AutomationFile& out, UnitKind kind, const DataNode& root) {
  const DataNode* metadata = root.find("metadata");
  const std::string_view name =
      metadata == nullptr ? "" : metadata->get("name", metadata->get("generateName"));
  const uint32_t unit = add_unit(out, kind, name, root.line);
  out.units[unit].title = Name(std::string(root.get("kind")) + (name.empty() ? "" : " ") + std::string(name));
  out.units[unit].working_directory = Name("?");  // a path in the container
  return unit;
}

// `command` and `args` of a container: the command line, unless the image decides.
void add_container(AutomationFile& out, uint32_t unit, const DataNode& container) {
  const uint32_t line =
      container.find("command") != nullptr ? container.line_of("command") : container.line_of("args");
  std::vector<std::string> words = exec_words(container.find("command"));
  for (std::string& word : exec_words(container.find("args"))) words.push_back(std::move(word));
  add_exec(out, unit, words, line);
  if (out.units[unit].image.empty()) out.units[unit].image = Name(container.get("image"));
}

void add_pod(AutomationFile& out, uint32_t unit, const DataNode* pod) {
  if (pod == nullptr) return;
  for (std::string_view list : {"initContainers", "containers"}) {
    const DataNode* containers = pod->find(list);
    if (containers == nullptr) continue;
    for (const DataNode& container : containers->items) add_container(out, unit, container);
  }
}

void add_cron(AutomationFile& out, uint32_t unit, const DataNode& spec, std::string_view key) {
  if (is_on(spec.find("suspend"))) {
    out.units[unit].manual = true;
    out.units[unit].condition = "suspend: true";
    out.units[unit].condition_span = line_span(out.file, spec.line_of("suspend"));
    return;
  }
  const DataNode* cron = spec.find(key);
  if (cron == nullptr) return;
  for (const std::string& time : cron->strings()) {
    add_trigger(out, unit, TriggerKind::kSchedule, "cron " + time, spec.line_of(key)).once_applied = true;
  }
}

namespace {

// PyTorchJob, TFJob, MPIJob ...: pods under spec.<framework>ReplicaSpecs.<role>.template.
bool add_training_job(AutomationFile& out, const DataNode& root, const DataNode& spec) {
  uint32_t unit = kNone;
  for (const auto& [key, replicas] : spec.entries) {
    if (!key.ends_with("ReplicaSpecs")) continue;
    if (unit == kNone) unit = add_object(out, UnitKind::kStage, root);
    for (const auto& [role, replica] : replicas.entries) add_pod(out, unit, replica.at({"template", "spec"}));
  }
  return unit != kNone;
}

// SparkApplication and ScheduledSparkApplication.
void add_spark(AutomationFile& out, const DataNode& root, const DataNode& spec) {
  const bool scheduled = root.get("kind") == "ScheduledSparkApplication";
  const uint32_t unit = add_object(out, scheduled ? UnitKind::kSchedule : UnitKind::kStage, root);
  const DataNode* application = scheduled ? spec.find("template") : &spec;
  if (scheduled) add_cron(out, unit, spec, "schedule");
  if (application == nullptr) return;
  out.units[unit].image = Name(application->get("image"));
  const std::string_view file = application->get("mainApplicationFile");
  if (file.empty()) return;
  // local:///opt/app/jobs/train.py: the path in the image; its last folders are the repository's.
  const size_t scheme = file.find("://");
  const std::string path(scheme == file.npos ? file : file.substr(scheme + 3));
  add_exec(out, unit, {"spark-submit", path}, application->line_of("mainApplicationFile"));
}

}  // namespace

void add_kubernetes_object(AutomationFile& out, const DataNode& root) {
  constexpr std::array<std::string_view, 8> kWorkloads = {
      "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "Pod", "Rollout", "DeploymentConfig"};
  const std::string_view kind = root.get("kind");
  const std::string_view version = root.get("apiVersion");
  const std::string_view group = version.substr(0, version.find('/'));
  const DataNode* spec = root.find("spec");
  if (kind == "List") {
    if (const DataNode* items = root.find("items")) {
      for (const DataNode& item : items->items) {
        if (item.find("kind") != nullptr && item.get("kind") != "List") add_kubernetes_object(out, item);
      }
    }
    return;
  }
  if (spec == nullptr) return;
  if (std::find(kWorkloads.begin(), kWorkloads.end(), kind) != kWorkloads.end()) {
    const uint32_t unit = add_object(out, UnitKind::kService, root);
    if (kind == "Job" && is_on(spec->find("suspend"))) {
      out.units[unit].manual = true;
      out.units[unit].condition = "suspend: true";
      out.units[unit].condition_span = line_span(out.file, spec->line_of("suspend"));
    }
    add_pod(out, unit, kind == "Pod" ? spec : spec->at({"template", "spec"}));
  } else if (kind == "CronJob") {
    const uint32_t unit = add_object(out, UnitKind::kSchedule, root);
    add_cron(out, unit, *spec, "schedule");
    add_pod(out, unit, spec->at({"jobTemplate", "spec", "template", "spec"}));
  } else if (kind == "RayJob") {
    const uint32_t unit = add_object(out, UnitKind::kStage, root);
    if (const DataNode* entry = spec->find("entrypoint")) add_script_node(out, unit, entry, false);
  } else if (kind == "SparkApplication" || kind == "ScheduledSparkApplication") {
    add_spark(out, root, *spec);
  } else if (kind == "InferenceService") {
    const uint32_t unit = add_object(out, UnitKind::kService, root);
    for (std::string_view part : {"predictor", "transformer", "explainer"}) {
      if (const DataNode* pod = spec->find(part)) add_pod(out, unit, pod);
    }
  } else if (!add_argo(out, root, kind) && !add_gitops(out, root, kind, group)) {
    add_training_job(out, root, *spec);
  }
}

}  // namespace mlgrade
