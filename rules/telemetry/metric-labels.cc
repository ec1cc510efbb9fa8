// Measures are kept apart by model, version and variant, and something looks at them apart.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

bool is_version(Name label) {
  return has_word(label.view(), {"version", "model", "revision"}) && !has_word(label.view(), {"user", "api"});
}
bool is_variant(Name label) {
  return has_word(label.view(),
                  {"variant", "provider", "tier", "experiment", "arm", "canary", "shadow", "stage"}) &&
         !has_word(label.view(), {"user"});
}

// A query that reads the metric and keeps the label's values apart: asks for one, or groups by it.
bool splits(const Query& query, const MetricDefinition& metric, Name label) {
  const bool reads = std::any_of(query.reads.begin(), query.reads.end(), [&](const SeriesRead& read) {
    const bool it = std::find(metric.series.begin(), metric.series.end(), read.series) != metric.series.end();
    return it && std::any_of(read.labels.begin(), read.labels.end(),
                             [&](const LabelMatch& match) { return match.label == label; });
  });
  if (reads) return true;
  const bool groups = std::find(query.labels.begin(), query.labels.end(), label) != query.labels.end();
  return groups && std::any_of(query.reads.begin(), query.reads.end(), [&](const SeriesRead& read) {
           return std::find(metric.series.begin(), metric.series.end(), read.series) != metric.series.end();
         });
}

struct Used {
  Span at;
  std::string what;
};

Used used_by(const RuleInput& in, const MetricDefinition& metric, Name label) {
  for (const AlertRule& alert : in.facts.alerts) {
    if (!is_sample(in.facts, alert.span.file) && splits(alert.query, metric, label))
      return {alert.span, fmt::format("the alert {} asks for {}", alert.name.view(), label.view())};
  }
  for (const Dashboard& dashboard : in.facts.dashboards) {
    if (is_sample(in.facts, dashboard.file)) continue;
    for (const PanelQuery& panel : dashboard.panels) {
      if (splits(panel.query, metric, label))
        return {panel.span, fmt::format("the panel {} shows it by {}", panel.panel.view(), label.view())};
    }
  }
  return {};
}

// The place where something that is deployed by itself sets it; kNone if there is none.
NodeId deployed_at(const RuleInput& in, const MetricDefinition& metric) {
  for (PyRef place : metric.set_in) {
    const NodeId node = in.graph.node_of_function(place);
    if (node != kNone && in.graph.reached_by(node) == Reach::By::kAutomatic) return node;
  }
  return kNone;
}

Evidence weigh(const RuleInput& in, const MetricDefinition& metric, bool info) {
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = metric.span;
  evidence.what = fmt::format("the metric {} tells models apart", metric.name.view());
  evidence.links = {{metric.span, evidence.what}};
  evidence.worth = 0.5;
  const auto find = [&](bool (*wanted)(Name)) {
    const auto it = std::find_if(metric.labels.begin(), metric.labels.end(), wanted);
    return it == metric.labels.end() ? Name() : *it;
  };
  const Name version = find(is_version), variant = find(is_variant);
  if (metric.set_at.empty() && !metric.own_value) {
    evidence.defeat = fmt::format("nothing ever sets {}", metric.name.view());
    evidence.defeat_at = metric.span;
    return evidence;
  }
  if (!metric.set_at.empty()) evidence.links.push_back({metric.set_at.front(), "sets it"});
  const Used by_version = version.empty() ? Used{} : used_by(in, metric, version);
  const Used by_variant = variant.empty() ? Used{} : used_by(in, metric, variant);
  for (const Used& used : {by_version, by_variant}) {
    if (used.at.valid()) evidence.links.push_back({used.at, used.what});
  }
  const NodeId node = deployed_at(in, metric);
  if (!by_version.at.valid() && !by_variant.at.valid()) {
    evidence.worth_why = "no alert or panel is shown to use it";
  } else if (info || version.empty() || variant.empty()) {
    evidence.worth_why =
        version.empty() ? "it does not tell versions apart" : "it does not tell variants apart";
  } else if (!by_version.at.valid() || !by_variant.at.valid()) {
    evidence.worth_why =
        fmt::format("no alert or panel uses {}", by_version.at.valid() ? variant.view() : version.view());
  } else if (node == kNone) {
    evidence.worth_why = "nothing here deploys by itself what sets it";
  } else {
    evidence.mode = EvidenceMode::kCheck;
    evidence.worth = 1;
    evidence.runs_at = node;
  }
  return evidence;
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    if (metric.foreign || is_sample(in.facts, metric.span.file) || is_test_code(in.facts, metric.span.file))
      continue;
    const auto told = [](Name label) { return is_version(label) || is_variant(label); };
    const bool of_model = has_word(metric.name.view(), {"model"});
    const bool info = of_model && (metric.kind == "info" || has_word(metric.name.view(), {"info"}));
    if (!info && !std::any_of(metric.labels.begin(), metric.labels.end(), told)) continue;
    output.evidence.push_back(weigh(in, metric, info));
  }
}

}  // namespace

extern const Rule telemetry_metric_labels;
const Rule telemetry_metric_labels{
    .summary = "metrics carry the version or variant of the model",
    .why = "A sum over versions hides the one that is wrong.",
    .fix =
        "Label the measures of the model with its version and variant, and use the labels in alerts and "
        "panels.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .run = run,
};

}  // namespace mlgrade::rules
