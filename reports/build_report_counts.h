// How often each severity and each status occurs. Used where a report is built or read.
#pragma once

#include "reports/report.h"

namespace mlgrade {

// Fills `finding_counts` from the open findings: "high", "medium", "low", "info".
void count_findings(Report& report);

// Fills `item_counts` from the items, by status.
void count_items(Report& report);

}  // namespace mlgrade
