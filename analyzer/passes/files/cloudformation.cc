// CloudFormation, SAM and the Serverless Framework: functions, and the schedules that run them.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  return path.ends_with(".yml") || path.ends_with(".yaml") || path.ends_with(".template") ||
         path.ends_with(".json");
}

bool is_off(const DataNode* flag) { return flag != nullptr && !flag->as_bool().value_or(true); }

class StackReader {
 public:
  StackReader(const SourceFile& file, std::string_view system)
      : out_(automation_file(file, system)), folder_(folder_of(file.path)) {}

  AutomationFile read_resources(const DataNode& resources) {
    for (const auto& [name, resource] : resources.entries) {
      const std::string_view type = resource.get("Type");
      const DataNode* properties = resource.find("Properties");
      if (properties == nullptr) continue;
      const uint32_t line = resources.line_of(name);
      if (type == "AWS::Serverless::Function") {
        add_function(name, *properties, line);
      } else if (type == "AWS::Events::Rule" || type == "AWS::Scheduler::Schedule") {
        add_rule(name, *properties, line);
      } else if (type == "AWS::SageMaker::Pipeline" || type == "AWS::StepFunctions::StateMachine" ||
                 type == "AWS::Lambda::Function") {
        add(UnitKind::kTarget, name, line);  // waits to be started
      }
    }
    return std::move(out_);
  }

  // serverless.yml
  AutomationFile read_functions(const DataNode& functions) {
    for (const auto& [name, function] : functions.entries) {
      const uint32_t unit = add(UnitKind::kDeployment, name, functions.line_of(name));
      run_handler(unit, function.get("handler"), "", function.line_of("handler"));
      const DataNode* events = function.find("events");
      if (events == nullptr) continue;
      for (const DataNode& event : events->items) {
        if (const DataNode* schedule = event.find("schedule"))
          start(unit, *schedule, schedule->is_scalar() ? schedule->text : schedule->get("rate"),
                schedule->find("enabled"));
      }
    }
    return std::move(out_);
  }

 private:
  uint32_t add(UnitKind kind, std::string_view name, uint32_t line) {
    const uint32_t unit = add_unit(out_, kind, name, line);
    out_.units[unit].working_directory = Name("?");
    return unit;
  }

  // "app.lambda_handler" below the folder of the code: a function of a module.
  void run_handler(uint32_t unit, std::string_view handler, std::string_view code, uint32_t line) {
    const size_t dot = handler.rfind('.');
    if (dot == handler.npos) return;
    std::string module(handler.substr(0, dot));
    const std::string base = join_path(folder_, code.empty() ? "." : code);
    if (base == "?") return;
    std::replace(module.begin(), module.end(), '.', '/');
    const std::string path = (base.empty() ? "" : base + "/") + module + ".py";
    add_exec(out_, unit, {fmt::format("{}:{}", path, handler.substr(dot + 1))}, line);
  }

  void add_function(const std::string& name, const DataNode& properties, uint32_t line) {
    const uint32_t unit = add(UnitKind::kDeployment, name, line);
    run_handler(unit, properties.get("Handler"), properties.get("CodeUri"), properties.line_of("Handler"));
    const DataNode* events = properties.find("Events");
    if (events == nullptr) return;
    for (const auto& [key, event] : events->entries) {
      const std::string_view type = event.get("Type");
      const DataNode* inner = event.find("Properties");
      if (inner == nullptr || (type != "Schedule" && type != "ScheduleV2")) continue;
      const bool off = inner->get("State") == "DISABLED" || is_off(inner->find("Enabled"));
      DataNode flag;
      flag.kind = DataNode::Kind::kScalar;
      flag.text = off ? "false" : "true";
      start(unit, *inner, inner->get("Schedule", inner->get("ScheduleExpression")), &flag);
    }
  }

  // A function runs when something calls it, too: only its schedule is turned off.
  void start(uint32_t unit, const DataNode& at, std::string_view when, const DataNode* enabled) {
    Trigger& trigger =
        add_trigger(out_, unit, TriggerKind::kSchedule, fmt::format("schedule {}", when), at.line);
    trigger.once_applied = true;
    if (!is_off(enabled)) return;
    trigger.automatic = Truth::kNo;
    trigger.why_not = "the schedule is not enabled";
    out_.units[unit].manual = true;
    out_.units[unit].condition = "its schedule is not enabled";
    out_.units[unit].condition_span = trigger.span;
  }

  void add_rule(const std::string& name, const DataNode& properties, uint32_t line) {
    const DataNode* expression = properties.find("ScheduleExpression");
    if (expression == nullptr) return;
    const uint32_t unit = add(UnitKind::kSchedule, name, line);
    const std::string_view state = properties.get("State", "ENABLED");
    add_targets(unit, properties, 0);
    if (state == "DISABLED") {
      out_.units[unit].manual = true;
      out_.units[unit].condition = "State: DISABLED";
      out_.units[unit].condition_span = line_span(out_.file, properties.line_of("State"));
      return;
    }
    Trigger& trigger = add_trigger(out_, unit, TriggerKind::kSchedule,
                                   fmt::format("schedule {}", expression->string_or("")), expression->line);
    trigger.once_applied = true;
    if (state != "ENABLED") trigger.automatic = Truth::kUnknown;
  }

  // Resources of the same file that the targets name: !Ref, !GetAtt Name.Arn, ${Name.Arn}.
  void add_targets(uint32_t unit, const DataNode& node, int depth) {
    if (depth > 8) return;
    if (node.is_scalar()) {
      std::string_view text = node.text;
      const size_t open = text.find("${");
      if (open != text.npos) text = text.substr(open + 2, text.find('}', open) - open - 2);
      text = text.substr(0, text.find('.'));
      if (text.empty() || text.find_first_of(" /:") != text.npos) return;
      for (UnitKind kind : {UnitKind::kDeployment, UnitKind::kTarget})
        add_link(out_, unit, LinkKind::kRuns, kind, text, node.line).same_file = true;
      return;
    }
    for (const DataNode& item : node.items) add_targets(unit, item, depth + 1);
    for (const auto& entry : node.entries) add_targets(unit, entry.second, depth + 1);
  }

  AutomationFile out_;
  std::string_view folder_;
};

void run(const SourceFile& file, FileFacts& out) {
  const std::string_view name = base_name(file.path);
  const bool serverless = name == "serverless.yml" || name == "serverless.yaml";
  if (!serverless && file.text.find("AWS::") == file.text.npos) return;
  const ParsedData data =
      file.path.ends_with(".json") ? parse_json(file.text, file.id) : parse_yaml(file.text, file.id);
  const DataNode* body = data.root().find(serverless ? "functions" : "Resources");
  if (body == nullptr || !body->is_mapping()) return;
  StackReader reader(file, serverless ? "serverless" : "cloudformation");
  AutomationFile automation = serverless ? reader.read_functions(*body) : reader.read_resources(*body);
  if (!automation.units.empty()) out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass cloudformation;
const FilePass cloudformation = {"cloudformation", "functions and schedules of AWS stacks", wants, run};

}  // namespace mlgrade::passes
