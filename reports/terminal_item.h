// One item or finding on a terminal, shared by the report and by `mlgrade explain`.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/terminal_text.h"

namespace mlgrade::terminal {

std::string where(const ReportPlace& place);  // "src/x.py:12", "nb.ipynb cell 3, line 2"
Style style_of(double points);

// Why an accepted finding is accepted, and where a list says so: "known (.mlgrade.yaml:4, until 2027-03-01)".
// A comment stands at the finding itself.
std::string acceptance(const ReportFinding& finding);

std::string kind_of_system(const std::string& profile);  // "a service", "an llm-app"
// Why the score says little of this repository; "" where it does not.
std::string caution(const Report& report);

// Mark, id, points, status and title; below, the place to look. With `verbose` every link with its line.
void item(Text& text, const ReportItem& item, const RenderOptions& options);
void chain(Text& text, const std::vector<ReportLink>& chain, const RenderOptions& options);
void finding(Text& text, const ReportFinding& finding, const RenderOptions& options);

}  // namespace mlgrade::terminal
