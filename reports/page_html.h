// Pieces of HTML that several parts of the page share. Everything of the repository is escaped here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/report.h"

namespace mlgrade::page {

// How much a page shows; a report that would be too large is shown with less.
struct Detail {
  bool code = true;          // lines around a place, not only the line itself
  bool other_chains = true;  // the chains of evidence that was weighed and is not the best
};

std::string tag(std::string_view name, std::string_view attributes, std::string_view body);
std::string text(std::string_view text);        // escaped
std::string sentence(std::string_view text);    // escaped, what stands between backticks as <code>
std::string ended(std::string_view text);       // the same with a full stop, unless it has one
std::string whole(std::string_view text);       // the same as a sentence of its own: it begins with a capital
std::string where(const ReportPlace& place);    // <span class="place">, empty without a path
std::string file_of(const ReportPlace& place);  // the same without its folder, for where there is little room

std::string chip(std::string_view words, std::string_view kind);  // kind: good, half, bad, none
std::string kind_of(const ReportItem& item);                      // the same words, by points and status
std::string kind_of_severity(std::string_view severity);
std::string kind_of_score(double score);     // of 7
bool applies(const ReportSection& section);  // a section that holds the score always does
std::string points(const ReportItem& item);
std::string count(size_t n, std::string_view one);  // "1 finding", "3 findings"
std::string bar(double value, double full, std::string_view kind);

// The line of the place, or the lines around it with the line marked.
std::string code(const ReportPlace& place, bool around);

// From the trigger to the check, or as far as it goes and where it breaks.
std::string chain(const ReportItem& item, const Detail& detail);
std::string compact_chain(const std::vector<ReportLink>& chain);

std::string card(std::string_view id, std::string_view title, std::string_view body);  // empty without a body

}  // namespace mlgrade::page
