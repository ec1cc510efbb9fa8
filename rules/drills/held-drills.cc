// A drill that was held by hand counts, for a time, for the mistake that it brought about.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/drill_log.h"

namespace mlgrade::rules {
namespace {

using Words = std::initializer_list<std::string_view>;

// A mistake, as rubric/drills.yaml names it, and the words of which one of each list tells of it.
struct Mistake {
  std::string_view topic;
  Words about, what;
};

const Mistake kMistakes[] = {
    {"format-change",
     {"column", "columns", "format", "schema", "type", "types"},
     {"renamed", "changed", "dropped", "missing", "wrong", "retyped", "other", "without"}},
    {"model-push",
     {"model", "release", "deployment", "artifact"},
     {"push", "pushed", "upload", "old", "previous", "version", "mismatch", "wrong"}},
    {"feature-bug", {"feature", "features"}, {"bug", "wrong", "mutant", "mutated", "planted", "swapped"}},
    {"stale-source",
     {"data", "dataset", "file", "snapshot", "source"},
     {"stale", "old", "yesterday", "outdated", "age", "staging"}},
    {"source-loss",
     {"source", "store", "database", "api", "upstream", "provider"},
     {"stopped", "down", "away", "unavailable", "outage", "timeout", "unreachable", "killed"}},
    {"telemetry-loss",
     {"telemetry", "collector", "metrics", "prometheus", "logs", "tracing"},
     {"stopped", "down", "away", "overload", "overloaded", "full", "dropped", "unavailable"}},
    {"feedback-loss", {"feedback"}, {"stopped", "missing", "removed", "silent", "absent", "off"}},
    {"stale-settings",
     {"settings", "hyperparameter", "hyperparameters", "config", "configuration", "parameter"},
     {"stale", "old", "unknown", "wrong", "missing"}},
    {"step-format",
     {"step", "steps", "stage", "handover", "contract"},
     {"format", "schema", "column", "columns"}},
};

// What was broken stands in one sentence, and that something noticed it anywhere.
bool tells_of(const HeldDrill& drill, const Mistake& mistake) {
  const bool seen =
      has_word(drill.text, {"alert", "alerts", "alarm", "alarms", "noticed", "detected", "fired", "page",
                            "paged", "failed", "refused", "raised", "observed"});
  std::string_view rest = drill.text;
  while (seen && !rest.empty()) {
    const size_t end = std::min(rest.find_first_of(".;:"), rest.size());
    const std::string_view sentence = rest.substr(0, end);
    if (has_word(sentence, mistake.about) && has_word(sentence, mistake.what)) return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<HeldDrill> held = held_drills(in);
  for (const Mistake& mistake : kMistakes) {
    const HeldDrill* newest = nullptr;
    for (const HeldDrill& drill : held) {
      if (!drill.missing.empty() || !tells_of(drill, mistake)) continue;
      if (newest == nullptr || newest->date < drill.date) newest = &drill;
    }
    if (newest == nullptr) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kResult;
    evidence.place = newest->place;
    evidence.what = fmt::format("a drill of {} is written down", format_date(newest->date));
    evidence.links.push_back({evidence.place, evidence.what});
    evidence.dated = newest->date;
    evidence.confidence = Confidence::kLow;
    evidence.part = std::string(mistake.topic) + " drilled";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule drills_held_drills;
const Rule drills_held_drills{
    .summary = "a drill of this mistake was held and written down",
    .why = "Who has once brought a mistake about knows what it looks like from outside.",
    .fix = "Bring the mistake about on purpose and write down date, fault, expected and observed alert.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
