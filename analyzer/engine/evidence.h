// What a rule hands on: evidence for rubric items and findings of technical debt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/base/truth.h"
#include "analyzer/facts/documents.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

enum class EvidenceMode {
  kCheck,     // worth what its run is worth: reached, effective (rubric 1, rules 9 and 15)
  kStanding,  // needs no run: a lock file, an owner, a label, a shared transform
  kResult,    // the recorded result of a run made by hand; expires (rubric 1.8)
  kMention,   // only named: in a manifest, a README, an unused import
};

enum class Status {
  kAbsent,
  kDeclared,
  kPresent,
  kNeutralised,
  kManual,
  kAutomated,
  kAttested,
  kNotApplicable,
  kUnknown
};

// One reason for or against a point. A rule fills in the first part; the engine completes `reach` from the
// graph.
struct Evidence {
  std::string_view rule;  // set by the engine
  EvidenceMode mode = EvidenceMode::kCheck;
  Span place;
  std::string what;          // "pandera schema with ranges for 9 columns"
  NodeId runs_at = kNone;    // kCheck: the node whose run performs the check
  bool runs_itself = false;  // kCheck without runs_at: what runs it lies outside the repository and needs
                             // only this file (a loaded alert rule, an update bot, a protected branch)
  std::vector<Link> links;   // from there to the check: test -> function -> schema.validate
  Effect effect =
      Effect::kBlocking;  // of the check itself, inside the code: a result nobody branches on is swallowed
  Span effect_at;
  std::string effect_why;
  bool publishes = false;  // the check's own result is written where others read it
  Link publication;
  double worth = 1.0;     // at most this, whatever the run: 0.5 for one kind of evidence by nature
  std::string worth_why;  // required when worth < 1: "types only, no ranges", "3 of 9 feature functions"
  std::optional<double> share;  // 0..1: how much of what the item asks for it covers; items set the bar
  std::string share_why;        // "3 of 9 feature functions"
  std::string defeat;           // false evidence by itself (rubric 6): what defeats it; it then counts 0
  Span defeat_at;
  std::string remedy;  // with a defeat: the step that mends it, a sentence; empty: the item's own says it
  Truth certain = Truth::kYes;  // unknown: a file that would decide it could not be analysed
  Confidence confidence = Confidence::kHigh;
  std::optional<Date> dated;  // kResult: date written in it, else of its last commit
  uint32_t distance = 0;  // links between what runs and what it shows: of equal evidence the nearest is told
  std::string part;       // which part of the item it speaks for, where the item has parts
  Reach reach;            // by the engine, kCheck only
};

enum class Severity { kInfo, kLow, kMedium, kHigh };

struct FindingPlace {
  Span span;
  std::string note;
};

struct Finding {
  std::string_view rule;  // set by the engine
  Severity severity = Severity::kMedium;
  Confidence confidence = Confidence::kHigh;
  std::string message;
  std::vector<FindingPlace> places;  // the first is the place, others are related
};

}  // namespace mlgrade
