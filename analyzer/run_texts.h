// What `mlgrade explain` and `mlgrade list` print.
#pragma once

#include <optional>
#include <string>

#include "analyzer/run_analysis.h"
#include "reports/report.h"

namespace mlgrade {

// Documentation of an item ("DATA-7") or a rule ("data/feature-schema"). None with a sentence in `error`,
// which names the nearest one there is.
std::optional<std::string> explain_text(const std::string& subject, const Definitions& definitions,
                                        const RenderOptions& options, std::string& error);

// What a scan found for it: the chain of an item, link by link with the text of each line, or how far it
// comes and the link that is broken; then, a line each, what else was weighed (with `verbose` their chains,
// too).
std::string found_text(const std::string& subject, const Report& report, const RenderOptions& options);

// "items", "rules", "tools", "profiles", "formats"; "" for all.
std::string list_text(const std::string& subject, const Definitions& definitions,
                      const RenderOptions& options);

}  // namespace mlgrade
