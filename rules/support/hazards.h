// Tables of what can go wrong.
#pragma once

#include <cstddef>
#include <vector>

#include "analyzer/facts/documents.h"

namespace mlgrade {

// A filled analysis of hazards: at least five ways to fail with what follows from them. A project's own risks
// have the same columns, so a table of risks must say causes or speak of the system.
bool is_hazard_table(const DocTable& table);

// Rows of the worst severity, as the column of severities (else of priority numbers) tells; all of them where
// no column does.
std::vector<size_t> grave_rows(const DocTable& table);

}  // namespace mlgrade
