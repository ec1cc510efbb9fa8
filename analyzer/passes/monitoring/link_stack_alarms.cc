// Alarms and panels of CloudWatch that programs of the CDK and Pulumi describe.
#include <algorithm>
#include <string>

#include "analyzer/facts/test_paths.h"
#include "analyzer/passes/monitoring/link_metrics.h"

namespace mlgrade {
namespace {

const PyValue* argument(const PythonModule& module, const PyCall& call, std::string_view keyword) {
  for (uint32_t a = call.args.begin; a < call.args.end && a < module.args.size(); ++a) {
    if (module.args[a].keyword == keyword) return &module.args[a].value;
  }
  return nullptr;
}

std::string text_of(const PyValue* value) {
  return value != nullptr && value->kind == PyValue::Kind::kString ? value->text.str() : std::string();
}

// The identifier of a construct: Alarm(self, "SlowAnswers", ...), MetricAlarm("slow", ...).
std::string id_of(const PythonModule& module, const PyCall& call, uint32_t position) {
  const uint32_t at = call.args.begin + position;
  return at < call.args.end && module.args[at].keyword.empty() ? text_of(&module.args[at].value)
                                                               : std::string();
}

bool is_cdk(const PyCall& call, std::string_view construct) {
  const std::string_view target = call.target.view();
  return target.starts_with("aws_cdk.") && target.ends_with(construct);
}

// The call that a value is, or that the name in it is bound to in the function or the module's body; kNone if
// it is none.
uint32_t call_behind(const PythonModule& module, uint32_t function, const PyValue& value) {
  if (value.kind == PyValue::Kind::kCall) return value.call;
  if (value.kind != PyValue::Kind::kName) return kNone;
  for (const PyBinding& binding : module.bindings) {
    const bool here = binding.function == function || binding.function == kNone;
    if (here && binding.target == value.text && binding.value.kind == PyValue::Kind::kCall)
      return binding.value.call;
  }
  return kNone;
}

struct Measured {
  std::string space, name;
  bool known() const { return !name.empty(); }
};

// cloudwatch.Metric(namespace="Sizes", metric_name="accuracy")
Measured measured_by(const PythonModule& module, uint32_t function, const PyValue* value) {
  if (value == nullptr) return {};
  const uint32_t c = call_behind(module, function, *value);
  if (c == kNone || !is_cdk(module.calls[c], "aws_cloudwatch.Metric")) return {};
  return {text_of(argument(module, module.calls[c], "namespace")),
          text_of(argument(module, module.calls[c], "metric_name"))};
}

// treat_missing_data=TreatMissingData.BREACHING, "breaching": it rings when there is nothing to measure.
bool rings_for_silence(const PythonModule& module, const PyCall& call) {
  const PyValue* missing = argument(module, call, "treat_missing_data");
  return missing != nullptr && (missing->text.view().ends_with(".BREACHING") || missing->text == "breaching");
}

AlertRule alarm_on(const PythonModule& module, const Measured& measured, std::string name,
                   const PyCall& call) {
  AlertRule rule;
  rule.system = Name("cloudwatch");
  rule.name = Name(name.empty() ? measured.name : name);
  rule.expression = measured.name;
  if (measured.known()) rule.metrics = {Name(measured.name)};
  SeriesRead read;
  if (measured.known() && !measured.space.empty()) read.series = Name(measured.space + "/" + measured.name);
  read.absence = rings_for_silence(module, call);
  rule.query.reads.push_back(std::move(read));
  rule.loaded_why = "made by code";
  rule.span = rule.routed_at = call.span;
  return rule;
}

// alarm.add_alarm_action(...), on the name that the alarm was bound to.
bool acts(const PythonModule& module, uint32_t c) {
  for (const PyBinding& binding : module.bindings) {
    if (binding.value.kind != PyValue::Kind::kCall || binding.value.call != c) continue;
    const std::string wanted = binding.target.str() + ".add_alarm_action";
    return std::any_of(module.calls.begin(), module.calls.end(),
                       [&](const PyCall& call) { return call.callee == wanted; });
  }
  return std::any_of(module.calls.begin(), module.calls.end(), [&](const PyCall& call) {
    return call.method == "add_alarm_action" && call.receiver == c;
  });
}

void add_cdk_alarm(FactStore& facts, uint32_t m, uint32_t c) {
  const PythonModule& module = facts.python[m];
  const PyCall& call = module.calls[c];
  Measured measured;
  if (call.method == "create_alarm") {
    if (call.receiver != kNone) {
      PyValue made;
      made.kind = PyValue::Kind::kCall;
      made.call = call.receiver;
      measured = measured_by(module, call.function, &made);
    } else {
      PyValue name;
      name.kind = PyValue::Kind::kName;
      name.text = Name(call.callee.view().substr(0, call.callee.view().rfind('.')));
      measured = measured_by(module, call.function, &name);
    }
  } else {
    measured = measured_by(module, call.function, argument(module, call, "metric"));
  }
  std::string name = text_of(argument(module, call, "alarm_name"));
  AlertRule rule = alarm_on(module, measured, name.empty() ? id_of(module, call, 1) : name, call);
  if (rule.name.empty()) return;
  rule.routed = acts(module, c) ? Truth::kYes : Truth::kNo;
  if (rule.routed == Truth::kNo) rule.routed_why = "nothing adds an action to it";
  facts.alerts.push_back(std::move(rule));
}

void add_pulumi_alarm(FactStore& facts, uint32_t m, uint32_t c) {
  const PythonModule& module = facts.python[m];
  const PyCall& call = module.calls[c];
  const Measured measured{text_of(argument(module, call, "namespace")),
                          text_of(argument(module, call, "metric_name"))};
  if (!measured.known()) return;
  AlertRule rule = alarm_on(module, measured, id_of(module, call, 0), call);
  const PyValue* actions = argument(module, call, "alarm_actions");
  const bool nobody = actions == nullptr || (actions->kind == PyValue::Kind::kList && actions->count == 0);
  rule.routed = nobody ? Truth::kNo : Truth::kYes;
  if (nobody) rule.routed_why = "it has no alarm_actions";
  facts.alerts.push_back(std::move(rule));
}

// GraphWidget(left=[metric]): what a panel shows.
void add_panels(FactStore& facts, uint32_t m) {
  const PythonModule& module = facts.python[m];
  Dashboard dashboard;
  dashboard.file = module.file;
  for (const PyCall& call : module.calls) {
    if (!is_cdk(call, "Widget") || call.target.view().find("aws_cloudwatch") == std::string_view::npos)
      continue;
    for (std::string_view side : {"left", "right", "metrics"}) {
      const PyValue* shown = argument(module, call, side);
      const IndexRange elements = shown == nullptr ? IndexRange{} : shown->elements();
      for (uint32_t e = elements.begin; e < elements.end; ++e) {
        const Measured measured = measured_by(module, call.function, &module.values[e]);
        if (measured.known())
          dashboard.expressions.emplace_back(measured.space + "/" + measured.name, call.span);
      }
    }
  }
  if (!dashboard.expressions.empty()) facts.dashboards.push_back(std::move(dashboard));
}

}  // namespace

void link_stack_alarms(FactStore& facts) {
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const FileId file = facts.python[m].file;
    if (is_test_path(facts.path(file)) || facts.file(file).sample) continue;
    for (uint32_t c = 0; c < facts.python[m].calls.size(); ++c) {
      const PyCall& call = facts.python[m].calls[c];
      const std::string_view target = call.target.view();
      const bool made_of_metric = call.method == "create_alarm" && target.starts_with("aws_cdk.");
      if (is_cdk(call, "aws_cloudwatch.Alarm") || made_of_metric) add_cdk_alarm(facts, m, c);
      if (target.starts_with("pulumi_aws.cloudwatch") && target.ends_with(".MetricAlarm"))
        add_pulumi_alarm(facts, m, c);
    }
    add_panels(facts, m);
  }
}

}  // namespace mlgrade
