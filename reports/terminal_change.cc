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

// The same cause at the same place, of an item that names its part before it: "detected: its failure is
// lost".
bool is_part_of(const ReportItemChange& change, const ReportItemChange& other) {
  const bool here = change.place && other.place && where(*change.place) == where(*other.place);
  return here && !other.what.empty() && change.what.ends_with(": " + other.what) &&
         (change.to > change.from) == (other.to > other.from);
}

// Items that one link has changed, in one paragraph.
void changed_items(Text& text, const std::vector<ReportItemChange>& changes, const char* arrow) {
  std::vector<std::pair<std::string, std::vector<const ReportItemChange*>>> causes;  // in the order of items
  for (const ReportItemChange& change : changes) {
    const std::string cause = cause_of(change);
    const auto same = std::find_if(causes.begin(), causes.end(), [&](const auto& one) {
      return one.first == cause || is_part_of(change, *one.second.front());
    });
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

constexpr size_t kShown = 20;  // of a kind, where not everything is asked for

void finding_line(Text& text, const char* word, const ReportFinding& finding, Style style) {
  std::string body;
  if (!finding.locations.empty()) body = where(finding.locations.front().place) + ": ";
  text.paragraph("  " + text.styled(padded(word, 6), style) + " " + padded(finding.severity, 7),
                 body + finding.message + " (" + finding.rule + ")", 2);
}

void rest(Text& text, size_t left_out, const char* word) {
  if (left_out == 0) return;
  text.line("  and " + std::to_string(left_out) + " more " + word +
            " findings: --verbose or another format shows all");
}

// Those of a kind, as many as there is room for.
void finding_lines(Text& text, const char* word, const std::vector<const ReportFinding*>& findings,
                   Style style, bool all) {
  const size_t shown = all ? findings.size() : std::min(findings.size(), kShown);
  for (size_t i = 0; i < shown; ++i) finding_line(text, word, *findings[i], style);
  rest(text, findings.size() - shown, word);
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
  std::vector<const ReportFinding*> fresh, fixed;
  for (const char* severity : {"high", "medium", "low", "info"}) {
    for (const ReportFinding& finding : report.findings)
      if (finding.state == "new" && finding.severity == severity) fresh.push_back(&finding);
  }
  for (const ReportFinding& finding : change.fixed) fixed.push_back(&finding);
  finding_lines(text, "new", fresh, Style::kBad, options.verbose);
  finding_lines(text, "fixed", fixed, Style::kGood, options.verbose);
  if (change.items.empty() && change.new_findings == 0 && change.fixed.empty()) {
    text.line("  no item and no finding differs");
  }
  text.line();
}

void accepted(Text& text, const Report& report, const RenderOptions& options) {
  if (report.accepted.empty()) return;
  text.line(text.styled("Accepted", Style::kBold) + "  " + std::to_string(report.accepted.size()) +
            (report.accepted.size() == 1 ? " finding" : " findings"));
  const size_t shown = options.verbose ? report.accepted.size() : std::min(report.accepted.size(), kShown);
  for (size_t i = 0; i < shown; ++i) {
    const ReportFinding& finding = report.accepted[i];
    const std::string place = finding.locations.empty() ? "" : where(finding.locations.front().place) + ": ";
    text.paragraph("  ", place + finding.rule + ": " + acceptance(finding), 2);
  }
  rest(text, report.accepted.size() - shown, "accepted");
  text.line();
}

}  // namespace mlgrade::terminal
