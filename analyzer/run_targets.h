// Which formats are written, and where to.
#pragma once

#include <string>
#include <vector>

#include "analyzer/options.h"
#include "reports/report.h"

namespace mlgrade {

// One thing to write: a format and where it goes.
struct Target {
  const Renderer* renderer = nullptr;
  std::string path;  // "" and "-": standard output

  bool to_file() const { return !path.empty() && path != "-"; }
};

// By --format, else by the ending of each --output. Empty with a sentence in `error`.
std::vector<Target> choose_targets(const Options& options, std::string& error);

}  // namespace mlgrade
