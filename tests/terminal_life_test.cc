// Stages, level, fire drills and attestations in the terminal and JSON reports, from a report made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "reports/report.h"

namespace mlgrade {
namespace {

using testing::HasSubstr;
using testing::Not;

ReportPlace at(const std::string& path, uint32_t line) {
  ReportPlace out;
  out.path = path;
  out.line = line;
  return out;
}

Report sample() {
  Report report;
  report.repository = "heat";
  report.level = {1, "the training starts by itself", "no change delivers the pipeline"};
  ReportStage training;
  training.id = "training";
  training.title = "Training";
  training.present = training.automated = true;
  training.what = "`Model.fit`";
  training.place = at("train.py", 12);
  training.places = 2;
  training.watched = true;
  training.watched_by = ReportLink{at("alerts.yml", 4), "the alert Stale"};
  training.automated_by = {{at("ci.yml", 3), "on schedule"}, {at("train.py", 12), "`Model.fit`"}};
  ReportStage labelling;
  labelling.id = "labelling";
  labelling.title = "Data labelling";
  report.stages = {labelling, training};
  ReportDrill drill;
  drill.item = "DRILL-4";
  drill.mistake = "A stale or wrong source of data";
  drill.detected = {"yes", "a check of age", at("source.py", 40), {}};
  drill.proven = {"partly", "a drill by hand", at("log.md", 3), {}};
  drill.last_drilled = "2026-05-12";
  report.drills = {drill};
  report.attestations = {{"RISK-7", "people look", "claims", "docs/oversight.md", "2027-03-01", 0.5,
                          "gives half a point", at(".mlgrade.yaml", 4)}};
  ReportSection section;
  section.id = "RISK";
  section.letter = "G";
  section.title = "Risk";
  section.sum = section.attested = 0.5;
  section.items = section.applicable_items = 9;
  report.sections = {section};
  return report;
}

std::string rendered(std::string_view name, const Report& report, bool verbose = false) {
  for (const Renderer* renderer : all_renderers()) {
    if (renderer->name != name) continue;
    RenderOptions options;
    options.unicode = false;
    options.verbose = verbose;
    options.width = 100;
    return renderer->render(report, options);
  }
  return "";
}

TEST(TerminalLife, ShowsStagesInALineAndDrillsInATable) {
  const std::string text = rendered("terminal", sample());
  EXPECT_THAT(text, HasSubstr("MLOps level    1 of 2: the training starts by itself\n"));
  EXPECT_THAT(text, HasSubstr("Stages         labelling -, training +\n"));
  EXPECT_THAT(text,
              HasSubstr("  DRILL-4  yes       partly    2026-05-12    A stale or wrong source of data\n"));
  EXPECT_THAT(text, HasSubstr("  RISK-7   0.5  claims until 2027-03-01: people look\n"));
  EXPECT_THAT(text, HasSubstr(".mlgrade.yaml:4: see docs/oversight.md; gives half a point\n"));
  EXPECT_THAT(text, HasSubstr("(0.5 attested)"));
}

TEST(TerminalLife, ShowsPlacesWhenAskedForAll) {
  const std::string text = rendered("terminal", sample(), true);
  EXPECT_THAT(text, HasSubstr("to the next: no change delivers the pipeline"));
  EXPECT_THAT(
      text, HasSubstr("Training        yes    yes        -          yes\n      train.py:12: `Model.fit`\n"));
  EXPECT_THAT(text, HasSubstr("started by ci.yml:3: on schedule"));
  EXPECT_THAT(text, HasSubstr("watched by alerts.yml:4: the alert Stale"));
  EXPECT_THAT(text, HasSubstr("detected: source.py:40: a check of age"));
}

TEST(TerminalLife, SaysInOneLineThatNothingIsDrilled) {
  Report report = sample();
  report.drills[0].detected.answer = report.drills[0].proven.answer = "no";
  const std::string text = rendered("terminal", report);
  EXPECT_THAT(text, HasSubstr("None of them is detected, and none was drilled."));
  EXPECT_THAT(text, Not(HasSubstr("last drilled")));
}

TEST(JsonLife, CarriesStagesDrillsLevelAndAttestations) {
  const std::string text = rendered("json", sample());
  EXPECT_THAT(text, HasSubstr("\"last_drilled\": \"2026-05-12\""));
  EXPECT_THAT(text, HasSubstr("\"answer\": \"partly\""));
  EXPECT_THAT(text, HasSubstr("\"level\": 1"));
  EXPECT_THAT(text, HasSubstr("\"expires\": \"2027-03-01\""));
  EXPECT_THAT(text, HasSubstr("\"tested_by\": null"));
  EXPECT_THAT(text, HasSubstr("\"watched\": true"));
}

}  // namespace
}  // namespace mlgrade
