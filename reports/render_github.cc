// Workflow commands of GitHub Actions, which a job prints to annotate files. GitHub shows ten errors, ten
// warnings and ten notices of a step, so the worst come first and a last line says what was left out.
#include <algorithm>
#include <map>
#include <string>

#include "reports/escape.h"
#include "reports/report.h"
#include "reports/terminal_item.h"
#include "reports/terminal_text.h"

namespace mlgrade::renderers {
namespace {

using terminal::number;

constexpr int kShownOfEach = 10;
constexpr int kOwnNotices = 3;  // score, accepted findings, what is left out
constexpr size_t kShownAccepted = 10;

struct Lines {
  std::map<std::string, int> shown;
  int left_out = 0;
  std::string text;

  void add(const std::string& level, const ReportPlace& place, const std::string& title,
           const std::string& message) {
    if (level != "notice" && shown[level]++ >= kShownOfEach) {
      ++left_out;
      return;
    }
    if (level == "notice" && shown[level]++ >= kShownOfEach - kOwnNotices) {
      ++left_out;
      return;
    }
    text += command(level, place, title, message);
  }

  static std::string command(const std::string& level, const ReportPlace& place, const std::string& title,
                             const std::string& message) {
    std::string out = "::" + level + " ";
    if (!place.path.empty()) {
      out += "file=" + escape::command_property(place.path) + ",";
      if (place.line > 0) out += "line=" + std::to_string(place.line) + ",";
      if (place.line > 0 && place.column > 0) out += "col=" + std::to_string(place.column) + ",";
    }
    std::string where;
    if (place.cell != 0) {
      where = "cell " + std::to_string(place.cell) + ", line " + std::to_string(place.cell_line) + ": ";
    }
    return out + "title=" + escape::command_property(title) +
           "::" + escape::command_message(where + message) + "\n";
  }
};

// One notice for all of them: GitHub shows few, and open findings need the room.
std::string accepted(const Report& report) {
  if (report.accepted.empty()) return "";
  std::string list;
  for (size_t i = 0; i < std::min(report.accepted.size(), kShownAccepted); ++i) {
    const ReportFinding& finding = report.accepted[i];
    const std::string place = finding.locations.empty() ? "" : terminal::where(finding.locations[0].place);
    list += (list.empty() ? "" : "; ") + finding.rule + (place.empty() ? "" : " at " + place) + ": " +
            terminal::acceptance(finding);
  }
  if (report.accepted.size() > kShownAccepted)
    list += "; and " + std::to_string(report.accepted.size() - kShownAccepted) + " more";
  return Lines::command("notice", {}, "mlgrade accepted findings " + std::to_string(report.accepted.size()),
                        list);
}

std::string render(const Report& report, const RenderOptions& options) {
  Lines lines;
  for (const char* severity : {"high", "medium", "low", "info"}) {
    for (const ReportFinding& finding : report.findings) {
      if (finding.severity != severity) continue;
      const std::string level = finding.severity == "high"     ? "error"
                                : finding.severity == "medium" ? "warning"
                                                               : "notice";
      const ReportPlace place = finding.locations.empty() ? ReportPlace{} : finding.locations.front().place;
      std::string message = finding.message;
      if (!finding.fix.empty()) message += ". " + finding.fix;
      lines.add(level, place, finding.rule, message);
    }
  }
  for (const ReportItem& item : report.items) {
    if (!options.refused || item.points > 0 || item.status == "not-applicable") continue;
    lines.add("notice", item.missing_at.value_or(ReportPlace{}), item.id + " " + item.status,
              item.missing.empty() ? item.title : item.title + ": " + item.missing);
  }
  std::string score = report.band;
  if (!report.bottleneck.empty()) score += "; section " + report.bottleneck + " holds the score";
  std::string out =
      Lines::command("notice", {}, "ML Test Score " + number(report.test_score) + " of 7", score);
  out += lines.text + accepted(report);
  if (lines.left_out > 0) {
    out += Lines::command(
        "notice", {}, "mlgrade",
        std::to_string(lines.left_out) + " more are in the other formats; GitHub shows ten of each");
  }
  return out;
}

}  // namespace

extern const Renderer render_github;
const Renderer render_github{.name = "github",
                             .doc = "annotations of GitHub Actions, printed by a workflow's step",
                             .endings = ".annotations",
                             .render = render};

}  // namespace mlgrade::renderers
