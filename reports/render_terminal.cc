// The report for a person at a terminal: the score first, then where it comes from, then what to do.
#include <algorithm>
#include <string>

#include "reports/report.h"
#include "reports/terminal_change.h"
#include "reports/terminal_item.h"
#include "reports/terminal_life.h"
#include "reports/terminal_text.h"

namespace mlgrade::renderers {
namespace {

using terminal::number;
using terminal::padded;
using terminal::padded_left;
using terminal::Style;
using terminal::Text;

constexpr double kFull = 7;
constexpr size_t kShownNext = 5;
constexpr size_t kShownFindings = 10;
constexpr size_t kShownProblems = 3;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string count(size_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

void head(Text& text, const Report& report, const RenderOptions& options) {
  std::string title = report.repository.empty() ? "mlgrade" : report.repository;
  if (!report.project.empty()) title += " / " + report.project;
  constexpr size_t kShortId = 12;
  std::string about = report.revision.empty() ? "work tree" : report.revision.substr(0, kShortId);
  if (!report.as_of.empty()) about += ", as of " + report.as_of;
  text.line(text.styled(title, Style::kBold) + "  " + text.styled("(" + about + ")", Style::kDim));
  text.line();
  const Style style = report.test_score > 3   ? Style::kGood
                      : report.test_score > 0 ? Style::kHalf
                                              : Style::kBad;
  text.paragraph("  ML Test Score  " + text.styled(number(report.test_score) + " of 7", style) + "  ",
                 report.band);
  if (report.test_score_applicable != report.test_score) {
    text.paragraph("                 ",
                   number(report.test_score_applicable) + " of 7 when items that do not apply are left out");
  }
  if (!report.profile.empty()) {
    std::string body = number(report.readiness) + " of 7 for " + terminal::kind_of_system(report.profile) +
                       (report.profile_detected ? " (detected)" : " (asked for)");
    if (!report.not_scored.empty()) body += "; not scored yet: " + joined(report.not_scored);
    text.paragraph("  Readiness      ", body);
  }
  if (!report.level.why.empty()) {
    text.paragraph("  MLOps level    ", std::to_string(report.level.level) + " of 2: " + report.level.why);
    if (options.verbose && !report.level.next.empty())
      text.paragraph("                 ", "to the next: " + report.level.next, 0, Style::kDim);
  }
  if (!report.archetype.empty()) {
    std::vector<std::string> traits;
    for (const ReportTrait& trait : report.archetype) {
      if (std::find(traits.begin(), traits.end(), trait.trait) == traits.end()) traits.push_back(trait.trait);
    }
    text.paragraph("  Looks like     ", joined(traits));
  }
  const std::string caution = terminal::caution(report);
  if (!caution.empty()) text.paragraph("  But            ", caution);
  if (!report.archetype_unread.empty()) text.paragraph("  Not analysed   ", report.archetype_unread);
  if (options.verbose || report.stages.empty()) text.line();
}

// Several projects: one line each, the weakest (whose items follow) marked.
void projects(Text& text, const Report& report) {
  if (report.projects.empty()) return;
  text.line(text.styled("Projects", Style::kBold) + "  " + count(report.projects.size(), "system") +
            " in this repository, each scored by itself");
  int width = 0;
  for (const ReportProject& project : report.projects)
    width = std::max(width, terminal::columns(project.root));
  std::string letters;
  for (const auto& [letter, score] : report.projects.front().sections) letters += padded_left(letter, 6);
  text.line("  " + padded("", width) + "  score" + letters);
  for (const ReportProject& project : report.projects) {
    std::string line = "  " + padded(project.root, width) + "  " + padded_left(number(project.test_score), 5);
    for (const auto& [letter, score] : project.sections) line += padded_left(number(score), 6);
    if (project.shown) line += "  holds the score; its items follow";
    text.line(line);
  }
  text.paragraph("  ", "Another one: mlgrade scan PATH --project FOLDER", 0, Style::kDim);
  text.line();
}

void sections(Text& text, const Report& report, const RenderOptions& options) {
  int width = 0;
  for (const ReportSection& section : report.sections)
    width = std::max(width, terminal::columns(section.title));
  const int room = std::clamp(options.width - width - 32, 4, 28);
  for (const ReportSection& section : report.sections) {
    const Style style = terminal::style_of(section.strict >= 5 ? 1 : section.strict > 0 ? 0.5 : 0);
    std::string line = "  " + section.letter + "  " + padded(section.title, width) + "  " +
                       text.styled(terminal::bar(section.strict, kFull, room, options.unicode), style) + " " +
                       padded_left(number(section.strict), 4);
    if (section.items > 0 && section.applicable_items == 0 && !section.bottleneck)
      line = text.styled("  " + section.letter + "  " + padded(section.title, width) + "  does not apply",
                         Style::kDim);
    if (section.attested > 0) line += "  (" + number(section.attested) + " attested)";
    if (section.bottleneck) line += options.width < 60 ? " <" : "  holds the score";
    text.line(line);
  }
  text.line();
}

void items(Text& text, const Report& report, const RenderOptions& options) {
  for (const ReportSection& section : report.sections) {
    text.line(text.styled(section.letter + "  " + section.title, Style::kBold) + "  " + number(section.sum) +
              " of " + std::to_string(section.items));
    std::vector<std::pair<std::string, std::string>> left_out;  // reason, items
    for (const ReportItem& item : report.items) {
      if (item.section != section.id) continue;
      if (options.verbose || item.status != "not-applicable") {
        terminal::item(text, item, options);
      } else if (!left_out.empty() && left_out.back().first == item.why) {
        left_out.back().second += ", " + item.id;
      } else {
        left_out.emplace_back(item.why, item.id);
      }
    }
    for (const auto& [reason, ids] : left_out) text.paragraph("    ", ids + ": " + reason, 2, Style::kDim);
    text.line();
  }
}

void next(Text& text, const Report& report, const RenderOptions& options) {
  if (report.next.empty()) return;
  text.line(text.styled("What next", Style::kBold));
  const size_t shown = options.verbose ? report.next.size() : std::min(report.next.size(), kShownNext);
  const char* arrow = options.unicode ? " \xe2\x86\x92 " : " -> ";
  for (size_t i = 0; i < shown; ++i) {
    const ReportNext& next = report.next[i];
    std::string body = next.step;
    if (next.place && !next.place->path.empty()) body += " (" + terminal::where(*next.place) + ")";
    text.paragraph(padded_left(std::to_string(i + 1), 3) + "  " + padded(next.item, 9) +
                       padded(number(next.from) + arrow + number(next.to), 9) + " ",
                   body);
  }
  text.line();
}

void findings(Text& text, const Report& report, const RenderOptions& options) {
  std::vector<const ReportFinding*> shown;
  for (const ReportFinding& finding : report.findings) {
    if (options.verbose || finding.confidence != "low") shown.push_back(&finding);
  }
  if (shown.empty()) return;
  const auto rank = [](const ReportFinding* finding) {
    return finding->severity == "high"     ? 0
           : finding->severity == "medium" ? 1
           : finding->severity == "low"    ? 2
                                           : 3;
  };
  std::stable_sort(shown.begin(), shown.end(),
                   [&](const ReportFinding* a, const ReportFinding* b) { return rank(a) < rank(b); });
  text.line(text.styled("Technical debt", Style::kBold) + "  " + count(shown.size(), "finding"));
  const size_t limit = options.verbose ? shown.size() : std::min(shown.size(), kShownFindings);
  for (size_t i = 0; i < limit; ++i) terminal::finding(text, *shown[i], options);
  if (limit < shown.size())
    text.line("  and " + std::to_string(shown.size() - limit) + " more: --verbose shows all");
  text.line();
}

void problems(Text& text, const Report& report, const RenderOptions& options) {
  if (report.problems.empty()) return;
  text.line(text.styled("Not analysed", Style::kBold) + "  " + count(report.problems.size(), "problem"));
  const size_t limit =
      options.verbose ? report.problems.size() : std::min(report.problems.size(), kShownProblems);
  for (size_t i = 0; i < limit; ++i) {
    const ReportProblem& problem = report.problems[i];
    const std::string place = terminal::where(problem.place);
    text.paragraph("  ", (place.empty() ? "" : place + ": ") + problem.message, 2);
  }
  if (limit < report.problems.size()) {
    text.line("  and " + std::to_string(report.problems.size() - limit) + " more: --verbose shows all");
  }
  text.line();
}

// Code that was not analysed: how much in which language, and where it begins.
std::string unread_code(const Report& report) {
  std::string out;
  for (const ReportUnread& unread : report.unread) {
    out += (out.empty() ? "" : ", ") + count(unread.files, "file") + " in " + unread.language;
    if (unread.files == 1) {
      out += " (" + unread.first.path + ")";
    } else {
      out += " (from " + unread.first.path + ")";
    }
  }
  return out;
}

std::string render(const Report& report, const RenderOptions& options) {
  Text text(std::clamp(options.width, 50, 120), options.color);
  head(text, report, options);
  terminal::stages(text, report, options);
  projects(text, report);
  sections(text, report, options);
  items(text, report, options);
  terminal::drills(text, report, options);
  terminal::attestations(text, report);
  next(text, report, options);
  findings(text, report, options);
  terminal::accepted(text, report, options);
  terminal::change(text, report, options);
  problems(text, report, options);
  const std::string unread = unread_code(report);
  if (!unread.empty()) text.paragraph("", "Code that is not analysed: " + unread + ".", 0, Style::kDim);
  const ReportStats& stats = report.stats;
  text.paragraph("",
                 "Read " + count(stats.analysed, "file") + " of " + std::to_string(stats.files) + ", " +
                     count(stats.tests, "test") +
                     ". Every point has its chain: mlgrade explain ITEM --in PATH, " +
                     "or --verbose for all.",
                 0, Style::kDim);
  return text.take();
}

}  // namespace

extern const Renderer render_terminal;
const Renderer render_terminal{
    .name = "terminal", .doc = "for reading, in colour on a terminal", .endings = ".txt", .render = render};

}  // namespace mlgrade::renderers
