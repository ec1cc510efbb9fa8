// Alerts on bad feedback where none tells that feedback has stopped.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

// Fires when there is little or nothing of it.
bool tells_of_silence(const AlertRule& alert) {
  const auto gone = [](const SeriesRead& read) { return read.absence; };
  if (std::any_of(alert.query.reads.begin(), alert.query.reads.end(), gone)) return true;
  const std::string& text = alert.expression;
  return text.find('<') != std::string::npos || text.find("== 0") != std::string::npos ||
         text.find("==0") != std::string::npos;
}

void run(const RuleInput& in, RuleOutput& output) {
  const AlertRule* first = nullptr;
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file)) continue;
    const bool feedback = std::any_of(alert.metrics.begin(), alert.metrics.end(),
                                      [](Name name) { return about_feedback(name.view()); });
    if (!feedback) continue;
    if (tells_of_silence(alert)) return;
    if (first == nullptr && alert.query.parsed == Truth::kYes) first = &alert;
  }
  if (first == nullptr) return;
  Finding finding;
  finding.severity = Severity::kMedium;
  finding.confidence = Confidence::kMedium;
  finding.message =
      fmt::format("{} rings for bad feedback, and nothing rings when feedback stops", first->name.view());
  finding.places = {{first->span, "the alert"}};
  output.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule monitoring_no_absence_alert;
const Rule monitoring_no_absence_alert{
    .kind = RuleKind::kFinding,
    .summary = "Bad feedback is noticed, no feedback is not",
    .why = "A button that is broken looks like users who are content.",
    .fix = "Add an alert with absent_over_time() on the feedback, or on its rate falling below a floor.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
