// A line each.
#include "reports/terminal_change.h"

#include <string>

#include "reports/terminal_item.h"

namespace mlgrade::terminal {
namespace {

void changed_item(Text& text, const ReportItemChange& change, const char* arrow) {
  const Style style = change.to > change.from   ? Style::kGood
                      : change.to < change.from ? Style::kBad
                                                : Style::kDim;
  std::string head = "  " + padded(change.item, 9) + " " +
                     text.styled(padded(number(change.from) + arrow + number(change.to), 9), style) + " ";
  std::string body;
  if (change.from_status != change.to_status) body = change.from_status + arrow + change.to_status + ": ";
  if (change.place && !change.place->path.empty()) body += where(*change.place) + ": ";
  text.paragraph(head, body + (change.what.empty() ? change.title : change.what), 2);
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
  for (const ReportItemChange& one : change.items) changed_item(text, one, arrow);
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
