// A line each.
#include "reports/terminal_change.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "reports/terminal_item.h"

namespace mlgrade::terminal {
namespace {

std::string cause_of(const ReportItemChange& change) {
  const std::string place = change.place ? where(*change.place) : "";
  return (place.empty() ? "" : place + ": ") + (change.what.empty() ? change.title : change.what);
}

// Items that one link has changed, in one paragraph.
void changed_items(Text& text, const std::vector<ReportItemChange>& changes, const char* arrow) {
  std::vector<std::pair<std::string, std::vector<const ReportItemChange*>>> causes;  // in the order of items
  for (const ReportItemChange& change : changes) {
    const std::string cause = cause_of(change);
    const auto same =
        std::find_if(causes.begin(), causes.end(), [&](const auto& one) { return one.first == cause; });
    if (same != causes.end()) {
      same->second.push_back(&change);
    } else {
      causes.push_back({cause, {&change}});
    }
  }
  for (const auto& [cause, items] : causes) {
    std::string body;
    for (const ReportItemChange* item : items) {
      body += (body.empty() ? "" : ", ") + item->item + " " + number(item->from) + arrow + number(item->to);
    }
    const ReportItemChange& first = *items.front();
    if (items.size() == 1 && first.from_status != first.to_status) {
      body += " (" + first.from_status + arrow + first.to_status + ")";
    }
    const Style style = first.to > first.from   ? Style::kGood
                        : first.to < first.from ? Style::kBad
                                                : Style::kDim;
    text.paragraph("  " +
                       text.styled(first.to > first.from   ? "+"
                                   : first.to < first.from ? "-"
                                                           : "=",
                                   style) +
                       " ",
                   body + ": " + cause, 2);
  }
}

void findings(Text& text, const char* word, const ReportFinding& finding, Style style) {
  std::string body;
  if (!finding.locations.empty()) body = where(finding.locations.front().place) + ": ";
  text.paragraph("  " + text.styled(padded(word, 6), style) + " " + padded(finding.severity, 7),
                 body + finding.message + " (" + finding.rule + ")", 2);
}

}  // namespace

void change(Text& text, const Report& report, const RenderOptions& options) {
  if (!report.change) return;
  const ReportChange& change = *report.change;
  const char* arrow = options.unicode ? " \xe2\x86\x92 " : " -> ";
  std::string score = "ML Test Score " + number(change.score_from);
  if (change.score_from != change.score_to) score += arrow + number(change.score_to);
  text.line(text.styled("Against " + change.against, Style::kBold) + "  " + score +
            (change.score_from == change.score_to ? ", unchanged" : ""));
  changed_items(text, change.items, arrow);
  for (const ReportFinding& finding : report.findings) {
    if (finding.state == "new") findings(text, "new", finding, Style::kBad);
  }
  for (const ReportFinding& finding : change.fixed) findings(text, "fixed", finding, Style::kGood);
  if (change.items.empty() && change.new_findings == 0 && change.fixed.empty()) {
    text.line("  no item and no finding differs");
  }
  text.line();
}

void accepted(Text& text, const Report& report) {
  if (report.accepted.empty()) return;
  text.line(text.styled("Accepted", Style::kBold) + "  " + std::to_string(report.accepted.size()) +
            (report.accepted.size() == 1 ? " finding" : " findings"));
  for (const ReportFinding& finding : report.accepted) {
    const std::string place = finding.locations.empty() ? "" : where(finding.locations.front().place) + ": ";
    text.paragraph("  ", place + finding.rule + ": " + finding.accepted, 2);
  }
  text.line();
}

}  // namespace mlgrade::terminal
