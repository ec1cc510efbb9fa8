// Telemetry that stops is noticed.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  for (const AlertRule& alert : in.facts.alerts) {
    if (is_sample(in.facts, alert.span.file) ||
        (alert.expression.find("absent(") == std::string::npos &&
         alert.expression.find("absent_over_time(") == std::string::npos))
      continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = alert.span;
    evidence.what = fmt::format("the alert {} tells when a series is gone", alert.name.view());
    evidence.worth = 0.5;
    evidence.worth_why = alert.routed == Truth::kYes
                             ? "nothing here applies it by itself, and no drill shows that it fires"
                             : "nobody is shown to receive it";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule telemetry_liveness_alert;
const Rule telemetry_liveness_alert{
    .summary = "an alert tells when telemetry stops",
    .why = "No data looks like no trouble.",
    .fix = "Alert on the absence of each series that matters, and let a dead man switch ring outside.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .run = run,
};

}  // namespace mlgrade::rules
