// Joins alert rules with the metrics that code exports.
#include "rules/support/alerts.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/graph/code_at.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

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

// The full name of a series: of a cloud's alarm with the namespace that its rule gives.
Name full_name(const AlertRule& alert, Name series) {
  for (const SeriesRead& read : alert.query.reads) {
    const std::string_view name = read.series.view();
    if (name == series.view() || name.ends_with("/" + series.str())) return read.series;
  }
  return series;
}

std::string_view base_name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

void half(Evidence& evidence, std::string why) {
  if (evidence.worth < 1) return;
  evidence.worth = 0.5;
  evidence.worth_why = std::move(why);
}

void defeat(Evidence& evidence, std::string why, std::string remedy, Span at) {
  evidence.defeat = std::move(why);
  evidence.remedy = std::move(remedy);
  evidence.defeat_at = at;
}

// The metric behind the series, or who else gives it; null and a defeat if nobody does.
const MetricDefinition* source(const AlertRule& alert, Name series, const SeriesIndex& index,
                               Evidence& evidence) {
  const SeriesSource from = index.source_of(full_name(alert, series));
  using Kind = SeriesSource::Kind;
  if (from.recording != nullptr) {
    evidence.links.push_back(
        {from.recording->span, fmt::format("records {}", from.recording->record.view())});
    if (from.recording->loaded == Truth::kNo) half(evidence, "no server loads the rule that records it");
  }
  if (from.kind == Kind::kMissing || !from.missing.empty()) {
    const bool cloud = alert.query.language != "promql" && !alert.query.reads.empty() &&
                       alert.query.reads.front().series.empty();
    if (cloud) {
      half(evidence, fmt::format("who gives {} cannot be told", series.view()));
    } else if (from.kind == Kind::kMissing && !from.missing.empty()) {
      defeat(evidence, fmt::format("{} is called {} where it is scraped", series.view(), from.missing),
             fmt::format("Alert on {}.", from.missing), alert.span);
    } else {
      const std::string name = from.missing.empty() ? series.str() : from.missing;
      defeat(evidence, fmt::format("no code here exports {}", name),
             "Export the series in the service, or alert on one that it exports.", alert.span);
    }
    return nullptr;
  }
  if (from.kind == Kind::kUnknown) half(evidence, fmt::format("{} may be it", from.who));
  if (from.kind == Kind::kExporter && !from.shown)
    half(evidence, fmt::format("that an exporter gives {} is not shown", series.view()));
  return from.metric;
}

// Where the alarm of a cloud is applied from: the node that runs the tool; kNone if nothing does.
NodeId applied_by(const RuleInput& in, const AlertRule& alert) {
  NodeId best = kNone;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (file.file != alert.span.file) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const NodeId node = in.graph.node_of_unit(f, u);
      if (node == kNone || in.graph.reached_by(node) == Reach::By::kNothing) continue;
      const bool own = file.units[u].span.line == alert.span.line;
      if (best == kNone || own) best = node;
    }
  }
  if (best == kNone) {  // made by a program
    const NodeId code = code_at(in.graph, alert.span);
    if (code != kNone && in.graph.reached_by(code) != Reach::By::kNothing) best = code;
  }
  const NodeId whole = in.graph.node_of_file(alert.span.file);
  if (best == kNone && whole != kNone && in.graph.reached_by(whole) != Reach::By::kNothing) best = whole;
  return best;
}

void loading(const RuleInput& in, const AlertRule& alert, Evidence& evidence) {
  const bool cloud = alert.system != "prometheus" && alert.system != "grafana";
  if (cloud && alert.loaded == Truth::kUnknown) {
    const NodeId node = applied_by(in, alert);
    if (node == kNone) return half(evidence, "nothing here applies the alarm");
    evidence.runs_itself = false;
    evidence.runs_at = node;
    return;
  }
  if (alert.loaded_at.valid()) evidence.links.push_back({alert.loaded_at, "the server loads it"});
  if (alert.loaded == Truth::kYes && gets_loaded(in, alert) != Truth::kYes)
    half(evidence, why_not_loaded(in, alert));
  if (alert.loaded == Truth::kYes && started_by_hand(in, alert.loaded_at.file))
    half(evidence, "only a person starts the server that loads it");
  if (alert.loaded == Truth::kNo)
    half(evidence, alert.loaded_why.empty() ? "no server loads the rule" : alert.loaded_why);
  if (alert.loaded == Truth::kUnknown) half(evidence, "whether a server loads the rule cannot be told");
}

void weigh(const RuleInput& in, const AlertRule& alert, Name series, SetOnce once, const SeriesIndex& index,
           Evidence& evidence) {
  if (alert.query.parsed == Truth::kNo && alert.query.language == "promql") {
    return defeat(evidence, fmt::format("its expression does not parse: {}", alert.query.problem),
                  "Check the rules with promtool before they are loaded.", alert.span);
  }
  if (alert.vacuous) {
    return defeat(evidence, "the alert can never tell good from bad",
                  "Give its expression a bar that a bad value crosses and a good one does not.", alert.span);
  }
  const MetricDefinition* metric = source(alert, series, index, evidence);
  if (!evidence.defeat.empty()) return;
  if (metric != nullptr) {
    evidence.links.push_back({metric->span, fmt::format("defines {}", metric->name.view())});
    if (metric->set_at.empty() && !metric->own_value && !metric->foreign) {
      return defeat(evidence, fmt::format("nothing ever sets {}", metric->name.view()),
                    "Update the metric where the service predicts.", metric->span);
    }
    if (metric->foreign && !metric->own_value)
      half(evidence, fmt::format("whether the code in {} sets it is not known", metric->system.view()));
    if (!metric->set_at.empty() && metric->set_at.front() != metric->span)
      evidence.links.push_back({metric->set_at.front(), "sets it"});
    for (const SeriesRead& read : alert.query.reads) {
      if (read.series != series) continue;
      const std::string odd = label_at_odds(in.facts, *metric, read);
      if (!odd.empty())
        return defeat(evidence, "it " + odd, "Ask for a label that the metric has.", alert.span);
    }
  }
  loading(in, alert, evidence);
  if (metric != nullptr && once != SetOnce::kFine && set_at_start(in.facts, *metric)) {
    if (once == SetOnce::kVoid) {
      return defeat(evidence,
                    fmt::format("{} is set once, at start-up, and never changes", metric->name.view()),
                    "Update the metric in a job that measures again and again.", metric->set_at.front());
    }
    half(evidence, "the metric is set once, at start-up");
  }
  if (metric != nullptr && !runs_deployed(in, *metric))
    half(evidence, "no process that is deployed here runs the code that sets it");
  if (alert.routed == Truth::kNo)
    half(evidence, alert.routed_why.empty() ? "its route ends at nobody"
                                            : "its route ends at nobody: " + alert.routed_why);
  if (alert.routed == Truth::kUnknown)
    half(evidence, alert.routed_why.empty() ? "no receiver for it is configured here" : alert.routed_why);
  if (alert.routed_at.valid()) evidence.links.push_back({alert.routed_at, "somebody receives it"});
}

// A process that stays: a service, an image, what is deployed or runs on a schedule.
bool is_process(UnitKind kind) {
  return kind == UnitKind::kService || kind == UnitKind::kImage || kind == UnitKind::kDeployment ||
         kind == UnitKind::kSchedule;
}

bool run_by_process(const RuleInput& in, NodeId node) {
  for (NodeId caller : in.graph.callers(node)) {
    const Node& one = in.graph.nodes[caller];
    if (one.kind == NodeKind::kUnit && is_process(in.facts.automation[one.owner].units[one.index].kind))
      return true;
  }
  return false;
}

// Does any process of the repository come to Python code at all? Else the graph cannot tell.
bool processes_run_code(const RuleInput& in) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    if (is_test_code(in.facts, in.facts.python[m].file)) continue;
    const NodeId main = in.graph.node_of_main(m);
    if (main != kNone && run_by_process(in, main)) return true;
  }
  return false;
}

}  // namespace

bool started_by_hand(const RuleInput& in, FileId server) {
  const std::string_view name = base_name_of(in.facts.path(server));
  bool any = false;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    const auto document = std::find_if(in.facts.configs.begin(), in.facts.configs.end(),
                                       [&](const ConfigDocument& one) { return one.file == file.file; });
    if (document == in.facts.configs.end() || is_sample(in.facts, file.file)) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      if (file.units[u].kind != UnitKind::kService) continue;
      const std::string below = "services." + file.units[u].name.str() + ".volumes";
      const bool sees = std::any_of(document->keys.begin(), document->keys.end(), [&](const ConfigKey& key) {
        return key.path.view().starts_with(below) && key.value.find(name) != std::string::npos;
      });
      if (!sees) continue;
      const NodeId node = in.graph.node_of_unit(f, u);
      if (node != kNone && in.graph.reached_by(node) == Reach::By::kAutomatic) return false;
      any = true;
    }
  }
  return any;
}

bool runs_deployed(const RuleInput& in, const MetricDefinition& metric) {
  if (metric.set_in.empty()) return true;
  for (PyRef place : metric.set_in) {
    const NodeId node = in.graph.node_of_function(place);
    if (node == kNone || in.graph.reached_by(node) == Reach::By::kAutomatic || run_by_process(in, node))
      return true;
  }
  return !processes_run_code(in);
}

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
  const SeriesIndex index(in.facts, in.catalogue, in.uses);
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file)) continue;
    for (Name series : alert.metrics) {
      if (!on_topic(series.view())) continue;
      Evidence evidence;
      evidence.place = alert.span;
      evidence.what = fmt::format("{}: {}", what, alert.name.view());
      evidence.runs_itself = true;
      evidence.links.push_back({alert.span, fmt::format("alert {} on {}", alert.name.view(), series.view())});
      weigh(in, alert, series, once, index, evidence);
      out.push_back(std::move(evidence));
      break;
    }
  }
  return out;
}

}  // namespace mlgrade
