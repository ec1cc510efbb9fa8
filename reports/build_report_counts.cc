// Counting what a report holds.
#include "reports/build_report_counts.h"

#include <algorithm>

namespace mlgrade {

void count_findings(Report& report) {
  report.finding_counts.clear();
  for (const char* severity : {"high", "medium", "low", "info"}) {
    const auto count =
        std::count_if(report.findings.begin(), report.findings.end(),
                      [&](const ReportFinding& finding) { return finding.severity == severity; });
    report.finding_counts.push_back({severity, static_cast<int>(count)});
  }
}

void count_items(Report& report) {
  report.item_counts.clear();
  for (const char* status : {"automated", "manual", "attested", "neutralised", "present", "declared",
                             "absent", "unknown", "not-applicable"}) {
    const auto count = std::count_if(report.items.begin(), report.items.end(),
                                     [&](const ReportItem& item) { return item.status == status; });
    if (count > 0) report.item_counts.push_back({status, static_cast<int>(count)});
  }
}

}  // namespace mlgrade
