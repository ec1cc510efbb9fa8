// Points. The only place where evidence becomes a number (architecture, invariant 8).
// Source: E. Breck et al., "The ML Test Score", IEEE Big Data 2017, section VI (scoring) and tables I-IV
// (items).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/problem.h"
#include "analyzer/engine/evidence.h"
#include "analyzer/facts/repository.h"

namespace mlgrade {

// "library without serving": all of the traits and none of the others.
struct ArchetypeTest {
  std::vector<Trait> with;
  std::vector<Trait> without;
  std::string text;  // as written, for the report
};

// Evidence from one rule, or the score of an item that stands before, as an item takes it.
struct ItemEvidence {
  std::string rule;          // id; empty: `item` it is
  double at_most = 1.0;      // cap for this kind of evidence
  std::string because;       // required with a cap
  bool checks_only = false;  // recorded results and standing evidence do not speak for this part
  std::string item;          // "RISK-1": what that item earned, with its chain
};

// A part of an item; most items have one, with an empty name. MON-1 has two: code and upstream data.
struct ItemPart {
  std::string name;
  std::vector<ItemEvidence> evidence;
  bool needed = false;                  // without it the others earn nothing
  std::vector<ArchetypeTest> only_for;  // any of these: the part is asked for; empty: always
  std::string topic;                    // evidence that names this topic as its part speaks for it, too
  std::string none;                     // what to say where nothing was found; empty: just that
};

struct Item {
  std::string id;  // "DATA-1"
  std::string title;
  std::string question;
  std::string half;  // what earns half a point
  std::string full;  // what earns the full point
  std::string source;
  std::string next_absent;                    // what to do first when nothing is there
  std::string next_present;                   // ... when a check exists that nothing runs
  std::string next_half;                      // ... from half a point to the full one; empty: `full`
  std::string unprovable;                     // what no repository can show, and the artifact that would
  bool blocking = false;                      // the full point needs a check that blocks
  bool needs_model = true;                    // does not apply to a repository without ML
  bool needs_code = true;                     // code that could not be read may hold what is asked for
  std::vector<ArchetypeTest> not_applicable;  // any of these: does not apply
  double full_share = 0;  // least Evidence.share that earns the full point; 0: the item asks for none
  double full_parts = 1;  // sum of part points that earns 1 (0.5 needs at least half_parts)
  double half_parts = 0.5;
  std::vector<ItemPart> parts;
  uint32_t line = 0;
};

struct Section {
  std::string id;      // "DATA"
  std::string letter;  // "A"
  std::string title;
  bool in_test_score = false;  // sections A-D
  std::vector<Item> items;
};

struct Profile {
  std::string name;
  std::string summary;
  std::vector<std::string> sections;
  std::vector<ArchetypeTest>
      chosen_for;  // archetypes that get it without asking; the first profile that fits
};

struct Rubric {
  std::string version;
  std::vector<Section> sections;  // by letter
  std::vector<Profile> profiles;  // profiles.yaml, in order of preference
};

// Documents: rubric/*.yaml as (path, tree). A mistake in them is a problem with a line, and our bug.
Rubric read_rubric(const std::vector<std::pair<std::string, DataNode>>& documents,
                   std::vector<Problem>& problems);

// What one piece of evidence is worth to an item.
struct Verdict {
  const Evidence* evidence = nullptr;
  Status status = Status::kAbsent;
  double points = 0;
  Effect gating = Effect::kBlocking;
  Confidence confidence = Confidence::kHigh;
  std::string missing;  // the first broken link, or what lacks to a full point; empty at 1
  Span missing_at;
  std::string step;  // what would mend just that; empty: the item's own `next_*` says it better
  int links_missing = 0;
  std::vector<Link> chain;  // of the item whose score this is; empty: the evidence's own
};

// What the project's `.mlgrade.yaml` says where no repository can show it: half a point at most.
struct Attestation {
  std::string item, reason, owner;
  std::string evidence;  // a path of the repository or a link
  Date expires;          // the last day on which it holds
  Span place;
};

struct NotApplicable {
  std::string item, reason;
  Span place;
};

// Findings that the project accepts: those of a rule, in all files or some.
struct IgnoreEntry {
  std::string rule, reason;
  std::string folder;              // where the file lies, "" is the top; nothing outside of it is accepted
  std::vector<std::string> paths;  // patterns of base/glob.h, from that folder; none: all of it
  std::optional<Date> expires;     // the last day on which it holds
  bool expired = false;
  Span place;
};

// Whether the entry speaks of the file at `path`, which is relative to the repository.
bool speaks_of(const IgnoreEntry& entry, std::string_view path);

struct ProjectSettings {
  std::string profile;  // empty: by archetype
  std::vector<Attestation> attestations;
  std::vector<NotApplicable> not_applicable;
  std::vector<IgnoreEntry> ignore;  // in the order of the file
};

// One part of an item as it was weighed.
struct PartResult {
  const ItemPart* part = nullptr;
  double points = 0;
  std::optional<Verdict> best;  // none: nothing was found
};

struct ItemScore {
  const Item* item = nullptr;
  const Section* section = nullptr;
  Status status = Status::kAbsent;
  double points = 0;
  std::optional<Effect> gating;          // of a check that runs
  std::optional<Confidence> confidence;  // none where there is no evidence
  std::vector<Link> chain;               // of the award, or as far as it came
  std::string missing;                   // the first broken link, or what lacks to a full point; empty at 1
  Span missing_at;
  std::string next;                       // one step that would raise it
  int links_missing = 0;                  // for the order of "what next"
  std::vector<Verdict> evidence;          // all that was weighed, best first
  std::vector<PartResult> parts;          // in the order of the item's
  std::string why;                        // one sentence
  const Attestation* attested = nullptr;  // the points rest on it; points into ScoreOptions::settings
};

struct SectionScore {
  const Section* section = nullptr;
  double sum = 0;         // of points
  double attested = 0;    // of these, points that rest on the project's word
  double strict = 0;      // scaled to 7, items that do not apply score 0
  double applicable = 0;  // 7 x earned / applicable; equals strict when all apply
  int applicable_items = 0;
};

struct Scorecard {
  std::vector<ItemScore> items;  // rubric order
  std::vector<SectionScore> sections;
  double test_score = 0;  // minimum of A-D, strict
  double test_score_applicable = 0;
  std::string band;
  std::string bottleneck;  // section id
  std::string profile;
  bool profile_detected = false;        // chosen by archetype, not by the user
  double readiness = 0;                 // minimum over the profile's sections that this build scores
  std::vector<std::string> not_scored;  // sections the profile asks for that this build does not score
  std::vector<size_t> next;             // indices into items, the cheapest first
};

struct ScoreOptions {
  std::string profile;  // empty: as the settings say, else by archetype
  std::optional<Date> as_of;
  const ProjectSettings* settings = nullptr;  // null: there are none; must outlive the scorecard
};

const Profile* find_profile(const Rubric& rubric, std::string_view name);  // null if there is none
const Item* find_item(const Rubric& rubric, std::string_view id);          // null if there is none
std::string_view status_name(Status status);                               // "not-applicable"

// From the trigger through reach and links to the place itself; no line twice in a row.
std::vector<Link> chain_of(const Evidence& evidence);

// Weighs one piece of evidence for an item (rubric rules on chains, effects, caps and expiry).
Verdict judge(const Evidence& evidence, const Item& item, const ItemEvidence& how, std::optional<Date> as_of);

Scorecard score(const Rubric& rubric, const std::vector<Evidence>& evidence, const Archetype& archetype,
                const ScoreOptions& options);
std::string band_of(double test_score);

}  // namespace mlgrade
