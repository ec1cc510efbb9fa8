// Comparing with an earlier report, and the gates that a report has to pass.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analyzer/options.h"
#include "reports/report.h"

namespace mlgrade {

// Whether a side of `mlgrade diff` is a file with a report, not a revision.
bool names_report(std::string_view side);

// A JSON report of an earlier run. None with a sentence in `error`.
std::optional<Report> read_report_file(const std::string& path, std::string& error);

// How an earlier report is called: its file and the revision that it speaks of.
std::string report_name(const std::string& path, const Report& report);

// Fills `now.change`. False with a sentence in `error`, which names the earlier one.
bool compare_with(const Report& before, Report& now, const std::string& name, std::string& error);

// What differs, for a terminal: a line for the score, each item and each finding.
std::string change_text(const Report& report, const RenderOptions& options);

// --fail-under and --fail-on: what the report does not meet, a sentence; "" where all is met.
std::string unmet_gate(const Report& report, const Options& options);

}  // namespace mlgrade
