// Alerts that send whoever is woken to a page that is not there.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/runbooks.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  for (const AlertRule& alert : in.facts.alerts) {
    if (alert.runbook.empty() || is_sample(in.facts, alert.span.file)) continue;
    const std::string why = why_dangling(in, alert);
    if (why.empty()) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence = Confidence::kHigh;
    finding.message = fmt::format("the runbook of {} leads nowhere: {}", alert.name.view(), why);
    finding.places = {{alert.runbook_at, "the link"}, {alert.span, "the alert"}};
    output.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule monitoring_dangling_runbook;
const Rule monitoring_dangling_runbook{
    .kind = RuleKind::kFinding,
    .summary = "A runbook that is not there",
    .why = "Whoever is woken at night has a link, and behind it nothing.",
    .fix = "Write the section, or link the one that there is.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (incident response)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
