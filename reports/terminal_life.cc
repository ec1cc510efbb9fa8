// Stages, fire drills and attestations as lines of text. One line each where there is little to say.
#include "reports/terminal_life.h"

#include <algorithm>

#include "reports/terminal_item.h"

namespace mlgrade::terminal {
namespace {

constexpr int kCell = 11;  // columns of a cell of a table

const char* yes_no(bool value) { return value ? "yes" : "-"; }

std::string stage_mark(const ReportStage& stage, bool unicode) {
  if (!stage.present) return "-";
  if (stage.automated && stage.tested && stage.watched) return unicode ? "\xe2\x97\x8f" : "*";
  if (stage.automated || stage.tested || stage.watched) return unicode ? "\xe2\x97\x90" : "+";
  return unicode ? "\xe2\x97\x8b" : "o";
}

// "requirements -, collection o, training *": what each mark means stands below.
void stage_line(Text& text, const Report& report, const RenderOptions& options) {
  std::string body;
  for (const ReportStage& stage : report.stages) {
    body += (body.empty() ? "" : ", ") + stage.id + " " + stage_mark(stage, options.unicode);
  }
  text.paragraph("  Stages         ", body);
  const std::string legend =
      options.unicode ? "\xe2\x97\x8f runs by itself, tested and watched; \xe2\x97\x90 not all of it; "
                        "\xe2\x97\x8b only there; - absent"
                      : "* runs by itself, tested and watched; + not all of it; o only there; - absent";
  text.paragraph("                 ", legend, 0, Style::kDim);
}

void stage_table(Text& text, const Report& report) {
  int width = 0;
  for (const ReportStage& stage : report.stages) width = std::max(width, columns(stage.title));
  text.line(text.styled("Stages of the workflow", Style::kBold));
  text.line("  " + padded("", width) + "  " + padded("there", 7) + padded("automated", kCell) +
            padded("tested", kCell) + "watched");
  for (const ReportStage& stage : report.stages) {
    text.line("  " + padded(stage.title, width) + "  " + padded(yes_no(stage.present), 7) +
              padded(yes_no(stage.automated), kCell) + padded(yes_no(stage.tested), kCell) +
              yes_no(stage.watched));
    if (stage.place) text.paragraph("      ", where(*stage.place) + ": " + stage.what, 2, Style::kDim);
    if (!stage.automated_by.empty())
      text.paragraph(
          "      ",
          "started by " + where(stage.automated_by.front().place) + ": " + stage.automated_by.front().what, 2,
          Style::kDim);
    if (stage.tested_by)
      text.paragraph("      ", "tested by " + where(stage.tested_by->place) + ": " + stage.tested_by->what, 2,
                     Style::kDim);
    if (stage.watched_by)
      text.paragraph("      ", "watched by " + where(stage.watched_by->place) + ": " + stage.watched_by->what,
                     2, Style::kDim);
  }
  text.line();
}

Style style_of_answer(const std::string& answer) {
  if (answer == "yes") return Style::kGood;
  return answer == "partly" ? Style::kHalf : Style::kBad;
}

std::string answer_cell(const Text& text, const std::string& answer) {
  return text.styled(answer, style_of_answer(answer)) +
         std::string(static_cast<size_t>(std::max(1, 10 - columns(answer))), ' ');
}

}  // namespace

void stages(Text& text, const Report& report, const RenderOptions& options) {
  if (report.stages.empty()) return;
  if (options.verbose) return stage_table(text, report);
  stage_line(text, report, options);
  text.line();
}

void drills(Text& text, const Report& report, const RenderOptions& options) {
  if (report.drills.empty()) return;
  const auto silent = [](const ReportDrill& drill) {
    return drill.detected.answer == "no" && drill.proven.answer == "no";
  };
  text.line(text.styled("Fire drills", Style::kBold) + "  nine mistakes that make no noise");
  if (std::all_of(report.drills.begin(), report.drills.end(), silent)) {
    text.paragraph("  ", "None of them is detected, and none was drilled.");
    text.line();
    return;
  }
  text.line("  " + padded("", 9) + "detected  proven    last drilled");
  for (const ReportDrill& drill : report.drills) {
    const std::string row = "  " + padded(drill.item, 9) + answer_cell(text, drill.detected.answer) +
                            answer_cell(text, drill.proven.answer) +
                            padded(drill.last_drilled.empty() ? "-" : drill.last_drilled, 12) + "  ";
    text.paragraph(row, drill.mistake);
    if (!options.verbose) continue;
    for (const auto& [name, cell] :
         {std::make_pair("detected: ", &drill.detected), std::make_pair("proven: ", &drill.proven)}) {
      const std::string at = cell->place ? where(*cell->place) + ": " : "";
      text.paragraph("      ", name + at + cell->what, 2, Style::kDim);
    }
  }
  text.line();
}

void attestations(Text& text, const Report& report) {
  if (report.attestations.empty()) return;
  text.line(text.styled("In the project's own words", Style::kBold) + "  not found here, but vouched for");
  for (const ReportAttestation& one : report.attestations) {
    text.paragraph("  " + padded(one.item, 9) + padded_left(number(one.points), 3) + "  ",
                   one.owner + " until " + one.expires + ": " + one.reason);
    text.paragraph("      ", where(one.place) + ": see " + one.evidence + "; " + one.effect, 2, Style::kDim);
  }
  text.line();
}

}  // namespace mlgrade::terminal
