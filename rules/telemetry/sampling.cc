// Telemetry has an end: it is sampled, waits in a queue with a bound, and is kept for a time.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/engine/rule.h"
#include "rules/support/telemetry.h"

namespace mlgrade::rules {
namespace {

using Kind = TelemetryBound::Kind;

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<TelemetryBound> bounds = telemetry_bounds(in);
  constexpr std::array<std::pair<Kind, std::string_view>, 3> kKinds = {{
      {Kind::kSampled, "no sampler"},
      {Kind::kBounded, "no bound of the queue"},
      {Kind::kKept, "no time of keeping"},
  }};
  Evidence evidence;
  std::string missing;
  NodeId node = kNone;
  for (const auto& [kind, absent] : kKinds) {
    const TelemetryBound* found = nullptr;
    for (const TelemetryBound& one : bounds) {
      if (one.kind == kind && found == nullptr) found = &one;
      if (one.kind != kind || one.node == kNone || node != kNone) continue;
      if (in.graph.reached_by(one.node) == Reach::By::kAutomatic) node = one.node;
    }
    if (found == nullptr) {
      missing += (missing.empty() ? "" : " and ") + std::string(absent);
      continue;
    }
    if (evidence.links.empty()) {
      evidence.place = found->at;
      evidence.what = found->what;
    }
    evidence.links.push_back({found->at, found->what});
  }
  const bool bounded = std::any_of(bounds.begin(), bounds.end(),
                                   [](const TelemetryBound& one) { return one.kind != Kind::kKept; });
  if (!bounded) return;  // what is kept for a month may still be all that there is
  if (missing.empty() && node != kNone) {
    evidence.runs_at = node;
    output.evidence.push_back(std::move(evidence));
    return;
  }
  evidence.mode = EvidenceMode::kStanding;
  evidence.worth = 0.5;
  evidence.worth_why = missing.empty() ? "nothing here deploys it by itself" : missing + " is shown";
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule telemetry_sampling;
const Rule telemetry_sampling{
    .summary = "telemetry is sampled, bounded and kept for a time",
    .why = "A record of everything grows until somebody switches it off.",
    .fix = "Sample traces and payloads, bound the queue, and set how long they are kept.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry: sampling and scale)",
    .run = run,
};

}  // namespace mlgrade::rules
