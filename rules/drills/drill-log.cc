// Drills that were held are written down: what was broken, when, and what was seen.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kEntries = 2;  // one drill by itself is a drill, no programme

bool is_log(std::string_view path) {
  if (contains_phrase(path, "drill down")) return false;
  if (has_word(path, {"drill", "drills", "gameday", "gamedays", "rehearsal", "rehearsals"})) return true;
  return contains_phrase(path, "fire drill") || contains_phrase(path, "game day") ||
         contains_phrase(path, "dr test");
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<const Document*> dated;
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    if (is_log(in.facts.path(document.file)) && !document.dates.empty()) dated.push_back(&document);
  }
  size_t entries = 0;
  const Document* newest = nullptr;
  for (const Document* document : dated) {
    std::vector<Date> dates = document->dates;
    std::sort(dates.begin(), dates.end());
    entries += static_cast<size_t>(std::unique(dates.begin(), dates.end()) - dates.begin());
    const auto latest = [](const Document& d) { return *std::max_element(d.dates.begin(), d.dates.end()); };
    if (newest == nullptr || latest(*newest) < latest(*document)) newest = document;
  }
  if (newest == nullptr) return;
  Evidence evidence;
  evidence.mode = EvidenceMode::kResult;
  evidence.place = Span{newest->file, 1, 1, 1};
  evidence.what = "drills that were held are written down";
  evidence.dated = *std::max_element(newest->dates.begin(), newest->dates.end());
  evidence.links.push_back({evidence.place, evidence.what});
  if (entries < kEntries) {
    evidence.defeat = "a single drill is no programme: one date stands in it";
    evidence.defeat_at = evidence.place;
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
