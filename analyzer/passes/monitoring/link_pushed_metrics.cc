// Metrics that a call names and sends, and alarms that Python code sets up.
#include <algorithm>
#include <array>
#include <string>

#include "analyzer/facts/test_paths.h"
#include "analyzer/passes/monitoring/link_metrics.h"

namespace mlgrade {
namespace {

bool is_sender(const PyCall& call) {
  constexpr std::array<std::string_view, 10> kMethods = {"gauge",     "incr",        "decr",   "increment",
                                                         "decrement", "histogram",   "timing", "timer",
                                                         "set",       "distribution"};
  const std::string_view target = call.target.view();
  const bool ours = target.starts_with("statsd.") || target.starts_with("datadog.");
  return ours && std::find(kMethods.begin(), kMethods.end(), call.method.view()) != kMethods.end();
}

const PyValue* argument(const PythonModule& module, const PyCall& call, std::string_view keyword) {
  for (uint32_t a = call.args.begin; a < call.args.end && a < module.args.size(); ++a) {
    if (module.args[a].keyword == keyword) return &module.args[a].value;
  }
  return nullptr;
}

std::string_view text_of(const PyValue* value) {
  return value != nullptr && value->kind == PyValue::Kind::kString ? value->text.view() : std::string_view();
}

// The entry of a dict that stands in the code.
const PyValue* entry(const PythonModule& module, const PyValue& dict, std::string_view key) {
  if (dict.kind != PyValue::Kind::kDict) return nullptr;
  const IndexRange elements = dict.elements();
  for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {
    if (module.values[i].text == key) return &module.values[i + 1];
  }
  return nullptr;
}

MetricDefinition pushed(std::string_view system, std::string_view name, uint32_t m, uint32_t c,
                        const PyCall& call) {
  MetricDefinition out;
  out.name = Name(name);
  out.system = Name(system);
  out.kind = Name("gauge");
  out.known = !name.empty();
  out.labels_known = false;
  out.own_value = true;
  out.function = {m, call.function};
  out.set_in = {out.function};
  out.set_at = {call.span};
  out.set_calls = {c};
  out.span = call.span;
  return out;
}

void add_statsd(FactStore& facts, uint32_t m, uint32_t c) {
  const PythonModule& module = facts.python[m];
  const PyCall& call = module.calls[c];
  if (call.args.empty()) return;
  const std::string_view name = text_of(&module.args[call.args.begin].value);
  MetricDefinition metric = pushed("statsd", name, m, c, call);
  std::string scraped(name);
  for (char& one : scraped) {
    if (one == '.' || one == '-') one = '_';
  }
  if (!name.empty()) metric.series = {Name(name), Name(scraped), Name(scraped + "_total")};
  facts.metrics.push_back(std::move(metric));
}

void add_cloudwatch(FactStore& facts, uint32_t m, uint32_t c) {
  const PythonModule& module = facts.python[m];
  const PyCall& call = module.calls[c];
  const std::string space(text_of(argument(module, call, "Namespace")));
  const PyValue* data = argument(module, call, "MetricData");
  const bool list = data != nullptr && data->kind == PyValue::Kind::kList;
  const IndexRange elements = list ? data->elements() : IndexRange{};
  if (elements.empty()) facts.metrics.push_back(pushed("cloudwatch", "", m, c, call));
  for (uint32_t i = elements.begin; i < elements.end; ++i) {
    const std::string_view name = text_of(entry(module, module.values[i], "MetricName"));
    MetricDefinition metric = pushed("cloudwatch", name, m, c, call);
    if (!name.empty()) metric.series = {Name(space + "/" + std::string(name))};
    facts.metrics.push_back(std::move(metric));
  }
}

void add_alarm(FactStore& facts, uint32_t m, uint32_t c) {
  const PythonModule& module = facts.python[m];
  const PyCall& call = module.calls[c];
  const std::string name(text_of(argument(module, call, "MetricName")));
  if (name.empty()) return;
  const std::string space(text_of(argument(module, call, "Namespace")));
  AlertRule rule;
  rule.system = Name("cloudwatch");
  const std::string_view alarm = text_of(argument(module, call, "AlarmName"));
  rule.name = Name(alarm.empty() ? std::string_view(name) : alarm);
  rule.expression = name;
  rule.metrics = {Name(name)};
  SeriesRead read;
  if (!space.empty()) read.series = Name(space + "/" + name);
  read.absence = text_of(argument(module, call, "TreatMissingData")) == "breaching";
  rule.query.reads.push_back(std::move(read));
  const PyValue* actions = argument(module, call, "AlarmActions");
  const bool nobody = actions == nullptr || (actions->kind == PyValue::Kind::kList && actions->count == 0);
  rule.routed = nobody ? Truth::kNo : Truth::kYes;
  if (nobody) rule.routed_why = "it has no AlarmActions";
  rule.routed_at = call.span;
  rule.loaded_why = "made by code";
  rule.span = call.span;
  facts.alerts.push_back(std::move(rule));
}

}  // namespace

void link_pushed_metrics(FactStore& facts) {
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const FileId file = facts.python[m].file;
    if (is_test_path(facts.path(file)) || facts.file(file).sample) continue;
    for (uint32_t c = 0; c < facts.python[m].calls.size(); ++c) {
      const PyCall& call = facts.python[m].calls[c];
      if (is_sender(call)) add_statsd(facts, m, c);
      if (call.method == "put_metric_data") add_cloudwatch(facts, m, c);
      if (call.method == "put_metric_alarm") add_alarm(facts, m, c);
    }
  }
}

}  // namespace mlgrade
