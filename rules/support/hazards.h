// Tables of what can go wrong.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// A filled analysis of hazards: at least five ways to fail with what follows from them. A project's own risks
// have the same columns, so a table of risks must say causes or speak of the system.
bool is_hazard_table(const DocTable& table);

// Hands over each such table that the project itself wrote and filled.
void each_hazard_table(const RuleInput& in,
                       const std::function<void(const Document&, const DocTable&)>& hand_over);

// Rows of the worst severity, as the column of severities (else of priority numbers) tells; all of them where
// no column does.
std::vector<size_t> grave_rows(const DocTable& table);

}  // namespace mlgrade
