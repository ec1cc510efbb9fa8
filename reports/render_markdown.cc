// The report as a comment on a pull request: score, what changed, findings, what next; cut to what a host
// takes.
#include <algorithm>
#include <string>
#include <vector>

#include "reports/escape.h"
#include "reports/report.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade::renderers {
namespace {

using escape::markdown;
using escape::markdown_code;
using terminal::begun;
using terminal::number;

constexpr size_t kLimit = 60'000;  // GitHub takes 65,536 characters, GitLab 1,000,000
constexpr size_t kShownNext = 5;
constexpr size_t kShownFindings = 50;
constexpr size_t kShownChanges = 50;

std::string count(size_t n, const std::string& one) {
  return std::to_string(n) + " " + one + (n == 1 ? "" : "s");
}

std::string place_code(const ReportPlace& place) {
  return place.path.empty() ? "" : markdown_code(terminal::where(place));
}

std::string sign(double from, double to) {
  const double difference = to - from;
  return (difference > 0 ? "+" : "") + number(difference);
}

std::string head(const Report& report) {
  std::string title = report.repository.empty() ? "this repository" : report.repository;
  if (!report.project.empty() && report.project != ".") title += " / " + report.project;
  std::string out = "### ML Test Score of " + markdown(title) + ": " + number(report.test_score) +
                    " of 7\n\n" + markdown(begun(report.band)) + ".";
  if (const auto& change = report.change) {
    out += change->score_from == change->score_to
               ? " Unchanged against "
               : " **" + sign(change->score_from, change->score_to) + "** against ";
    out += markdown(change->against);
    if (change->score_from != change->score_to) out += " (" + number(change->score_from) + ")";
    out += ".";
  }
  for (const ReportSection& section : report.sections) {
    if (!section.bottleneck) continue;
    out += " The weakest section is **" + markdown(section.letter + " " + section.title) + "**, " +
           number(section.strict) + " of 7; it holds the score.";
  }
  if (!report.profile.empty()) {
    out += " Readiness for " + markdown(terminal::kind_of_system(report.profile)) + ": " +
           number(report.readiness) + " of 7.";
  }
  if (report.test_score_applicable != report.test_score) {
    out += " Without items that do not apply: " + number(report.test_score_applicable) + " of 7.";
  }
  const std::string caution = terminal::caution(report);
  if (!caution.empty()) out += "\n\n" + markdown(begun(caution)) + ".";
  if (!report.archetype_unread.empty()) out += "\n\n" + markdown(begun(report.archetype_unread)) + ".";
  return out + "\n\n";
}

std::string sections(const Report& report) {
  if (report.sections.empty()) return "";
  std::string out = "| | section | of 7 | |\n| --- | --- | ---: | --- |\n";
  for (const ReportSection& section : report.sections) {
    if (section.items > 0 && section.applicable_items == 0 && !section.bottleneck)
      continue;  // does not apply
    out += "| " + markdown(section.letter) + " | " + markdown(section.title) + " | " +
           number(section.strict) + " | " + (section.bottleneck ? "holds the score" : "") + " |\n";
  }
  return out + "\n";
}

std::string item_change(const ReportItemChange& change) {
  std::string out = "- " + markdown(change.item) + " " + number(change.from) + " → " + number(change.to);
  if (change.from_status != change.to_status) {
    out += " (" + markdown(change.from_status) + " → " + markdown(change.to_status) + ")";
  }
  out += ": " + markdown(change.what.empty() ? change.title : change.what);
  if (change.place && !change.place->path.empty()) out += " " + place_code(*change.place);
  return out + "\n";
}

std::string finding(const ReportFinding& finding) {
  std::string out = "- **" + markdown(finding.severity) + "** ";
  if (!finding.locations.empty()) out += place_code(finding.locations.front().place) + " ";
  return out + markdown(finding.message) + " (" + markdown(finding.rule) + ")\n";
}

// "#### title", then at most `most` lines.
template <typename Values, typename Line>
std::string block(const std::string& title, const Values& values, size_t most, Line&& line) {
  if (values.empty()) return "";
  std::string out = "#### " + title + "\n\n";
  for (size_t i = 0; i < std::min(values.size(), most); ++i) out += line(values[i]);
  if (values.size() > most) out += "- and " + std::to_string(values.size() - most) + " more\n";
  return out + "\n";
}

std::vector<ReportFinding> with_state(const Report& report, bool fresh) {
  std::vector<ReportFinding> out;
  for (const char* severity : {"high", "medium", "low", "info"}) {
    for (const ReportFinding& one : report.findings) {
      if (one.severity == severity && (one.state == "new") == fresh) out.push_back(one);
    }
  }
  return out;
}

std::string next(const ReportNext& next) {
  std::string out = "1. **" + markdown(next.item) + "** " + number(next.from) + " → " + number(next.to) +
                    ": " + markdown(next.step);
  if (next.place) out += " " + place_code(*next.place);
  return out + "\n";
}

std::string items(const Report& report) {
  std::string out =
      "<details><summary>All items</summary>\n\n| item | points | status | |\n| --- | ---: | --- | --- |\n";
  for (const ReportItem& item : report.items) {
    out += "| " + markdown(item.id) + " | " +
           (item.status == "not-applicable" ? "n/a" : number(item.points)) + " | " + markdown(item.status) +
           " | " + markdown(item.title) + " |\n";
  }
  return out + "\n</details>\n\n";
}

std::string accepted(const ReportFinding& finding) {
  const std::string place =
      finding.locations.empty() ? "" : place_code(finding.locations.front().place) + " ";
  return "- " + place + markdown(finding.rule) + ": " + markdown(terminal::acceptance(finding)) + "\n";
}

// The blocks in order, as many whole lines as fit.
std::string joined(const std::vector<std::string>& blocks, const std::string& foot) {
  constexpr std::string_view kCut =
      "\n\n*Cut here, since a comment holds no more; the other formats show all.*\n\n";
  std::string out;
  for (const std::string& block : blocks) {
    const size_t room = kLimit - out.size() - foot.size() - kCut.size();
    if (block.size() <= room) {
      out += block;
      continue;
    }
    if (block.starts_with("<details>")) return out + std::string(kCut) + foot;
    const size_t end = block.rfind('\n', room);
    if (end != std::string::npos) out += block.substr(0, end + 1);
    return out + std::string(kCut) + foot;
  }
  return out + foot;
}

std::string render(const Report& report, const RenderOptions&) {
  std::vector<std::string> blocks = {"<!-- mlgrade -->\n", head(report), sections(report)};
  if (report.change) {
    blocks.push_back(block("Changed items", report.change->items, kShownChanges, item_change));
    blocks.push_back(block("New findings", with_state(report, true), kShownFindings, finding));
    blocks.push_back(block("Fixed findings", report.change->fixed, kShownFindings, finding));
  }
  blocks.push_back(block("What next", report.next, kShownNext, next));
  const std::vector<ReportFinding> others = with_state(report, false);
  blocks.push_back(
      block("Technical debt: " + count(others.size(), report.change ? "known finding" : "finding"), others,
            kShownFindings, finding));
  blocks.push_back(block("Accepted findings", report.accepted, kShownFindings, accepted));
  if (!report.items.empty()) blocks.push_back(items(report));
  std::string foot =
      "<sub>mlgrade " + markdown(report.tool_version) + ", rubric " + markdown(report.rubric_version);
  if (!report.as_of.empty()) foot += ", as of " + markdown(report.as_of);
  if (!report.problems.empty()) foot += "; " + count(report.problems.size(), "problem") + " while reading";
  return joined(blocks, foot + "</sub>\n");
}

}  // namespace

extern const Renderer render_markdown;
const Renderer render_markdown{.name = "markdown",
                               .doc = "a comment for a pull request, cut to what GitHub takes",
                               .endings = ".md .markdown",
                               .render = render};

}  // namespace mlgrade::renderers
