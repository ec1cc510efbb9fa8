// The terminal report of a report made by hand, against tests/golden/terminal*.txt. With
// MLGRADE_UPDATE_GOLDEN=1 the files are written anew: read the difference before you commit it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "reports/build_report.h"
#include "reports/report.h"
#include "reports/terminal_text.h"
#include "tests/support/places.h"

namespace mlgrade {
namespace {

ReportPlace place(const std::string& path, uint32_t line, const std::string& text) {
  ReportPlace out;
  out.path = path;
  out.line = line;
  out.column = 1;
  out.text = text;
  return out;
}

ReportItem item(const std::string& id, const std::string& title, double points, const std::string& status) {
  ReportItem out;
  out.id = id;
  out.section = id.substr(0, id.find('-'));
  out.title = title;
  out.points = points;
  out.status = status;
  return out;
}

std::vector<ReportItem> some_items() {
  ReportItem full = item("DATA-1", "Expectations about features live in a schema", 1, "automated");
  full.chain = {
      {place(".github/workflows/ci.yml", 4, "on: [push]"), "on push"},
      {place(".github/workflows/ci.yml", 18, "- run: make check"), "runs make check"},
      {place("src/churn/schema.py", 45, "schema.validate(rows)"), "validates 9 columns with ranges"}};
  full.decisive = {place("src/churn/check.py", 7, "check(rows)"), "a schema with ranges"};
  ReportItem half = item("DATA-7", "All code that makes features is tested", 0.5, "manual");
  half.chain = {{place("tests/test_features.py", 12, "assert clean(x) == y"), "a test of the features"}};
  half.missing = "covers 9 of 13 feature functions; the full point asks for 70 %";
  half.missing_at = place("tests/test_features.py", 12, "assert clean(x) == y");
  ReportItem lost =
      item("MON-2", "Invariants of the data hold for training and for serving", 0, "neutralised");
  lost.missing = "its failure is lost: `|| true`";
  lost.missing_at = place("jobs/drift.sh", 7, "python drift.py || true");
  lost.chain = {{*lost.missing_at, "a drift report"}};
  ReportItem apart =
      item("MON-7", "The quality of served predictions has not become worse", 0, "not-applicable");
  apart.why = "does not apply: the repository is of another kind (library without serving)";
  return {full, half, lost, item("MON-6", "Speed and memory have not become worse", 0, "absent"), apart};
}

Report sample_report() {
  Report report;
  report.tool_version = "0.0.0";
  report.rubric_version = "1";
  report.repository = "churn";
  report.as_of = "2026-06-01";
  report.test_score = 0;
  report.test_score_applicable = 0.7;
  report.band = "a research project rather than a production system";
  report.bottleneck = "MON";
  report.profile = "service";
  report.profile_detected = true;
  report.not_scored = {"DRILL", "VER"};
  report.archetype = {{"serving", "FastAPI", {}}, {"training", "fit", {}}, {"training", "again", {}}};
  report.sections = {{"DATA", "A", "Features and data", 1.5, 1.5, 1.5, 7, 7, false},
                     {"MON", "D", "Monitoring", 0, 0, 0, 7, 6, true}};
  report.items = some_items();
  report.next = {
      {"MON-2", "", "Let the failure through: mend `|| true`", 0, 1, place("jobs/drift.sh", 7, "")},
      {"MON-6", "", "Time a prediction in a benchmark that CI runs, and fail over a bound.", 0, 0.5, {}}};
  ReportFinding finding{"leakage/fit-before-split",
                        "high",
                        "high",
                        "the scaler saw rows that are split later",
                        {{place("train.ipynb", 31, "scaler.fit(X)"), "fitted here"}},
                        "0123456789abcdef",
                        "Split first."};
  finding.locations[0].place.cell = 3;
  finding.locations[0].place.cell_line = 2;
  report.findings = {finding};
  report.problems = {{"syntax", "a bracket is not closed", place("old.py", 3, "")}};
  report.stats.files = 12;
  report.stats.analysed = 1;
  report.stats.tests = 4;
  return report;
}

const Renderer* renderer(std::string_view name) {
  for (const Renderer* one : all_renderers()) {
    if (one->name == name) return one;
  }
  return nullptr;
}

void compare(const std::string& name, const std::string& text) {
  const std::string path = source_dir() + "/tests/golden/" + name;
  if (std::getenv("MLGRADE_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, golden) << path;
}

TEST(TerminalReport, ReadsAsItDid) {
  const Renderer* terminal = renderer("terminal");
  ASSERT_NE(terminal, nullptr);
  RenderOptions options;
  options.width = 90;
  compare("terminal.txt", terminal->render(sample_report(), options));
  options.verbose = true;
  options.unicode = false;
  compare("terminal-verbose-ascii.txt", terminal->render(sample_report(), options));
}

TEST(TerminalReport, StaysWithinItsWidthWithAndWithoutColour) {
  for (int width : {50, 60, 80, 119}) {
    for (bool color : {false, true}) {
      RenderOptions options;
      options.width = width;
      options.color = color;
      std::istringstream lines(renderer("terminal")->render(sample_report(), options));
      for (std::string line; std::getline(lines, line);) {
        // One long word may stand out, as no word is broken.
        const bool one_word = line.find_last_of(' ') < line.find_first_not_of(' ') + 1;
        EXPECT_TRUE(one_word || terminal::columns(line) <= width) << width << ": " << line;
      }
    }
  }
}

TEST(TerminalText, CountsColumnsOfWideAndCombiningCharacters) {
  EXPECT_EQ(terminal::columns("abc"), 3);
  EXPECT_EQ(terminal::columns("\xe6\x97\xa5\xe6\x9c\xac"), 4);
  EXPECT_EQ(terminal::columns("e\xcc\x81"), 1);
  EXPECT_EQ(terminal::columns("\x1b[31mred\x1b[0m"), 3);
  EXPECT_EQ(terminal::number(2.333), "2.33");
  EXPECT_EQ(terminal::number(0.5), "0.5");
  EXPECT_EQ(terminal::number(-0.0), "0");
  EXPECT_EQ(terminal::bar(3.5, 7, 4, false), "##..");
}

TEST(Printable, LeavesNothingThatSpeaksToATerminal) {
  EXPECT_EQ(printable("plain \xc3\xa4 \xe2\x86\x92"), "plain \xc3\xa4 \xe2\x86\x92");
  EXPECT_EQ(printable("a\x1b[31mb\x07"), "a\xef\xbf\xbd[31mb\xef\xbf\xbd");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31m"),
            "a\xef\xbf\xbd"
            "31m");
  EXPECT_EQ(printable("a\r\nb\tc"), "a b  c");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(printable("\xff\xc0\x80\xed\xa0\x80").find('\xff'), std::string::npos);
  EXPECT_EQ(printable(std::string(1000, 'x'), 10), "xxxxxxxxxx...");
  EXPECT_EQ(printable("\xe2\x82\xac\xe2\x82\xac", 3), "\xe2\x82\xac...");
  EXPECT_EQ(printable("cut \xe2\x82"), "cut \xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace mlgrade
