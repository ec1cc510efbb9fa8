// Alerts that never fire, or always: by their expression, their labels, or a metric that nothing sets.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

Finding finding(const AlertVerdict& verdict, std::string message, Severity severity, Confidence confidence) {
  Finding out;
  out.severity = severity;
  out.confidence = confidence;
  out.message = std::move(message);
  out.places = {{verdict.alert->span, "the alert"}};
  if (verdict.at.valid() && verdict.at != verdict.alert->span) out.places.push_back({verdict.at, "why"});
  return out;
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const AlertVerdict& verdict : verdicts_of(in)) {
    const AlertRule& alert = *verdict.alert;
    const std::string_view name = alert.name.view();
    switch (verdict.broken) {
      case AlertBreak::kSyntax:
        output.findings.push_back(finding(verdict,
                                          fmt::format("the alert {} is no alert: {}", name, verdict.why),
                                          Severity::kHigh, Confidence::kHigh));
        break;
      case AlertBreak::kExpression:
        if (verdict.always && is_watchdog(alert)) break;
        output.findings.push_back(
            finding(verdict,
                    verdict.always ? fmt::format("the alert {} fires whatever happens: {}", name, verdict.why)
                                   : fmt::format("the alert {} never fires: {}", name, verdict.why),
                    Severity::kHigh, Confidence::kHigh));
        break;
      case AlertBreak::kNeverSet:
        output.findings.push_back(finding(verdict,
                                          fmt::format("the alert {} hears nothing: {}", name, verdict.why),
                                          Severity::kHigh, Confidence::kMedium));
        break;
      case AlertBreak::kLabel:
        output.findings.push_back(finding(verdict,
                                          fmt::format("the alert {} never fires: {}", name, verdict.why),
                                          Severity::kHigh, Confidence::kMedium));
        break;
      default:
        break;
    }
    const uint32_t window = alert.query.event_window;
    if (verdict.broken == AlertBreak::kNone && window != 0 && alert.hold_seconds > window) {
      output.findings.push_back(
          finding(verdict,
                  fmt::format("the alert {} asks for {} seconds of what one event shows for {}", name,
                              alert.hold_seconds, window),
                  Severity::kMedium, Confidence::kMedium));
    }
  }
}

}  // namespace

extern const Rule monitoring_alert_cannot_fire;
const Rule monitoring_alert_cannot_fire{
    .kind = RuleKind::kFinding,
    .summary = "An alert that never fires, or always does",
    .why = "Neither tells anything: the one is silent when it matters, the other was muted long ago.",
    .fix =
        "Write a test of the rule with series that must and must not make it fire, and run promtool in CI.",
    .source = "Breck et al. 2017, Monitor 1-7",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
