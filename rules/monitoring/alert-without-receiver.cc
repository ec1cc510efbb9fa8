// Alerts whose route ends at nobody.
#include <fmt/format.h>

#include <map>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMostPlaces = 6;

void run(const RuleInput& in, RuleOutput& output) {
  std::map<std::pair<Span, std::string>, Finding> by_reason;
  for (const AlertRule& alert : in.facts.alerts) {
    if (alert.routed != Truth::kNo || is_sample(in.facts, alert.span.file)) continue;
    const std::string why = alert.routed_why.empty() ? "no receiver gets it" : alert.routed_why;
    const bool together = alert.system == "prometheus";
    Finding& finding = by_reason[{together ? alert.routed_at : alert.span, why}];
    if (finding.places.size() >= kMostPlaces) continue;
    finding.places.push_back({alert.span, fmt::format("the alert {}", alert.name.view())});
    if (finding.places.size() > 1) continue;
    finding.severity = Severity::kHigh;
    finding.confidence = Confidence::kHigh;
    finding.message = fmt::format("nobody hears the alert {}: {}", alert.name.view(), why);
    if (alert.routed_at.valid() && alert.routed_at != alert.span)
      finding.places.push_back({alert.routed_at, "where its way ends"});
  }
  for (auto& [reason, finding] : by_reason) output.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule monitoring_alert_without_receiver;
const Rule monitoring_alert_without_receiver{
    .kind = RuleKind::kFinding,
    .summary = "An alert that reaches nobody",
    .why = "It fires, and the only one to see it is the page that somebody would have to open.",
    .fix = "Route it to a receiver with an address at which somebody is: a channel, a mailbox, a pager.",
    .source = "Breck et al. 2017, Monitor 1-7",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
