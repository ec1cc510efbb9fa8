// Joins alert rules with the metrics that code exports.
#include "rules/support/alerts.h"

#include <fmt/format.h>

#include <algorithm>

#include "rules/support/code.h"

namespace mlgrade {
namespace {

// Series that exporters beside the service are known to produce.
bool from_known_exporter(std::string_view series) {
  static constexpr std::string_view kPrefixes[] = {
      "up",     "node_", "container_", "kube_",      "process_", "python_", "DCGM_", "istio_",  "envoy_",
      "nginx_", "vllm:", "kubelet_",   "apiserver_", "probe_",   "redis_",  "pg_",   "windows_"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [&](std::string_view prefix) {
    return prefix == "up" ? series == "up" : series.starts_with(prefix);
  });
}

// The service counts its requests itself: an instrumentation of the web framework, not the client library
// alone, which exports what the code defines.
bool is_instrumented(const RuleInput& in) {
  for (const Use* use : product_uses(in, "exposes-metrics")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || !call->target.view().starts_with("prometheus_client")) return true;
  }
  return false;
}

// Runs as the service comes up: @app.on_event("startup"), a lifespan.
bool is_startup(const PythonModule& module, const PyFunction& function) {
  if (has_word(function.name.view(), {"startup", "lifespan"})) return true;
  return std::any_of(function.decorators.begin(), function.decorators.end(),
                     [&](const PyDecorator& decorator) {
                       if (!decorator.name.view().ends_with("on_event") || decorator.call == kNone)
                         return false;
                       const IndexRange args = module.calls[decorator.call].args;
                       return !args.empty() && module.args[args.begin].value.text == "startup";
                     });
}

void weigh(const RuleInput& in, const AlertRule& alert, Name series, SetOnce once, Evidence& evidence) {
  const MetricDefinition* metric = metric_of(in.facts, series);
  if (alert.vacuous) {
    evidence.defeat = "the alert can never tell good from bad";
    evidence.remedy = "Give its expression a bar that a bad value crosses and a good one does not.";
    evidence.defeat_at = alert.span;
    return;
  }
  const bool of_requests = series.view().starts_with("http_") && is_instrumented(in);
  if (metric == nullptr && !of_requests && !from_known_exporter(series.view())) {
    evidence.defeat = fmt::format("no code here exports {}", series.view());
    evidence.remedy = "Export the series in the service, or alert on one that it exports.";
    evidence.defeat_at = alert.span;
    return;
  }
  if (metric != nullptr) {
    evidence.links.push_back({metric->span, fmt::format("defines {}", metric->name.view())});
    if (metric->set_at.empty()) {
      evidence.defeat = fmt::format("nothing ever sets {}", metric->name.view());
      evidence.remedy = "Update the metric where the service predicts.";
      evidence.defeat_at = metric->span;
      return;
    }
    evidence.links.push_back({metric->set_at.front(), "sets it"});
  }
  if (alert.loaded_at.valid()) evidence.links.push_back({alert.loaded_at, "the server loads it"});
  auto half = [&](std::string why) {
    if (evidence.worth < 1) return;
    evidence.worth = 0.5;
    evidence.worth_why = std::move(why);
  };
  if (metric != nullptr && once != SetOnce::kFine && set_at_start(in.facts, *metric)) {
    if (once == SetOnce::kVoid) {
      evidence.defeat = fmt::format("{} is set once, at start-up, and never changes", metric->name.view());
      evidence.remedy = "Update the metric in a job that measures again and again.";
      evidence.defeat_at = metric->set_at.front();
      return;
    }
    half("the metric is set once, at start-up");
  }
  if (alert.loaded == Truth::kNo)
    half(alert.loaded_why.empty() ? "no server loads the rule" : alert.loaded_why);
  if (alert.loaded == Truth::kUnknown) half("whether a server loads the rule cannot be told");
  if (alert.routed == Truth::kNo) half("its route ends at nobody");
  if (alert.routed == Truth::kUnknown) half("no receiver for it is configured here");
  if (alert.routed_at.valid()) evidence.links.push_back({alert.routed_at, "somebody receives it"});
}

}  // namespace

bool set_at_start(const FactStore& facts, const MetricDefinition& metric) {
  return !metric.set_in.empty() && std::all_of(metric.set_in.begin(), metric.set_in.end(), [&](PyRef ref) {
    const PyFunction* function = facts.function(ref);
    return ref.index == kNone || (function != nullptr && is_startup(facts.python[ref.module], *function));
  });
}

const MetricDefinition* metric_of(const FactStore& facts, Name series) {
  for (const MetricDefinition& metric : facts.metrics) {
    if (metric.name == series ||
        std::find(metric.series.begin(), metric.series.end(), series) != metric.series.end()) {
      return &metric;
    }
  }
  return nullptr;
}

std::vector<Evidence> alert_evidence(const RuleInput& in,
                                     const std::function<bool(std::string_view series)>& on_topic,
                                     const std::string& what, SetOnce once) {
  std::vector<Evidence> out;
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file)) continue;
    for (Name series : alert.metrics) {
      if (!on_topic(series.view())) continue;
      Evidence evidence;
      evidence.place = alert.span;
      evidence.what = fmt::format("{}: {}", what, alert.name.view());
      evidence.runs_itself = true;
      evidence.links.push_back({alert.span, fmt::format("alert {} on {}", alert.name.view(), series.view())});
      weigh(in, alert, series, once, evidence);
      out.push_back(std::move(evidence));
      break;
    }
  }
  return out;
}

}  // namespace mlgrade
