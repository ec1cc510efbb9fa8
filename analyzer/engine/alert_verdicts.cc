// Joins alerts with who gives the series that they read.
#include "analyzer/engine/alert_verdicts.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "analyzer/base/glob.h"
#include "analyzer/facts/test_paths.h"
#include "analyzer/graph/code_at.h"

namespace mlgrade {
namespace {

constexpr int kMaxRecordings = 8;  // recording rules over recording rules

bool holds(const std::vector<Name>& names, Name name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool left_out(const FactStore& facts, const Span& span) {
  return span.valid() && (facts.file(span.file).sample || facts.file(span.file).vendored);
}

// Labels that servers, operators and exporters put on what they scrape.
bool is_target_label(std::string_view label) {
  constexpr std::array<std::string_view, 34> kLabels = {"job",
                                                        "instance",
                                                        "namespace",
                                                        "pod",
                                                        "container",
                                                        "service",
                                                        "endpoint",
                                                        "node",
                                                        "cluster",
                                                        "env",
                                                        "environment",
                                                        "region",
                                                        "zone",
                                                        "app",
                                                        "le",
                                                        "quantile",
                                                        "exported_job",
                                                        "exported_instance",
                                                        "prometheus",
                                                        "replica",
                                                        "host",
                                                        "hostname",
                                                        "team",
                                                        "stage",
                                                        "datacenter",
                                                        "component",
                                                        "deployment",
                                                        "monitor",
                                                        "tenant",
                                                        "project",
                                                        "kubernetes_namespace",
                                                        "kubernetes_pod_name",
                                                        "release",
                                                        "version"};
  return std::find(kLabels.begin(), kLabels.end(), label) != kLabels.end() || label.starts_with("app_") ||
         label.starts_with("exported_") || label.starts_with("__");
}

// True if a series without the label would be left out.
bool must_have(const LabelMatch& match) {
  if (!match.known) return false;
  if (match.op == LabelMatch::Op::kEqual) return !match.value.empty();
  const std::string_view pattern = match.value.view();
  return match.op == LabelMatch::Op::kRegex && !pattern.empty() && pattern != ".*" &&
         pattern.find("|)") == pattern.npos && !pattern.starts_with('|') && !pattern.ends_with('|') &&
         pattern.find('*') == pattern.npos && pattern.find('?') == pattern.npos;
}

// Of the server that evaluates the rules, or of the cloud that runs what is measured: `args: {by: itself}`.
bool given_by_itself(const Ability& ability) {
  return std::any_of(ability.args.begin(), ability.args.end(),
                     [](const auto& one) { return one.first == "by" && one.second == "itself"; });
}

// A metric whose name is made as the program runs may be this one: what is known of its name fits.
bool made_at_run_time(const FactStore& facts, Name series) {
  return std::any_of(facts.metrics.begin(), facts.metrics.end(), [&](const MetricDefinition& metric) {
    if (metric.known) return false;
    std::string pattern = metric.name.str();
    bool any = false;
    for (size_t at = pattern.find("{}"); at != std::string::npos; at = pattern.find("{}", at)) {
      pattern.replace(at, 2, "*");
      any = true;
    }
    return !any || glob_match(pattern + "*", series.view());
  });
}

}  // namespace

SeriesIndex::SeriesIndex(const FactStore& facts, const Catalogue& catalogue, const std::vector<Use>& uses)
    : facts_(facts) {
  const auto used = [&](const Ability& ability) {
    return std::any_of(uses.begin(), uses.end(), [&](const Use& use) { return use.ability == &ability; });
  };
  for (const Tool& tool : catalogue.tools) {
    for (const Ability& ability : tool.does) {
      if (ability.series.empty()) continue;
      if (!ability.calls.empty() && !used(ability)) continue;
      const bool shown = !ability.calls.empty() || given_by_itself(ability);
      for (const std::string& pattern : ability.series) exporters_.push_back({&pattern, shown});
    }
  }
  unknown_names_ = std::any_of(facts.metrics.begin(), facts.metrics.end(),
                               [](const auto& metric) { return !metric.known; });
  if (!facts.alerts.empty()) note_told();
}

void SeriesIndex::note_told() {
  for (const PythonModule& module : facts_.python) {
    const FileFact& file = facts_.file(module.file);
    if (file.sample || file.vendored || is_test_path(file.path.view())) continue;
    for (const PyCall& call : module.calls) {
      if (!call.function_ref.valid() && !call.target.empty()) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyValue& value = module.args[a].value;
        const bool name = value.kind == PyValue::Kind::kString &&
                          value.text.view().find_first_of("_/.") != std::string_view::npos &&
                          value.text.view().find(' ') == std::string_view::npos;
        if (name) told_.insert(value.text);
      }
    }
  }
}

// By the whole name, by the one that the endings of an exposition are put to, or, where a cloud puts its own
// in front, by the last parts of a path.
bool SeriesIndex::told(std::string_view series) const {
  if (told_.empty()) return false;
  if (told_.contains(Name(series))) return true;
  for (std::string_view ending : {"_total", "_bucket", "_sum", "_count"}) {
    if (series.ends_with(ending) && told_.contains(Name(series.substr(0, series.size() - ending.size()))))
      return true;
  }
  for (size_t at = series.find('/'); at != series.npos; at = series.find('/', at + 1)) {
    const std::string_view rest = series.substr(at + 1);
    if (rest.find('/') != rest.npos && told_.contains(Name(rest))) return true;
  }
  return false;
}

bool SeriesIndex::exported(Name series, SeriesSource& out) const {
  for (const Exporter& one : exporters_) {
    if (!glob_match(*one.pattern, series.view())) continue;
    out.who = "an exporter";
    out.shown = one.shown;
    return true;
  }
  return false;
}

SeriesSource SeriesIndex::source_of(Name series) const { return source_of(series, 0); }

SeriesSource SeriesIndex::source_of(Name series, int depth) const {
  SeriesSource out;
  using Kind = SeriesSource::Kind;
  const MetricDefinition* renamed = nullptr;
  for (const MetricDefinition& metric : facts_.metrics) {
    if (!metric.known) continue;
    if (holds(metric.series, series)) {
      out.kind = Kind::kMetric;
      if (out.metric == nullptr || (out.metric->set_at.empty() && !metric.set_at.empty()))
        out.metric = &metric;
    } else if (metric.name == series) {
      renamed = &metric;
    }
  }
  if (out.kind == Kind::kMetric) {
    out.who = out.metric->name.str();
    return out;
  }
  for (const RecordingRule& rule : facts_.recordings) {
    if (rule.record != series || left_out(facts_, rule.span)) continue;
    out.kind = Kind::kRecording;
    out.recording = &rule;
    out.who = "the recording rule " + series.str();
    if (depth >= kMaxRecordings) return out;
    for (const SeriesRead& read : rule.query.reads) {
      if (read.series.empty() || read.absence || read.series == series) continue;
      const SeriesSource root = source_of(read.series, depth + 1);
      if (out.metric == nullptr) out.metric = root.metric;
      if (root.kind == Kind::kMissing) out.missing = read.series.str();
      if (!root.missing.empty()) out.missing = root.missing;
    }
    return out;
  }
  const bool own = renamed != nullptr && renamed->system == "prometheus" && !renamed->series.empty();
  // A metric of the project's own that is scraped by another name, before an exporter that nothing shows.
  if (exported(series, out) && (out.shown || !own)) {
    out.kind = Kind::kExporter;
    return out;
  }
  out.who.clear();
  out.shown = true;
  if (own) {
    out.missing = renamed->series.front().str();  // what it is called where it is scraped
  } else if (renamed != nullptr) {
    out.kind = Kind::kMetric;
    out.metric = renamed;
    out.who = renamed->name.str();
  } else if (unknown_names_ && made_at_run_time(facts_, series)) {
    out.kind = Kind::kUnknown;
    out.who = "a metric whose name is made at run time";
  } else if (told(series.view())) {
    out.kind = Kind::kUnknown;
    out.who = "what the project's own code keeps by that name";
  }
  return out;
}

namespace {

using Values = std::vector<std::string>;

// The texts that a value can be: itself, what a name is bound to in its function, the entries of the dict
// that an element is taken of. False: it may be others.
bool texts_of(const PythonModule& module, const PyValue& value, uint32_t function, int depth, Values& out) {
  constexpr int kMaxHops = 4;
  if (depth > kMaxHops) return false;
  if (value.kind == PyValue::Kind::kString) {
    out.push_back(value.text.str());
    return true;
  }
  std::string name = value.text.str();
  const bool element = value.kind == PyValue::Kind::kSubscript;
  if (element) name = name.substr(0, name.find('['));
  if ((!element && value.kind != PyValue::Kind::kName) || name.find('.') != std::string::npos) return false;
  bool any = false;
  for (const PyBinding& binding : module.bindings) {
    if (binding.target != name || (binding.function != function && binding.function != kNone)) continue;
    if (binding.kind != PyBinding::Kind::kAssign || binding.subscript || binding.unpacked) return false;
    any = true;
    if (!element) {
      if (!texts_of(module, binding.value, function, depth + 1, out)) return false;
      continue;
    }
    if (binding.value.kind != PyValue::Kind::kDict || binding.value.count > PyValue::kMaxElements)
      return false;
    const IndexRange elements = binding.value.elements();
    for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {
      if (module.values[i + 1].kind != PyValue::Kind::kString) return false;
      out.push_back(module.values[i + 1].text.str());
    }
  }
  return any;
}

// All values that the code gives the label; false: not all of them are known.
bool label_values(const FactStore& facts, const MetricDefinition& metric, Name label, Values& out) {
  const auto at = std::find(metric.labels.begin(), metric.labels.end(), label);
  const auto position = static_cast<uint32_t>(at - metric.labels.begin());
  for (size_t i = 0; i < metric.set_in.size(); ++i) {
    const PythonModule& module = facts.python[metric.set_in[i].module];
    if (metric.set_calls[i] == kNone) return false;
    const uint32_t receiver = module.calls[metric.set_calls[i]].receiver;
    if (receiver == kNone || module.calls[receiver].method != "labels") return false;
    const PyCall& labels = module.calls[receiver];
    const PyValue* value = nullptr;
    for (uint32_t a = labels.args.begin; a < labels.args.end; ++a) {
      const Name keyword = module.args[a].keyword;
      if (keyword == label || (keyword.empty() && a - labels.args.begin == position))
        value = &module.args[a].value;
    }
    if (value == nullptr || !texts_of(module, *value, labels.function, 0, out)) return false;
  }
  return !metric.set_in.empty();
}

std::string value_at_odds(const FactStore& facts, const MetricDefinition& metric, const LabelMatch& match) {
  if (match.op != LabelMatch::Op::kEqual || !match.known || match.value.empty()) return "";
  Values values;
  if (!holds(metric.labels, match.label) || !label_values(facts, metric, match.label, values)) return "";
  if (std::find(values.begin(), values.end(), match.value.str()) != values.end()) return "";
  return "asks for " + match.label.str() + "=\"" + match.value.str() + "\", a value that no code gives " +
         metric.name.str();
}

}  // namespace

Truth applied(const Graph& graph, const Span& place) {
  Truth best = Truth::kNo;
  const auto reach = [&](NodeId node) {
    const Reach::By by = node == kNone ? Reach::By::kNothing : graph.reached_by(node);
    best = best || (by == Reach::By::kAutomatic ? Truth::kYes
                    : by == Reach::By::kManual  ? Truth::kUnknown
                                                : Truth::kNo);
  };
  reach(graph.node_of_file(place.file));
  reach(code_at(graph, place));
  for (uint32_t f = 0; f < graph.facts->automation.size(); ++f) {
    const AutomationFile& file = graph.facts->automation[f];
    if (file.file != place.file) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) reach(graph.node_of_unit(f, u));
  }
  return best;
}

std::string label_at_odds(const FactStore& facts, const MetricDefinition& metric, const SeriesRead& read) {
  if (!metric.labels_known || metric.foreign || metric.system != "prometheus" || read.absence) return "";
  for (const LabelMatch& match : read.labels) {
    if (const std::string odd = value_at_odds(facts, metric, match); !odd.empty()) return odd;
    if (!must_have(match) || holds(metric.labels, match.label) || is_target_label(match.label.view()))
      continue;
    const bool info = metric.kind == "info" || metric.kind == "enum";
    const bool scraped = std::any_of(facts.scrapes.begin(), facts.scrapes.end(),
                                     [&](const ScrapeJob& job) { return holds(job.labels, match.label); });
    if (info || scraped) continue;
    return "asks for the label " + match.label.str() + ", which " + metric.name.str() + " does not have";
  }
  return "";
}

namespace {

class Judge {
 public:
  Judge(const FactStore& facts, const SeriesIndex& series, const Graph& graph)
      : facts_(facts), series_(series), graph_(graph) {}

  AlertVerdict judge(const AlertRule& alert) const {
    AlertVerdict out;
    out.alert = &alert;
    out.fires = Truth::kYes;
    out.chain.push_back({alert.span, "alert " + alert.name.str()});
    expression(alert, out);
    if (out.fires != Truth::kNo) sources(alert, out);
    if (out.fires != Truth::kNo) loading(alert, out);
    return out;
  }

 private:
  static void never(AlertBreak broken, std::string why, Span at, AlertVerdict& out) {
    out.fires = Truth::kNo;
    out.broken = broken;
    out.why = std::move(why);
    out.at = at;
  }
  static void doubt(std::string why, Span at, AlertVerdict& out) {
    if (out.fires != Truth::kYes) return;
    out.fires = Truth::kUnknown;
    if (out.always) return;  // that it cannot tell good from bad is the greater thing
    out.why = std::move(why);
    out.at = at;
  }

  static void expression(const AlertRule& alert, AlertVerdict& out) {
    const Query& query = alert.query;
    if (query.language != "promql") return;
    if (query.parsed == Truth::kNo)
      return never(AlertBreak::kSyntax, "its expression does not parse: " + query.problem, alert.span, out);
    if (query.parsed == Truth::kUnknown) doubt(query.problem, alert.span, out);
    if (query.holds == Truth::kNo) return never(AlertBreak::kExpression, query.holds_why, alert.span, out);
    if (query.holds == Truth::kYes) {
      out.broken = AlertBreak::kExpression;
      out.always = true;
      out.why = query.holds_why;
      out.at = alert.span;
    }
  }

  // An expression gives a result only with all its series, as far as `or` does not part them: one that is
  // missing is enough unless another way is left.
  void sources(const AlertRule& alert, AlertVerdict& out) const {
    const bool alternatives = has_or(alert.query.text);
    bool any = false;
    AlertVerdict missing = out;
    for (const SeriesRead& read : alert.query.reads) {
      if (read.series.empty()) {
        doubt("which series it reads cannot be told", alert.span, out);
        continue;
      }
      if (read.absence) {
        any = true;  // fires when there is nothing
        continue;
      }
      AlertVerdict one = out;
      source(alert, read, one);
      if (one.fires == Truth::kNo && missing.fires != Truth::kNo) missing = one;
      if (one.fires != Truth::kNo) {
        any = true;
        out = std::move(one);
      }
    }
    if (missing.fires == Truth::kNo && (!alternatives || !any)) out = std::move(missing);
  }

  static bool has_or(std::string_view text) {
    for (size_t at = text.find("or"); at != text.npos; at = text.find("or", at + 2)) {
      const auto edge = [&](size_t i) {
        return i >= text.size() || std::string_view(" \t\n\r()").find(text[i]) != std::string_view::npos;
      };
      if ((at == 0 || edge(at - 1)) && edge(at + 2)) return true;
    }
    return text.find(" unless") != text.npos || text.find("\nunless") != text.npos;
  }

  void source(const AlertRule& alert, const SeriesRead& read, AlertVerdict& out) const {
    const SeriesSource from = series_.source_of(read.series);
    using Kind = SeriesSource::Kind;
    const bool doubtful = alert.query.language == "promql" && alert.query.parsed == Truth::kUnknown;
    if (from.kind == Kind::kMissing && doubtful) return;  // said already
    if (from.kind == Kind::kMissing) {
      const std::string what =
          from.missing.empty() ? "nothing here gives the series " + read.series.str()
                               : read.series.str() + " is called " + from.missing + " where it is scraped";
      return never(AlertBreak::kMissing, what, alert.span, out);
    }
    if (from.kind == Kind::kUnknown) return doubt(from.who + " may be " + read.series.str(), alert.span, out);
    if (from.kind == Kind::kExporter) {
      if (!from.shown)
        doubt("that an exporter gives " + read.series.str() + " is not shown", alert.span, out);
      return;
    }
    if (from.recording != nullptr) recording(*from.recording, from, out);
    if (from.metric != nullptr && out.fires != Truth::kNo)
      metric(*from.metric, read, from.recording == nullptr, out);
  }

  static void recording(const RecordingRule& rule, const SeriesSource& from, AlertVerdict& out) {
    out.chain.push_back({rule.span, "records " + rule.record.str()});
    if (rule.query.parsed == Truth::kNo)
      return never(AlertBreak::kMissing, "the rule that records " + rule.record.str() + " does not parse",
                   rule.span, out);
    if (!from.missing.empty())
      return never(AlertBreak::kMissing,
                   rule.record.str() + " is computed of " + from.missing + ", which nothing here gives",
                   rule.span, out);
    if (rule.loaded == Truth::kNo)
      return never(AlertBreak::kMissing, "no server loads the rule that records " + rule.record.str(),
                   rule.span, out);
    if (rule.loaded == Truth::kUnknown)
      doubt("whether a server loads the rule that records " + rule.record.str() + " cannot be told",
            rule.span, out);
  }

  void metric(const MetricDefinition& metric, const SeriesRead& read, bool direct, AlertVerdict& out) const {
    out.chain.push_back({metric.span, "defines " + metric.name.str()});
    if (!metric.set_at.empty()) {
      out.chain.push_back({metric.set_at.front(), "sets it"});
      const std::string idle = idle_setter(metric);
      if (!idle.empty() && !metric.own_value)
        doubt("nothing is seen to call " + idle + ", which sets " + metric.name.str(), metric.set_at.front(),
              out);
    } else if (metric.foreign && !metric.own_value) {
      doubt("whether the code in " + metric.system.str() + " sets " + metric.name.str() + " is not known",
            metric.span, out);
    } else if (!metric.own_value && stands_at_zero(metric)) {
      out.broken = AlertBreak::kNeverSet;
      doubt("nothing sets " + metric.name.str() + ", which stays 0", metric.span, out);
    } else if (!metric.own_value) {
      return never(AlertBreak::kNeverSet, "nothing sets " + metric.name.str(), metric.span, out);
    }
    if (!direct) return;
    const std::string odd = label_at_odds(facts_, metric, read);
    if (!odd.empty()) never(AlertBreak::kLabel, "it " + odd, metric.span, out);
  }

  // The function that alone sets it and that nothing calls: no method, nothing decorated, nothing handed
  // over.
  std::string idle_setter(const MetricDefinition& metric) const {
    std::string name;
    for (PyRef place : metric.set_in) {
      const PyFunction* function = facts_.function(place);
      if (function == nullptr || function->cls != kNone || function->parent != kNone ||
          !function->decorators.empty())
        return "";
      const NodeId node = graph_.node_of_function(place);
      if (node == kNone || graph_.callers(node).size() > 1) return "";
      name = function->name.str();
    }
    return name;
  }

  // A gauge or counter without labels is there from the start.
  static bool stands_at_zero(const MetricDefinition& metric) {
    return metric.labels.empty() && (metric.kind == "gauge" || metric.kind == "counter");
  }

  void loading(const AlertRule& alert, AlertVerdict& out) const {
    const bool object = alert.loaded_why.find("PrometheusRule") != std::string::npos;
    const bool own = alert.system == "prometheus" || alert.system == "grafana";
    if ((object || !own) && applied(graph_, alert.span) == Truth::kNo)
      return doubt(object ? "nothing here applies the PrometheusRule" : "nothing here applies the alarm",
                   alert.span, out);
    if (!own) return;
    const std::string why = alert.loaded_why.empty() ? "no server loads its file" : alert.loaded_why;
    if (alert.loaded == Truth::kYes && alert.loaded_at.valid())
      out.chain.push_back({alert.loaded_at, "a server loads it"});
    if (alert.loaded == Truth::kNo) never(AlertBreak::kNotLoaded, why, alert.span, out);
    if (alert.loaded == Truth::kUnknown && alert.system == "prometheus") doubt(why, alert.span, out);
  }

  const FactStore& facts_;
  const SeriesIndex& series_;
  const Graph& graph_;
};

}  // namespace

std::vector<AlertVerdict> judge_alerts(const FactStore& facts, const SeriesIndex& series,
                                       const Graph& graph) {
  std::vector<AlertVerdict> out;
  const Judge judge(facts, series, graph);
  for (const AlertRule& alert : facts.alerts) {
    if (!left_out(facts, alert.span)) out.push_back(judge.judge(alert));
  }
  return out;
}

}  // namespace mlgrade
