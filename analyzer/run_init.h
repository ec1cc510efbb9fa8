// mlgrade init: shows what it proposes, and writes it where it is told to.
#pragma once

#include <string>

#include "analyzer/options.h"
#include "analyzer/run_analysis.h"

namespace mlgrade {

// Prints the files, or with --write writes all of them or none: nothing that is there is replaced without
// --force, and no link is followed. Returns false with a sentence in `error`.
bool init_repository(const Options& options, const Analysis& analysis, const Definitions& definitions,
                     std::string& error);

}  // namespace mlgrade
