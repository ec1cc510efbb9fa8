// The parts of the page, each a card with a heading, or "" where the report has nothing for it.
#pragma once

#include <cstddef>
#include <string>

#include "reports/page_html.h"
#include "reports/report.h"

namespace mlgrade::page {

std::string score_card(const Report& report);     // score, band, readiness, level, change
std::string projects_card(const Report& report);  // several systems in one repository
std::string sections_card(const Report& report);
std::string stages_card(const Report& report);  // the workflow from requirements to monitoring
std::string next_card(const Report& report);
std::string items_card(const Report& report, const Detail& detail);
std::string drills_card(const Report& report);
std::string attestations_card(const Report& report);
// As many findings as fit into `room` bytes, the worst first, with a note about the `left_out` others.
std::string findings_card(const Report& report, const Detail& detail, size_t room, size_t& left_out);
std::string limits_card(const Report& report);  // what could not be analysed
std::string method_card(const Report& report);

}  // namespace mlgrade::page
