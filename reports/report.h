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
};

struct ReportFinding {
  std::string rule, severity, confidence, message;
  std::vector<ReportLink> locations;
  std::string fingerprint;  // survives moved lines: rule, path, text of the line, ordinal among equals
  std::string fix;
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
  std::vector<ReportFinding> findings;
  std::vector<ReportAlert> alerts;
  std::vector<ReportProblem> problems;
  std::vector<ReportTrait> archetype;
  std::string archetype_unread;      // why nothing found says nothing; "" where the code is analysed
  std::vector<ReportUnread> unread;  // by language, most files first
  std::vector<ReportNext> next;
  ReportStats stats;
};

struct RenderOptions {
  bool color = false;
  bool verbose = false;
  bool unicode = true;  // bars and marks beyond ASCII
  int width = 80;
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
