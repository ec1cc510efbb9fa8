// Terraform and OpenTofu: resources as a configuration document, schedules and alarms among them as units and
// alerts, modules as what a root module applies.
#include <algorithm>
#include <array>
#include <map>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/hcl.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return path.ends_with(".tf") || path.ends_with(".tofu");
}

// A schedule by the type of its resource: which argument holds the expression, and which turns it off.
struct ScheduleType {
  std::string_view type, expression, off_key, off_value;
};
constexpr std::array<ScheduleType, 9> kSchedules = {{
    {"aws_scheduler_schedule", "schedule_expression", "state", "DISABLED"},
    {"aws_cloudwatch_event_rule", "schedule_expression", "state", "DISABLED"},
    {"google_cloud_scheduler_job", "schedule", "paused", "true"},
    {"google_vertex_ai_schedule", "cron", "paused", "true"},
    {"google_workflows_workflow", "schedule", "", ""},
    {"azurerm_automation_schedule", "frequency", "", ""},
    {"azurerm_logic_app_trigger_recurrence", "frequency", "", ""},
    {"databricks_job", "schedule", "", ""},
    {"kubernetes_cron_job_v1", "spec", "", ""},
}};

constexpr std::array<std::string_view, 9> kAlarms = {"aws_cloudwatch_metric_alarm",
                                                     "google_monitoring_alert_policy",
                                                     "datadog_monitor",
                                                     "grafana_rule_group",
                                                     "newrelic_nrql_alert_condition",
                                                     "azurerm_monitor_metric_alert",
                                                     "azurerm_monitor_scheduled_query_rules_alert",
                                                     "azurerm_monitor_scheduled_query_rules_alert_v2",
                                                     "azurerm_monitor_activity_log_alert"};

// What waits to be started: creating it runs nothing.
constexpr std::array<std::string_view, 9> kRunnable = {"aws_lambda_function",
                                                       "aws_sfn_state_machine",
                                                       "aws_sagemaker_pipeline",
                                                       "aws_batch_job_definition",
                                                       "aws_ecs_task_definition",
                                                       "google_cloud_run_v2_job",
                                                       "google_cloudfunctions2_function",
                                                       "azurerm_container_app_job",
                                                       "aws_cloudwatch_event_target"};

// Where a resource puts its scalar; nested blocks are looked into.
const DataNode* deep(const DataNode& node, std::string_view key, int depth = 0) {
  if (const DataNode* found = node.find(key)) return found;
  if (depth > 8) return nullptr;
  for (const DataNode& item : node.items) {
    if (const DataNode* found = deep(item, key, depth + 1)) return found;
  }
  for (const auto& [name, entry] : node.entries) {
    if (const DataNode* found = deep(entry, key, depth + 1)) return found;
  }
  return nullptr;
}

class TerraformReader {
 public:
  TerraformReader(const SourceFile& file, FileFacts& out)
      : out_(out), automation_(automation_file(file, "terraform")), folder_(folder_of(file.path)) {}

  void read(const DataNode& root) {
    if (const DataNode* resources = root.find("resource")) {
      for (const auto& [type, named] : resources->entries) {
        for (const auto& [name, body] : named.entries) add_resource(type, name, body, named.line_of(name));
      }
    }
    if (const DataNode* modules = root.find("module")) {
      for (const auto& [name, body] : modules->entries) add_module(name, body, modules->line_of(name));
    }
    link_rules();
    link_builds();
    if (!automation_.units.empty()) out_.automation.push_back(std::move(automation_));
  }

 private:
  void add_resource(const std::string& type, const std::string& name, const DataNode& body, uint32_t line) {
    if (std::find(kAlarms.begin(), kAlarms.end(), type) != kAlarms.end()) add_alarm(type, name, body, line);
    add_log_metric(type, name, body, line);
    const auto schedule = std::find_if(kSchedules.begin(), kSchedules.end(),
                                       [&](const ScheduleType& one) { return one.type == type; });
    const bool is_schedule = schedule != kSchedules.end() && body.find(schedule->expression) != nullptr;
    const bool waits = std::find(kRunnable.begin(), kRunnable.end(), type) != kRunnable.end();
    const UnitKind kind = is_schedule ? UnitKind::kSchedule
                          : waits     ? UnitKind::kTarget
                                      : UnitKind::kDeployment;
    const uint32_t unit = add_unit(automation_, kind, type + "." + name, line);
    automation_.units[unit].working_directory = Name("?");
    if (is_schedule) add_schedule(unit, *schedule, body);
    if (type == "google_cloudbuild_trigger") add_build_trigger(unit, body, line);
    if (type == "aws_codebuild_project") buildspecs_[type + "." + name] = buildspec_of(body);
    if (type == "aws_codebuild_webhook" || type == "aws_codepipeline")
      add_trigger(automation_, unit, TriggerKind::kPush, "push, by " + type, line).once_applied = true;
    add_image(unit, body);
    add_references(unit, body, 0);
  }

  // A push or request that starts the build of a file in the repository.
  void add_build_trigger(uint32_t unit, const DataNode& body, uint32_t line) {
    const DataNode* file = body.find("filename");
    const DataNode* disabled = body.find("disabled");
    if (file == nullptr || !file->is_scalar()) return;
    if (disabled != nullptr && disabled->string_or("") == "true") {
      automation_.units[unit].manual = true;
      automation_.units[unit].condition = "the trigger is turned off: disabled";
      automation_.units[unit].condition_span = line_span(automation_.file, disabled->line);
    }
    add_trigger(automation_, unit, TriggerKind::kPush, "push, by a trigger of Cloud Build", line)
        .once_applied = true;
    add_link(automation_, unit, LinkKind::kRuns, UnitKind::kWorkflow, file->text, file->line);
  }

  // The file that a project of CodeBuild builds by; "" if its text stands in the resource.
  static std::string buildspec_of(const DataNode& body) {
    const DataNode* given = deep(body, "buildspec");
    if (given == nullptr || !given->is_scalar() || given->text.empty()) return "buildspec.yml";
    return given->text.find_first_of("\n$({") == std::string::npos ? given->text : "";
  }

  void add_schedule(uint32_t unit, const ScheduleType& type, const DataNode& body) {
    const DataNode* off = type.off_key.empty() ? nullptr : body.find(type.off_key);
    const DataNode* pause = deep(body, "pause_status");
    const DataNode* enabled = body.find("is_enabled");
    const DataNode* suspend = deep(body, "suspend");
    const DataNode* why = nullptr;
    if (off != nullptr && off->string_or("") == type.off_value) why = off;
    if (pause != nullptr && pause->string_or("") == "PAUSED") why = pause;
    if (enabled != nullptr && enabled->string_or("") == "false") why = enabled;
    if (suspend != nullptr && suspend->string_or("") == "true") why = suspend;
    if (why != nullptr) {
      automation_.units[unit].manual = true;
      automation_.units[unit].condition = "the schedule is turned off: " + why->text;
      automation_.units[unit].condition_span = line_span(automation_.file, why->line);
      return;
    }
    const DataNode* when = body.find(type.expression);
    std::string text(when->string_or(""));
    for (std::string_view key : {"quartz_cron_expression", "schedule", "cron"}) {
      const DataNode* inner = text.empty() ? deep(*when, key) : nullptr;
      if (inner != nullptr) text = inner->string_or("");
    }
    add_trigger(automation_, unit, TriggerKind::kSchedule, "schedule " + text, when->line).once_applied =
        true;
  }

  // The image and the command of a container that a resource describes.
  void add_image(uint32_t unit, const DataNode& body) {
    for (std::string_view key : {"image", "image_uri", "container_image"}) {
      const DataNode* image = deep(body, key);
      if (image == nullptr || !image->is_scalar()) continue;
      automation_.units[unit].image = Name(image->text);
      break;
    }
    const DataNode* command = deep(body, "command");
    const DataNode* args = deep(body, "args");
    std::vector<std::string> words = exec_words(command);
    for (std::string& word : exec_words(args)) words.push_back(std::move(word));
    if (!words.empty()) add_exec(automation_, unit, words, command != nullptr ? command->line : args->line);
  }

  // What a schedule or a target names of what can be started.
  void add_references(uint32_t unit, const DataNode& node, int depth) {
    if (depth > 8) return;
    if (node.is_scalar()) {
      for (std::string_view type : kRunnable) {
        const std::string name = reference(node.text, type);
        if (name.empty() || automation_.units[unit].name == name) continue;
        add_link(automation_, unit, LinkKind::kRuns, UnitKind::kTarget, name, node.line).target_system =
            automation_.system;
      }
      const std::string project = reference(node.text, "aws_codebuild_project");
      if (!project.empty()) builds_.push_back({unit, project, node.line});
      const std::string rule = reference(node.text, "aws_cloudwatch_event_rule");
      if (!rule.empty() && automation_.units[unit].name.view().starts_with("aws_cloudwatch_event_target."))
        rules_.emplace_back(rule, unit);
    }
    for (const DataNode& item : node.items) add_references(unit, item, depth + 1);
    for (const auto& entry : node.entries) add_references(unit, entry.second, depth + 1);
  }

  // "aws_x.name" out of "${aws_x.name.arn}:run"; "" if the type is not named.
  static std::string reference(std::string_view text, std::string_view type) {
    const std::string wanted = std::string(type) + ".";
    const size_t at = text.find(wanted);
    if (at == text.npos) return "";
    size_t end = at + wanted.size();
    const auto is_part = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             c == '-';
    };
    while (end < text.size() && is_part(text[end])) ++end;
    return std::string(text.substr(at, end - at));
  }

  // The target of a rule names the rule; what runs goes the other way.
  void link_rules() {
    for (const auto& [rule, target] : rules_) {
      for (uint32_t u = 0; u < automation_.units.size(); ++u) {
        if (automation_.units[u].name != rule) continue;
        add_link(automation_, u, LinkKind::kRuns, UnitKind::kTarget, automation_.units[target].name.view(),
                 automation_.units[target].span.line)
            .same_file = true;
      }
    }
  }

  void link_builds() {
    for (const Build& build : builds_) {
      const auto path = buildspecs_.find(build.project);
      if (path == buildspecs_.end() || path->second.empty()) continue;
      add_link(automation_, build.unit, LinkKind::kRuns, UnitKind::kWorkflow, path->second, build.line);
    }
  }

  void add_module(const std::string& name, const DataNode& body, uint32_t line) {
    const std::string_view source = body.get("source");
    if (!source.starts_with(".")) return;
    const std::string path = join_path(folder_, source);
    if (path == "?") return;
    const uint32_t unit = add_unit(automation_, UnitKind::kDeployment, "module." + name, line);
    add_link(automation_, unit, LinkKind::kApplies, UnitKind::kDeployment, path.empty() ? "." : path,
             body.line_of("source"))
        .target_system = Name("terraform");
  }

  void add_alarm(const std::string& type, const std::string& name, const DataNode& body, uint32_t line) {
    AlertRule rule;
    rule.system = Name(std::string_view(type).substr(0, type.find('_')));
    rule.name = Name(name);
    rule.span = line_span(automation_.file, line);
    for (std::string_view key :
         {"metric_name", "comparison_operator", "threshold", "query", "filter", "condition_threshold"}) {
      const DataNode* value = deep(body, key);
      if (value == nullptr || !value->is_scalar()) continue;
      rule.expression += (rule.expression.empty() ? "" : " ") + value->text;
      if (key == "metric_name") rule.metrics.emplace_back(value->text);
      const std::string series = series_in(key, value->text, body);
      if (!series.empty()) add_read(series, rings_for_silence(body), rule);
    }
    if (rule.query.reads.empty()) rule.query.reads.emplace_back();  // reads something that is not known
    for (std::string_view key :
         {"alarm_actions", "notification_channels", "action", "action_group_id", "message"}) {
      const DataNode* value = deep(body, key);
      if (value == nullptr) continue;
      if (key == "message" && (rule.system != "datadog" || value->text.find('@') == std::string::npos))
        continue;
      rule.routed = value->is_sequence() && value->items.empty() ? Truth::kNo : Truth::kYes;
      if (rule.routed == Truth::kNo) rule.routed_why = "its list of actions is empty";
      rule.routed_at = line_span(automation_.file, value->line);
    }
    out_.alerts.push_back(std::move(rule));
  }

  // Rings when there is nothing to measure.
  static bool rings_for_silence(const DataNode& body) {
    const DataNode* missing = deep(body, "treat_missing_data");
    const DataNode* no_data = deep(body, "notify_no_data");
    return (missing != nullptr && missing->string_or("") == "breaching") ||
           (no_data != nullptr && no_data->string_or("") == "true") ||
           deep(body, "condition_absent") != nullptr;
  }

  static void add_read(const std::string& series, bool absence, AlertRule& rule) {
    SeriesRead read;
    read.absence = absence;
    read.series = Name(series);
    rule.query.reads.push_back(std::move(read));
    if (rule.metrics.empty()) rule.metrics.emplace_back(series);
  }

  // The series that an argument names, with its namespace: "AWS/SageMaker/ModelLatency".
  static std::string series_in(std::string_view key, const std::string& text, const DataNode& body) {
    if (key == "metric_name") {
      for (std::string_view space : {"namespace", "metric_namespace"}) {
        const DataNode* value = deep(body, space);
        if (value != nullptr) return std::string(value->string_or("")) + "/" + text;
      }
    } else if (key == "filter") {  // metric.type="run.googleapis.com/request_count"
      const size_t at = text.find("metric.type");
      const size_t open = at == text.npos ? at : text.find_first_of("\"'", at);
      const size_t close = open == text.npos ? open : text.find_first_of("\"'\\", open + 1);
      if (close != text.npos) return text.substr(open + 1, close - open - 1);
    } else if (key == "query") {  // avg(last_5m):avg:model.latency{env:prod} > 1
      const size_t brace = text.find('{');
      const size_t colon = brace == text.npos ? brace : text.rfind(':', brace);
      if (colon != text.npos && colon + 1 < brace) return text.substr(colon + 1, brace - colon - 1);
    }
    return "";
  }

  // A count of lines of a log, under a name of its own.
  void add_log_metric(const std::string& type, const std::string& name, const DataNode& body, uint32_t line) {
    const DataNode* made = body.find("metric_transformation");
    std::string series;
    if (type == "aws_cloudwatch_log_metric_filter" && made != nullptr) {
      const DataNode* space = deep(*made, "namespace");
      const DataNode* called = deep(*made, "name");
      if (space != nullptr && called != nullptr) series = space->text + "/" + called->text;
    } else if (type == "google_logging_metric") {
      series = "logging.googleapis.com/user/" + std::string(body.get("name"));
    }
    if (series.empty()) return;
    MetricDefinition metric;
    metric.name = Name(name);
    metric.system = Name(std::string_view(type).substr(0, type.find('_')));
    metric.series = {Name(series)};
    metric.own_value = metric.foreign = true;
    metric.labels_known = false;
    metric.span = line_span(automation_.file, line);
    out_.metrics.push_back(std::move(metric));
  }

  FileFacts& out_;
  AutomationFile automation_;
  std::string_view folder_;
  std::vector<std::pair<std::string, uint32_t>> rules_;
  struct Build {
    uint32_t unit;
    std::string project;
    uint32_t line;
  };
  std::vector<Build> builds_;  // what starts a project of CodeBuild
  std::map<std::string, std::string> buildspecs_;
};

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_hcl(file.text, file.id);  // config_keys tells its problems
  if (!data.documents.empty()) TerraformReader(file, out).read(data.root());
}

}  // namespace

extern const FilePass terraform;
const FilePass terraform = {"terraform", "resources of Terraform and OpenTofu", wants, run};

}  // namespace mlgrade::passes
