// Answers about alarms; no rule of its own.
#include "rules/support/alarms.h"

#include <algorithm>
#include <numeric>

#include "rules/support/code.h"

namespace mlgrade {
namespace {

// Edits that make one text of the other, at most `most` + 1.
size_t distance(std::string_view a, std::string_view b, size_t most) {
  if (a.size() > b.size() + most || b.size() > a.size() + most) return most + 1;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

// The object of a cluster by which a rule comes to its server: itself, or a ConfigMap; invalid if it comes as
// a file.
template <typename AnyRule>
Span object_of(const RuleInput& in, const AnyRule& rule, std::string_view& kind) {
  if (rule.loaded_why.find("PrometheusRule") != std::string::npos) {
    kind = "PrometheusRule";
    return rule.span;
  }
  for (const ConfigDocument& document : in.facts.configs) {
    if (!rule.loaded_at.valid() || document.file != rule.loaded_at.file) continue;
    if (document.root.get("kind") != "ConfigMap" || document.root.find("apiVersion") == nullptr) continue;
    kind = "ConfigMap";
    return rule.loaded_at;
  }
  return {};
}

template <typename AnyRule>
std::string why_not(const RuleInput& in, const AnyRule& rule) {
  if (rule.loaded == Truth::kNo) return "no server loads the rule";
  if (rule.loaded == Truth::kUnknown) return "whether a server loads the rule cannot be seen";
  std::string_view kind;
  const Span object = object_of(in, rule, kind);
  if (!object.valid()) return "";
  switch (applied(in.graph, object)) {
    case Truth::kYes:
      return "";
    case Truth::kUnknown:
      return "only a person applies the " + std::string(kind);
    case Truth::kNo:
      return "nothing here applies the " + std::string(kind);
  }
  return "";
}

}  // namespace

std::string why_not_loaded(const RuleInput& in, const AlertRule& alert) { return why_not(in, alert); }
std::string why_not_loaded(const RuleInput& in, const RecordingRule& rule) { return why_not(in, rule); }

Truth gets_loaded(const RuleInput& in, const AlertRule& alert) {
  if (alert.loaded != Truth::kYes) return alert.loaded;
  return why_not(in, alert).empty() ? Truth::kYes : Truth::kUnknown;
}

std::vector<AlertVerdict> verdicts_of(const RuleInput& in) {
  return judge_alerts(in.facts, SeriesIndex(in.facts, in.catalogue, in.uses), in.graph);
}

Confidence sure_it_is_missing(const RuleInput& in) {
  const bool defines = std::any_of(in.facts.metrics.begin(), in.facts.metrics.end(), [&](const auto& metric) {
    return !metric.foreign && !is_test_code(in.facts, metric.span.file);
  });
  const bool unread = std::any_of(in.facts.code.unread.begin(), in.facts.code.unread.end(),
                                  [](const auto& part) { return !is_interface_code(part.language); });
  return defines && !unread ? Confidence::kHigh : defines ? Confidence::kMedium : Confidence::kLow;
}

bool is_watchdog(const AlertRule& alert) {
  return has_word(alert.name.view(), {"watchdog", "heartbeat", "deadman", "deadmans", "deadmansswitch",
                                      "deadmanssnitch", "dead"});
}

std::string nearest_series(const FactStore& facts, std::string_view series) {
  constexpr size_t kMost = 3;
  std::string best;
  size_t least = kMost + 1;
  const auto consider = [&](Name name) {
    const size_t far = distance(series, name.view(), kMost);
    if (far == 0 || far >= least || series.size() < 3 * far) return;
    least = far;
    best = name.str();
  };
  for (const MetricDefinition& metric : facts.metrics) {
    for (Name name : metric.series) consider(name);
  }
  for (const RecordingRule& rule : facts.recordings) consider(rule.record);
  return best;
}

bool about_feedback(std::string_view series) {
  if (series.starts_with("kube_") || series.starts_with("container_") || series.starts_with("node_"))
    return false;
  return has_word(series, {"feedback", "thumbs", "rating", "ratings", "complaint", "complaints", "correction",
                           "corrections", "label", "labels"});
}

}  // namespace mlgrade
