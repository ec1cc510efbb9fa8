// Databricks bundles: jobs with their tasks and schedules. `databricks bundle deploy` applies them.
#include <fmt/format.h>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return path.ends_with(".yml") || path.ends_with(".yaml");
}

std::string task_path(std::string_view folder, std::string_view path) {
  if (path.starts_with("/") || path.starts_with("dbfs:") || path.find("${") != path.npos) {
    // ${workspace.file_path}/src/train.py: what follows is a path of the bundle.
    const size_t end = path.find("}/");
    return end == path.npos ? std::string() : std::string(path.substr(end + 2));
  }
  const std::string joined = join_path(folder, path);
  return joined == "?" ? std::string() : joined;
}

class BundleReader {
 public:
  explicit BundleReader(const SourceFile& file)
      : out_(automation_file(file, "databricks")), folder_(folder_of(file.path)) {}

  AutomationFile read(const DataNode& jobs) {
    for (const auto& [key, job] : jobs.entries) add_job(key, job, jobs.line_of(key));
    return std::move(out_);
  }

 private:
  void add_job(const std::string& key, const DataNode& job, uint32_t line) {
    const uint32_t flow = add_unit(out_, UnitKind::kStage, key, line);
    out_.units[flow].title = Name("job " + key);
    out_.units[flow].working_directory = Name("?");
    if (const DataNode* tasks = job.find("tasks")) {
      for (const DataNode& task : tasks->items) add_task(flow, task);
      for (const DataNode& task : tasks->items) add_order(flow, task);
    }
    const uint32_t unit = add_unit(out_, UnitKind::kDeployment, key, line);
    add_link(out_, unit, LinkKind::kRuns, UnitKind::kStage, key, line).same_file = true;
    add_start(unit, job, line);
  }

  void add_task(uint32_t flow, const DataNode& task) {
    const std::string name = fmt::format("{}.{}", out_.units[flow].name.view(), task.get("task_key"));
    const uint32_t unit = add_unit(out_, UnitKind::kStage, name, task.line, flow);
    out_.units[unit].title = Name(task.get("task_key"));
    out_.units[unit].working_directory = Name("?");
    if (const DataNode* python = task.find("spark_python_task"))
      run_file(unit, python->get("python_file"), python->line_of("python_file"));
    if (const DataNode* notebook = task.find("notebook_task"))
      run_file(unit, notebook->get("notebook_path"), notebook->line_of("notebook_path"));
    if (const DataNode* wheel = task.find("python_wheel_task")) {
      const std::string entry(wheel->get("entry_point"));
      if (!entry.empty()) add_exec(out_, unit, {entry}, wheel->line_of("entry_point"));
    }
    if (const DataNode* dbt = task.find("dbt_task")) {
      if (const DataNode* commands = dbt->find("commands")) add_script_node(out_, unit, commands, true);
    }
    if (const DataNode* other = task.find("run_job_task")) {
      const std::string_view id = other->get("job_id");  // ${resources.jobs.train.id}
      const size_t begin = id.find("jobs.");
      if (begin != id.npos) {
        const std::string_view rest = id.substr(begin + 5);
        add_link(out_, unit, LinkKind::kRuns, UnitKind::kStage, rest.substr(0, rest.find('.')), other->line)
            .target_system = out_.system;
      }
    }
    // run_if of a task that goes on in any case: see add_order.
  }

  void run_file(uint32_t unit, std::string_view path, uint32_t line) {
    std::string file = task_path(folder_, path);
    if (file.empty()) return;
    if (base_name(file).find('.') == std::string_view::npos) file += ".py";  // a notebook in source form
    add_exec(out_, unit, {"python", file}, line);
  }

  void add_order(uint32_t flow, const DataNode& task) {
    const DataNode* before = task.find("depends_on");
    if (before == nullptr) return;
    const std::string prefix = out_.units[flow].name.str() + ".";
    const std::string own = prefix + std::string(task.get("task_key"));
    uint32_t unit = kNone;
    for (uint32_t u = 0; u < out_.units.size(); ++u) {
      if (out_.units[u].parent == flow && out_.units[u].name == own) unit = u;
    }
    const std::string_view rule = task.get("run_if", "ALL_SUCCESS");
    const bool heeds = rule == "ALL_SUCCESS" || rule == "NONE_FAILED";
    for (const DataNode& item : before->items) {
      if (unit == kNone) return;
      add_link(out_, unit, heeds ? LinkKind::kNeeds : LinkKind::kHappensAfter, UnitKind::kStage,
               prefix + std::string(item.get("task_key")), item.line)
          .same_file = true;
    }
  }

  void add_start(uint32_t unit, const DataNode& job, uint32_t line) {
    for (std::string_view key : {"schedule", "trigger", "continuous"}) {
      const DataNode* found = job.find(key);
      if (found == nullptr) continue;
      if (found->get("pause_status") == "PAUSED") {
        turn_off(unit, fmt::format("{}: pause_status: PAUSED", key), found->line_of("pause_status"));
        return;
      }
      const std::string_view cron = found->get("quartz_cron_expression");
      Trigger& trigger =
          add_trigger(out_, unit, TriggerKind::kSchedule,
                      cron.empty() ? std::string(key) : fmt::format("cron {}", cron), job.line_of(key));
      trigger.once_applied = true;
      if (found->get("pause_status").starts_with("${")) trigger.automatic = Truth::kUnknown;
      return;
    }
    turn_off(unit, "the job has no schedule", line);
  }

  void turn_off(uint32_t unit, std::string why, uint32_t line) {
    out_.units[unit].manual = true;
    out_.units[unit].condition = std::move(why);
    out_.units[unit].condition_span = line_span(out_.file, line);
  }

  AutomationFile out_;
  std::string_view folder_;
};

void run(const SourceFile& file, FileFacts& out) {
  if (file.text.find("resources:") == file.text.npos || file.text.find("jobs:") == file.text.npos) return;
  const ParsedData data = parse_yaml(file.text, file.id);
  const DataNode* jobs = data.root().at({"resources", "jobs"});
  if (jobs == nullptr || !jobs->is_mapping()) return;
  AutomationFile automation = BundleReader(file).read(*jobs);
  if (!automation.units.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass databricks_bundle;
const FilePass databricks_bundle = {"databricks_bundle", "jobs of Databricks bundles", wants, run};

}  // namespace mlgrade::passes
