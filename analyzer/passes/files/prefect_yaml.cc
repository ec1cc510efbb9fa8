// prefect.yaml: deployments of flows with their schedules. The file declares what Prefect runs, as a folder
// of DAGs does for Airflow, so an active schedule counts as one.
#include <algorithm>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view name = base_name(file.path.view());
  return name == "prefect.yaml" || name == "prefect.yml" || name.ends_with("-deployment.yaml");
}

// The schedules of a deployment: a list, or one.
std::vector<const DataNode*> schedules_of(const DataNode& deployment) {
  std::vector<const DataNode*> found;
  if (const DataNode* list = deployment.find("schedules")) {
    for (const DataNode& item : list->items) found.push_back(&item);
  }
  const DataNode* one = deployment.find("schedule");
  if (one != nullptr && one->is_mapping() && !one->entries.empty()) found.push_back(one);
  return found;
}

bool is_off(const DataNode& schedule) {
  const DataNode* active = schedule.find("active");
  return active != nullptr && !active->as_bool().value_or(true);
}

bool is_on(const DataNode* flag) { return flag != nullptr && flag->as_bool().value_or(false); }

void add_schedule(AutomationFile& out, uint32_t unit, const DataNode& deployment) {
  const std::vector<const DataNode*> schedules = schedules_of(deployment);
  const DataNode* active_flag = deployment.find("is_schedule_active");
  const bool off = is_on(deployment.find("paused")) ||
                   (active_flag != nullptr && !active_flag->as_bool().value_or(true)) ||
                   (!schedules.empty() && std::all_of(schedules.begin(), schedules.end(),
                                                      [](const DataNode* one) { return is_off(*one); }));
  if (schedules.empty() || off) {
    out.units[unit].manual = true;
    out.units[unit].condition = off ? "its schedule is not active" : "it has no schedule";
    out.units[unit].condition_span =
        line_span(out.file, schedules.empty() ? deployment.line : schedules.front()->line);
    Trigger& by_hand = add_trigger(out, unit, TriggerKind::kManual, "prefect deployment run",
                                   schedules.empty() ? deployment.line : schedules.front()->line);
    by_hand.automatic = Truth::kNo;
    by_hand.why_not = out.units[unit].condition;
    return;
  }
  const auto active =
      std::find_if(schedules.begin(), schedules.end(), [](const DataNode* one) { return !is_off(*one); });
  const std::string cron((*active)->get("cron"));
  add_trigger(out, unit, TriggerKind::kSchedule, cron.empty() ? "a schedule" : "cron " + cron,
              (*active)->line);
}

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = automation_file(file, "prefect");
  automation.analysable = !data.documents.empty();
  const DataNode& root = data.root();
  std::vector<const DataNode*> deployments;
  if (const DataNode* list = root.find("deployments")) {
    for (const DataNode& item : list->items) deployments.push_back(&item);
  } else if (root.find("entrypoint") != nullptr && root.find("flow_name") != nullptr) {
    deployments.push_back(&root);  // Prefect 2: <flow>-deployment.yaml
  }
  for (const DataNode* deployment : deployments) {
    const std::string_view entry = deployment->get("entrypoint");
    const uint32_t unit =
        add_unit(automation, UnitKind::kDeployment, deployment->get("name", entry), deployment->line);
    const size_t colon = entry.rfind(':');
    if (colon != entry.npos) {
      const std::string path = join_path(folder_of(file.path), entry.substr(0, colon));
      add_link(automation, unit, LinkKind::kRuns, UnitKind::kStage, path + std::string(entry.substr(colon)),
               deployment->line_of("entrypoint"))
          .target_system = Name("prefect");
    }
    add_schedule(automation, unit, *deployment);
  }
  if (!automation.units.empty() || !automation.analysable) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass prefect_yaml;
const FilePass prefect_yaml = {"prefect_yaml", "deployments of prefect.yaml", wants, run};

}  // namespace mlgrade::passes
