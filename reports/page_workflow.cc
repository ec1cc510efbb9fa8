// The workflow by its stages, the fire drills, and what the project says of itself.
#include <string>

#include "reports/page_parts.h"
#include "reports/terminal_text.h"

namespace mlgrade::page {
namespace {

std::string stage_html(const ReportStage& stage) {
  std::string kind = "missing";
  std::string body = tag("strong", "", text(stage.title));
  if (!stage.present) {
    body += tag("span", "class=\"soft\"", "not found");
  } else {
    const int lit = int{stage.automated} + int{stage.tested} + int{stage.watched};
    kind = lit == 3 ? "good" : lit > 0 ? "half" : "bad";
    const auto line = [](bool yes, const char* word) {
      return tag("li", yes ? "class=\"good-text\"" : "class=\"bad-text\"",
                 std::string(yes ? "✓ " : "✗ not ") + word);
    };
    body += tag(
        "ul", "",
        line(stage.automated, "automated") + line(stage.tested, "tested") + line(stage.watched, "watched"));
    if (stage.place) body += file_of(*stage.place);
  }
  return tag("li", "class=\"" + kind + "\"", body) + "\n";
}

// What shows each stage, runs it, tests it and watches it.
std::string stage_rows(const Report& report) {
  std::string rows;
  for (const ReportStage& stage : report.stages) {
    if (!stage.present) continue;
    std::string body = ended(stage.what) + " ";
    if (stage.place) body += where(*stage.place);
    if (stage.places > 1) body += " and " + count(static_cast<size_t>(stage.places) - 1, "more place");
    std::string runs = stage.automated_by.empty() ? "nothing by itself"
                                                  : ended(stage.automated_by.front().what) + " " +
                                                        where(stage.automated_by.front().place);
    std::string tests = stage.tested_by ? ended(stage.tested_by->what) + " " + where(stage.tested_by->place)
                                        : "no test that can fail";
    std::string watch = stage.watched_by
                            ? whole(stage.watched_by->what) + " " + where(stage.watched_by->place)
                            : "no alert and no check in operation";
    rows += tag("tr", "",
                tag("th", "scope=\"row\"", text(stage.title)) + tag("td", "data-column=\"Shown by\"", body) +
                    tag("td", "data-column=\"Started by\"", runs) +
                    tag("td", "data-column=\"Tested by\"", tests) +
                    tag("td", "data-column=\"Watched by\"", watch)) +
            "\n";
  }
  if (rows.empty()) return "";
  const std::string head = tag("th", "scope=\"col\"", "Stage") + tag("th", "scope=\"col\"", "Shown by") +
                           tag("th", "scope=\"col\"", "Started by") +
                           tag("th", "scope=\"col\"", "Tested by") + tag("th", "scope=\"col\"", "Watched by");
  return tag("details", "class=\"more\"",
             tag("summary", "", "What shows each stage, starts it, tests it and watches it") +
                 tag("table", "class=\"drills evidence-of-stages\"",
                     tag("thead", "", tag("tr", "", head)) + tag("tbody", "", rows)));
}

std::string cell(const ReportDrillCell& cell, const char* column) {
  const std::string kind = cell.answer == "yes"      ? "good"
                           : cell.answer == "partly" ? "half"
                           : cell.answer == "no"     ? "bad"
                                                     : "none";
  std::string body = chip(cell.answer, kind);
  if (!cell.what.empty()) body += " " + whole(cell.what);
  if (cell.place) body += " " + where(*cell.place);
  return tag("td", std::string("data-column=\"") + column + "\"", body);
}

}  // namespace

std::string stages_card(const Report& report) {
  if (report.stages.empty()) return "";
  std::string list;
  for (const ReportStage& stage : report.stages) list += stage_html(stage);
  return card("workflow", "The workflow",
              tag("p", "",
                  "Nine stages from requirements to monitoring: what is there, what something runs by "
                  "itself, what a test covers, and what an alert or a check would tell of in operation.") +
                  tag("ol", "class=\"stages\"", "\n" + list) + stage_rows(report));
}

std::string drills_card(const Report& report) {
  if (report.drills.empty()) return "";
  std::string rows;
  for (const ReportDrill& drill : report.drills) {
    const std::string name =
        tag("a", "href=\"#" + text(drill.item) + "\"", text(drill.item)) + " " + text(drill.mistake);
    rows += tag("tr", "",
                tag("th", "scope=\"row\"", name) + cell(drill.detected, "Detected") +
                    cell(drill.proven, "Proven") +
                    tag("td", "data-column=\"Last drilled\"",
                        drill.last_drilled.empty() ? "never" : text(drill.last_drilled))) +
            "\n";
  }
  const std::string head = tag("th", "scope=\"col\"", "Silent mistake") +
                           tag("th", "scope=\"col\"", "Detected") + tag("th", "scope=\"col\"", "Proven") +
                           tag("th", "scope=\"col\"", "Last drilled");
  return card("drills", "Fire drills",
              tag("p", "",
                  "Mistakes that raise no error by themselves: does something notice them, and was it seen "
                  "to notice? "
                  "Monitoring that was never tested is a hope.") +
                  tag("table", "class=\"drills matrix\"",
                      tag("thead", "", tag("tr", "", head)) + "\n" + tag("tbody", "", rows)));
}

std::string attestations_card(const Report& report) {
  std::string rows;
  for (const ReportAttestation& one : report.attestations) {
    rows += tag("tr", "",
                tag("th", "scope=\"row\"", tag("a", "href=\"#" + text(one.item) + "\"", text(one.item))) +
                    tag("td", "data-column=\"Says\"", ended(one.reason) + " " + where(one.place)) +
                    tag("td", "data-column=\"Owner\"", text(one.owner)) +
                    tag("td", "data-column=\"Evidence\"", tag("code", "", text(one.evidence))) +
                    tag("td", "data-column=\"Until\"", text(one.expires)) +
                    tag("td", "data-column=\"Effect\"",
                        terminal::number(one.points) + ", " + sentence(one.effect))) +
            "\n";
  }
  if (rows.empty()) return "";
  std::string head;
  for (const char* name : {"Item", "Says", "Owner", "Evidence", "Until", "Effect"})
    head += tag("th", "scope=\"col\"", name);
  return card(
      "attested", "What the project says of itself",
      tag("p", "", "For what no repository can show. Half a point at most, apart from what was found.") +
          tag("table", "class=\"drills\"", tag("thead", "", tag("tr", "", head)) + tag("tbody", "", rows)));
}

}  // namespace mlgrade::page
