// Everything a reader is shown, ready to print: strings, numbers, paths, lines. Renderers compute nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mlgrade {

struct ReportPlace {
  std::string path;
  uint32_t line = 0;  // of the file on disk; 0: the file as a whole
  uint32_t column = 0;
  uint32_t cell = 0;  // notebook cell from 1; 0: no notebook
  uint32_t cell_line = 0;
  std::string text;  // that line's text, cut to a sane width; control characters replaced
  // The lines around it, for formats that show code: kept for the links of an item's chain, for what is
  // missing and for findings. In a notebook the lines are those of the cell.
  uint32_t excerpt_from = 0;  // number of the first one; 0: none is kept
  std::vector<std::string> excerpt;
};

struct ReportLink {
  ReportPlace place;
  std::string what;
};

struct ReportEvidence {
  std::string rule;
  std::string status;
  double points = 0;
  std::string what;
  std::string missing;
  std::vector<ReportLink> chain;
  std::optional<ReportPlace> missing_at;
};

struct ReportItem {
  std::string id, section, title, question;
  double points = 0;
  std::string status;      // "automated"
  std::string gating;      // of a check that runs: "blocking", "reporting", "swallowed"; else ""
  std::string confidence;  // "high", "medium", "low"; "" without evidence
  std::string why;
  std::vector<ReportLink> chain;
  ReportLink decisive;  // the check, record or document that was weighed: its place and what it is
  std::string missing;
  std::optional<ReportPlace> missing_at;
  std::string next;
  std::string half, full, source, unprovable;
  std::vector<ReportEvidence> evidence;
};

struct ReportSection {
  std::string id, letter, title;
  double sum = 0, strict = 0, applicable = 0;
  int items = 0, applicable_items = 0;
  bool bottleneck = false;
  double attested = 0;  // of `sum`: points that rest on the project's own word
};

struct ReportFinding {
  std::string rule, severity, confidence, message;
  std::vector<ReportLink> locations;
  std::string fingerprint;  // survives moved lines: rule, path, text of the line, ordinal among equals
  std::string fix;
  std::string summary, why, source;  // of its rule
  std::string state;                 // "new" or "known" where the report is compared with an earlier one
  std::string accepted;              // the reason why it is not to be shown as open; "" for open ones
  std::string accepted_by;           // of accepted ones: "comment" in the code, "settings" in .mlgrade.yaml
  std::optional<ReportPlace> accepted_at;  // where that is said
  std::string accepted_until;              // ISO date, where the acceptance has a last day
};

// What the documentation of a rule says, for each rule that a finding names.
struct ReportRule {
  std::string id, severity, summary, why, fix, source;
  int open = 0;            // findings of it that are not accepted
  std::string confidence;  // the least of its findings: "high", "medium", "low"
};

// How often something occurs: findings of a severity, items with a status.
struct ReportCount {
  std::string name;
  int count = 0;
};

// An alert, and whether it can ever fire.
struct ReportAlert {
  std::string name, system;
  std::string fires;  // "yes", "no", "unknown", "always"
  std::string
      broken;  // what is in the way: "", "syntax", "expression", "series", "never-set", "label", "not-loaded"
  std::string why;
  std::string routed;    // "yes", "no", "unknown"
  std::string receiver;  // "" if none is known
  ReportPlace place;
  std::vector<ReportLink> chain;
};

struct ReportProblem {
  std::string kind, message;
  ReportPlace place;
};

struct ReportNext {
  std::string item, title, step;
  double from = 0, to = 0;
  std::optional<ReportPlace> place;  // where the step begins, where that is known
};

struct ReportTrait {
  std::string trait, why;
  ReportPlace place;
};

// One of the nine stages of a machine-learning workflow, from requirements to monitoring.
struct ReportStage {
  std::string id, title;                 // "labelling", "Labelling"
  bool present = false;                  // the repository has it
  bool automated = false;                // a trigger comes to it without a person
  bool tested = false;                   // an effective test runs it
  bool watched = false;                  // something that runs by itself tells when it goes wrong
  std::string what;                      // what shows it: "`pandas.read_csv`"; "" where absent
  std::optional<ReportPlace> place;      // where that stands; of several the one that is automated
  int places = 0;                        // how many such places there are
  std::vector<ReportLink> automated_by;  // from the trigger to it; empty unless automated
  std::optional<ReportLink> tested_by;   // the test; none unless tested
  std::optional<ReportLink> watched_by;  // the alert or the check; none unless watched
};

// One cell of the drill matrix.
struct ReportDrillCell {
  std::string answer = "no";  // "yes", "partly" (by hand, or not all of it), "no", "unknown"
  std::string what;           // what answers it, or what lacks
  std::optional<ReportPlace> place;
  std::vector<ReportLink> chain;  // from the trigger to it, where something runs it
};

// One of the nine silent mistakes: is it detected, and is there proof that the detection fires?
struct ReportDrill {
  std::string item;     // "DRILL-4"
  std::string mistake;  // "A stale or wrong source of data"
  ReportDrillCell detected, proven;
  std::string last_drilled;  // "2026-03-01" of a record, "each run" of an automatic proof, "" never
};

// How automatic the delivery of models is: 0 by hand, 1 a pipeline that trains by itself, 2 CI delivers the
// pipeline. Derived, never a score of its own.
struct ReportLevel {
  int level = 0;
  std::string why;   // what it rests on
  std::string next;  // what lacks to the next level; "" at 2
};

// What the project says of itself in its `.mlgrade.yaml`, for what no repository can show.
struct ReportAttestation {
  std::string item, reason, owner, evidence, expires;  // evidence: a path or a link; expires: ISO date
  double points = 0;   // what it adds to the item: 0.5, or 0 where at least that was found
  std::string effect;  // in words
  ReportPlace place;
};

// Code that is there and was not analysed.
struct ReportUnread {
  std::string language;
  uint64_t files = 0;
  ReportPlace first;
};

// One of several projects in a repository.
struct ReportProject {
  std::string root;  // "." is the top
  std::string why;
  std::string shown_by;  // the file that shows it
  double test_score = 0, readiness = 0;
  std::string band, bottleneck, profile;
  std::vector<std::pair<std::string, double>> sections;  // letter, score out of 7
  bool shown = false;                                    // the report's items are this one's
};

// An item whose points or status differ from those of the earlier report.
struct ReportItemChange {
  std::string item, title;
  double from = 0, to = 0;
  std::string from_status, to_status;
  std::string what;                  // the link that made the change, or what the status rests on, a sentence
  std::optional<ReportPlace> place;  // where that is
};

// Against an earlier report of the same repository.
struct ReportChange {
  std::string against;  // how the earlier one is called: a file or a revision
  double score_from = 0, score_to = 0;
  std::vector<ReportItemChange> items;  // in the order of the rubric
  std::vector<ReportFinding> fixed;     // findings of the earlier report that are gone
  int new_findings = 0;                 // findings of this report whose state is "new"
};

struct ReportStats {
  uint64_t files = 0, bytes = 0, analysed = 0, vendored = 0, python_files = 0, notebooks = 0, tests = 0,
           units = 0;
};

struct Report {
  std::string tool_version, rubric_version;
  std::string repository, revision;
  std::string project;  // the folder that the scores speak of; "" is the repository as a whole
  std::vector<ReportProject> projects;  // all that there are; empty when the repository is one project
  std::string as_of;                    // ISO date or ""
  double test_score = 0, test_score_applicable = 0, readiness = 0;
  std::string band, bottleneck, profile;
  bool profile_detected = false;
  std::vector<std::string> not_scored;  // sections the profile asks for that this program does not score
  std::vector<ReportSection> sections;
  std::vector<ReportItem> items;
  std::vector<ReportFinding> findings;      // open ones
  std::vector<ReportFinding> accepted;      // those that the project accepts, each with its reason
  std::vector<ReportCount> finding_counts;  // of open ones by severity, the worst first; zeros are there, too
  std::vector<ReportCount> item_counts;  // by status, in the order of README.md's table; zeros are left out
  std::vector<ReportRule> rules;         // those that findings name, by id
  std::optional<ReportChange> change;    // where an earlier report was handed in
  std::vector<ReportAlert> alerts;       // and whether each can ever fire
  std::vector<ReportProblem> problems;
  std::vector<ReportTrait> archetype;
  std::string archetype_unread;      // why nothing found says nothing; "" where the code is analysed
  std::vector<ReportUnread> unread;  // by language, most files first
  std::vector<ReportNext> next;
  std::vector<ReportStage> stages;  // all nine, in the order of the workflow
  std::vector<ReportDrill> drills;  // all nine, in the order of the items; empty where none applies
  ReportLevel level;
  std::vector<ReportAttestation> attestations;  // in the order of the file
  ReportStats stats;
};

struct RenderOptions {
  bool color = false;
  bool verbose = false;
  bool unicode = true;  // bars and marks beyond ASCII
  int width = 80;
  bool refused = false;  // formats made of findings show items without points, too
};

// One output format; reports/render_<name>.cc defines `extern const Renderer render_<name>` in
// mlgrade::renderers, the build lists them.
struct Renderer {
  const char* name;  // "json"
  const char* doc;
  const char* endings;  // ".json", space separated
  std::string (*render)(const Report&, const RenderOptions&);
};

std::span<const Renderer* const> all_renderers();  // generated, sorted by name

}  // namespace mlgrade
