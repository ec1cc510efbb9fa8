// The command line, as plain values. CLI11 is used in options.cc alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/date.h"

namespace mlgrade {

struct Options {
  enum class Task { kScan, kExplain, kList, kDiff, kInit };
  Task task = Task::kScan;
  std::string path = ".";  // scan, init: the repository; explain: --in, may be empty
  std::string revision;    // --rev; empty: the work tree
  // --format: none: by the ending of each output, else terminal; one: for all outputs; or one for each
  // output.
  std::vector<std::string> formats;
  std::vector<std::string> outputs;  // "-": standard output; none: the same
  unsigned jobs = 0;                 // 0: one a processor
  std::optional<Date> as_of;         // --as-of
  std::string profile;               // empty: by archetype
  std::string project;               // --project: a folder of the repository; empty: all of it
  std::optional<double> fail_under;
  std::vector<std::string> fail_on;  // "high", "medium", "low", "info", "new"
  std::string baseline;              // a JSON report to compare with; empty: none
  std::string old_side, new_side;    // diff: a JSON report or a revision; an empty new side: the work tree
  bool refused = false;              // formats made of findings show items without points, too
  std::string workflow;              // init: "github", "gitlab"; empty: none
  bool write = false;                // init: write, not only show
  bool force = false;                // init: replace what is there
  bool verbose = false;
  bool quiet = false;   // no progress
  std::string subject;  // explain: item or rule; list: what
};

// What the arguments ask for; or, when `exit_code` is set, that the program is over (help, version, a
// mistake) and what it has to say.
struct ParsedOptions {
  Options options;
  std::optional<int> exit_code;
  std::string message;  // to standard output for code 0, else to standard error
};

// `formats` are named in the help and checked.
ParsedOptions parse_options(int argc, const char* const* argv, const std::vector<std::string>& formats);

}  // namespace mlgrade
