// No feedback at all is noticed, not only bad feedback.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/rule_tests.h"

namespace mlgrade::rules {
namespace {

// The series that stops has to be one that the service exports, else its absence is no news.
void add_metric(const RuleInput& in, const AlertRule& alert, Evidence& drill) {
  for (const Name series : alert.metrics) {
    const MetricDefinition* metric = metric_of(in.facts, series);
    if (metric == nullptr || metric->set_at.empty()) continue;
    drill.links.push_back({metric->span, fmt::format("defines {}", metric->name.view())});
    drill.links.push_back({metric->set_at.front(), "counts the feedback"});
    return;
  }
  if (drill.worth < 1) return;
  drill.worth = 0.5;
  drill.worth_why = "no code here exports what it listens to";
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<RuleTest> tests = rule_tests(in);
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file) || alert.vacuous) continue;
    const bool feedback = std::any_of(alert.metrics.begin(), alert.metrics.end(),
                                      [](Name m) { return about_feedback(m.view()); });
    const std::string_view text = alert.expression;
    const bool asks = std::any_of(alert.query.reads.begin(), alert.query.reads.end(),
                                  [](const SeriesRead& read) { return read.absence; });
    const bool absence =
        asks || text.find("< ") != std::string_view::npos || text.find("== 0") != std::string_view::npos;
    if (!feedback || !absence) continue;
    Evidence evidence;
    evidence.place = alert.span;
    evidence.what = fmt::format("the alert {} tells when feedback stops", alert.name.view());
    evidence.links.push_back({alert.span, evidence.what});
    evidence.mode = EvidenceMode::kStanding;
    evidence.part = "detected";
    evidence.worth = 0.5;
    const std::string why = why_not_loaded(in, alert);
    evidence.worth_why = why.empty() ? "no drill shows that it fires" : why;
    output.evidence.push_back(std::move(evidence));
    for (const RuleTest& test : tests) {
      if (test.alert != &alert) continue;
      Evidence drill = evidence_of(test);
      add_metric(in, alert, drill);
      output.evidence.push_back(std::move(drill));
    }
  }
}

}  // namespace

extern const Rule drills_absence_alert;
const Rule drills_absence_alert{
    .summary = "an alert tells when feedback stops",
    .why = "A broken button looks like content users.",
    .fix = "Alert on the absence of feedback over a day, and send a synthetic one to see it arrive.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
