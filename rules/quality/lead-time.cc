// How long an idea takes to reach users: releases with dates, or a measured lead time.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_delivery(std::string_view series) {
  return (has_word(series, {"lead"}) && has_word(series, {"time"}) &&
          !has_word(series, {"sales", "delivery", "order"})) ||
         (has_word(series, {"deployment", "deploy"}) && has_word(series, {"frequency"}));
}

// Two dated releases or more.
void add_changelogs(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Document& document : in.facts.documents) {
    const std::string_view path = in.facts.path(document.file);
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const bool log = has_word(name, {"changelog", "changes", "history", "releases"}) &&
                     !is_sample(in.facts, document.file);
    if (!log || document.dates.size() < 2) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = Span{document.file, 1, 1, 1};
    evidence.what = fmt::format("a changelog with {} dates", document.dates.size());
    evidence.worth = 0.5;
    evidence.worth_why = "nothing measures how long a change takes";
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found = alert_evidence(in, is_delivery, "alert on the time to market");
  for (const Use* use : uses_of(in, "measures-lead-time")) {
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} measures how soon changes reach users", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.links.push_back({use->span, evidence.what});
    found.push_back(std::move(evidence));
  }
  for (const MetricDefinition& metric : in.facts.metrics) {
    const bool measured = is_delivery(metric.name.view()) && !metric.set_in.empty();
    if (!measured || is_sample(in.facts, metric.span.file) || is_test_code(in.facts, metric.span.file))
      continue;
    Evidence evidence;
    evidence.place = metric.span;
    evidence.what = fmt::format("the metric {} measures how soon changes reach users", metric.name.view());
    evidence.runs_at = in.graph.node_of_function(metric.set_in.front());
    evidence.links.push_back({metric.span, evidence.what});
    found.push_back(std::move(evidence));
  }
  add_changelogs(in, found);
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_lead_time;
const Rule quality_lead_time{
    .summary = "how soon a change reaches users is recorded or measured",
    .why = "A model that takes half a year to change is changed in a hurry when it must be.",
    .fix = "Keep dates of releases, and measure lead time or frequency of deployments in a workflow.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: time to market)",
    .run = run,
};

}  // namespace mlgrade::rules
