// Drills that were held are written down: what was broken, when, and what was seen.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/drill_log.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kShown = 3;
constexpr size_t kEntries = 2;  // one drill by itself is a drill, no programme

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<HeldDrill> held = held_drills(in);
  if (held.empty()) return;
  std::stable_sort(held.begin(), held.end(),
                   [](const HeldDrill& a, const HeldDrill& b) { return a.date > b.date; });
  const auto broken =
      std::find_if(held.begin(), held.end(), [](const HeldDrill& d) { return !d.missing.empty(); });
  const std::string missing = broken == held.end() ? "" : broken->missing;
  const Span missing_at = broken == held.end() ? Span{} : broken->place;
  std::set<Date> days;
  for (const HeldDrill& drill : held) {
    if (drill.missing.empty()) days.insert(drill.date);
  }
  Evidence evidence;
  evidence.mode = EvidenceMode::kResult;
  evidence.place = held.front().place;
  evidence.what = "drills that were held are written down";
  evidence.dated = held.front().date;
  for (size_t i = 0; i < std::min(held.size(), kShown); ++i)
    evidence.links.push_back({held[i].place, fmt::format("the drill of {}", format_date(held[i].date))});
  if (days.size() < kEntries) {
    evidence.defeat = missing.empty() ? std::string("a single drill is no programme: one date stands in it")
                                      : fmt::format("it names {}, which does not exist", missing);
    evidence.defeat_at = missing.empty() ? evidence.place : missing_at;
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule drills_drill_log;
const Rule drills_drill_log{
    .summary = "drills are held again and again and written down",
    .why = "A rehearsal that happened once says how it was, not how it is.",
    .fix =
        "Hold a drill each quarter and write down date, fault, expected and observed alert, time to detect, "
        "and follow-ups.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
