// What differs between two reports of one repository.
#pragma once

#include <optional>
#include <string>

#include "reports/report.h"

namespace mlgrade {

// Reads what render_json wrote. None with a sentence in `error`: no report, or one of another version.
std::optional<Report> read_report(const std::string& text, std::string& error);

// Fills `now.change`, and the state of each of its findings. `against` is how the earlier report is called.
// False with a sentence in `error` where the two cannot be compared.
bool compare_reports(const Report& before, Report& now, const std::string& against, std::string& error);

}  // namespace mlgrade
