// Items, chains and findings as lines of text.
#include "reports/terminal_item.h"

#include <string_view>

namespace mlgrade::terminal {
namespace {

const char* mark(const ReportItem& item, bool unicode) {
  const double points = item.points;
  if (item.status == "unknown") return "?";
  if (points >= 1) return unicode ? "\xe2\x97\x8f" : "*";
  if (points > 0) return unicode ? "\xe2\x97\x90" : "+";
  return unicode ? "\xe2\x97\x8b" : "-";
}

// Where an item that earns is decided: its trigger, the check itself, and the last link where that is
// another.
std::string summary_of(const ReportItem& item, bool unicode) {
  if (item.chain.empty()) return "";
  const char* arrow = unicode ? " \xe2\x86\x92 " : " -> ";
  const ReportLink& last = item.chain.back();
  const ReportLink& check = item.decisive.what.empty() ? last : item.decisive;
  const std::string from = where(item.chain.front().place);
  std::string out = from;
  if (from != where(check.place)) out += (from.empty() ? "" : arrow) + where(check.place);
  if (!check.what.empty()) out += (out.empty() ? "" : ": ") + check.what;
  const std::string to = where(last.place);
  if (to.empty() || to == where(check.place) || to == from) return out;
  return out + "; " + to + (last.what.empty() ? "" : ": " + last.what);
}

constexpr const char* kIndent = "      ";
const std::string kHalf = "only half: ";

// The text of a place's line, behind a bar.
void quoted(Text& text, const ReportPlace& place, const RenderOptions& options) {
  if (place.text.empty()) return;
  const std::string bar = options.unicode ? "\xe2\x94\x82 " : "| ";
  text.paragraph(std::string(kIndent) + "     " + bar, place.text, 0, Style::kDim);
}

// The link that is broken, below the chain as far as it comes.
void broken(Text& text, const ReportItem& item, const RenderOptions& options) {
  const bool said =
      !item.chain.empty() && item.missing_at && where(item.chain.back().place) == where(*item.missing_at);
  const bool placed = item.missing_at && !item.missing_at->path.empty() && !said;
  std::string what = item.missing;
  if (placed) what = where(*item.missing_at) + ": " + what;
  if (item.points > 0) what = kHalf + what;
  const char* cross = options.unicode ? "\xe2\x9c\x97" : "x";
  const Style style = item.points > 0 ? Style::kHalf : Style::kBad;
  text.paragraph(std::string(kIndent) + text.styled(cross, style) + "  ", what, 2);
  if (placed) quoted(text, *item.missing_at, options);
}

}  // namespace

std::string where(const ReportPlace& place) {
  if (place.cell != 0) {
    return place.path + " cell " + std::to_string(place.cell) + ", line " + std::to_string(place.cell_line);
  }
  return place.line == 0 ? place.path : place.path + ":" + std::to_string(place.line);
}

std::string acceptance(const ReportFinding& finding) {
  std::string said;
  if (finding.accepted_by == "settings" && finding.accepted_at) said = where(*finding.accepted_at);
  if (!finding.accepted_until.empty())
    said += (said.empty() ? "until " : ", until ") + finding.accepted_until;
  return finding.accepted + (said.empty() ? "" : " (" + said + ")");
}

std::string kind_of_system(const std::string& profile) {
  const bool vowel =
      !profile.empty() && std::string_view("aeiou").find(profile.front()) != std::string_view::npos;
  return (vowel || profile.starts_with("llm") ? "an " : "a ") + profile;  // "an el-el-em"
}

std::string caution(const Report& report) {
  for (const ReportTrait& trait : report.archetype) {
    if (trait.trait == "no-ml" || trait.trait == "docs-only")
      return "no model was found here, and the score is about systems that have one";
  }
  return "";
}

Style style_of(double points) { return points >= 1 ? Style::kGood : points > 0 ? Style::kHalf : Style::kBad; }

void chain(Text& text, const std::vector<ReportLink>& chain, const RenderOptions& options) {
  int step = 1;
  for (const ReportLink& link : chain) {
    std::string line = where(link.place);
    if (!link.what.empty()) line += (line.empty() ? "" : ": ") + link.what;
    text.paragraph(kIndent + padded_left(std::to_string(step++), 2) + " ", line, 2);
    quoted(text, link.place, options);
  }
}

void item(Text& text, const ReportItem& item, const RenderOptions& options) {
  const std::string points = item.status == "not-applicable" ? "n/a" : number(item.points);
  const Style style = item.status == "not-applicable" ? Style::kDim : style_of(item.points);
  const std::string head = "  " + text.styled(mark(item, options.unicode), style) + " " + padded(item.id, 9) +
                           padded_left(points, 3) + "  " + text.styled(padded(item.status, 15), style);
  text.paragraph(head, item.title);
  if (item.points > 0 && !options.verbose) {
    text.paragraph(kIndent, summary_of(item, options.unicode), 2, Style::kDim);
  }
  if (options.verbose) chain(text, item.chain, options);
  if (item.points >= 1 || item.status == "absent") return;
  // Code that is not analysed is the reason of many items at once: the head of the report says it.
  if (item.status == "unknown" && item.chain.empty() && !options.verbose) return;
  if (item.status == "not-applicable") return text.paragraph(kIndent, item.why, 2);
  if (options.verbose) return broken(text, item, options);
  std::string missing = item.missing;
  const bool said = item.points > 0 && !item.chain.empty() && item.missing_at &&
                    where(item.chain.back().place) == where(*item.missing_at);
  if (item.missing_at && !item.missing_at->path.empty() && !said)
    missing = where(*item.missing_at) + ": " + missing;
  text.paragraph(kIndent, (item.points > 0 ? kHalf : "") + missing, 2);
}

void finding(Text& text, const ReportFinding& finding, const RenderOptions& options) {
  const Style style = finding.severity == "high"     ? Style::kBad
                      : finding.severity == "medium" ? Style::kHalf
                                                     : Style::kDim;
  text.paragraph("  " + text.styled(padded(finding.severity, 7), style),
                 finding.rule + ": " + finding.message);
  if (!finding.locations.empty()) {
    const ReportPlace& place = finding.locations.front().place;
    const std::string line = place.text.empty() || options.verbose ? "" : ": " + place.text;
    text.paragraph("         ", where(place) + line, 2, Style::kDim);
    if (options.verbose) quoted(text, place, options);
  }
  if (!options.verbose) return;
  for (size_t i = 1; i < finding.locations.size(); ++i) {
    const ReportLink& link = finding.locations[i];
    text.paragraph("         ", where(link.place) + (link.what.empty() ? "" : ": " + link.what), 2,
                   Style::kDim);
  }
  if (!finding.fix.empty()) text.paragraph("         fix: ", finding.fix);
}

}  // namespace mlgrade::terminal
