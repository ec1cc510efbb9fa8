// Results that a row or a column of a document's table states, whatever the table is of: "Training time | 81
// s".
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "rules/support/results.h"

namespace mlgrade {

// Rows whose first cell, and columns whose header, is a name of the subject, with figures that were measured.
// Plans, bounds and templates are none.
std::vector<RecordedResult> rows_about(const RuleInput& in,
                                       const std::function<bool(std::string_view)>& is_subject);

}  // namespace mlgrade
