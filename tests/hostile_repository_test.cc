// Names and lines of a repository that speak to terminals, hosts and spreadsheets, through the program and in
// every format; and reports that lie in the repository that is scanned.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "analyzer/run.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string kName =
    "\x1b]0;t\x07\xe2\x80\xae\n::set-output name=a::b\r| a | <img src=x onerror=alert(1)> `x` @me";

class HostileRepository : public testing::Test {
 protected:
  HostileRepository() {
    dir_.write("repo/features.py", "def clean_text(text):\n    return text.strip().lower()\n");
    dir_.write("repo/tests/test_" + kName + ".py",
               "from features import clean_text\n\n\ndef test_nothing():  # \x1b[31m \xe2\x80\xae ::error::x "
               "<script>alert(2)</script> \xff\xc0\n    clean_text('')\n");
    dir_.write("repo/nb_" + kName + ".ipynb", "no JSON");
    dir_.write("repo/.github/workflows/ci.yml",
               "on: push\njobs:\n  t:\n    runs-on: ubuntu-latest\n    steps:\n"
               "      - run: pytest tests || true  # \x1b[2J \xe2\x80\xae\n");
  }
  std::string repo() const { return "'" + dir_.path("repo") + "'"; }
  TempDir dir_;
};

TEST_F(HostileRepository, NoFormatHandsOnWhatSpeaksToOthers) {
  for (const std::string& format : format_names()) {
    const Ran ran = mlgrade("scan " + repo() + " -q --verbose --refused -f " + format, "LC_ALL=C.UTF-8");
    if (format == "terminal") {
      EXPECT_THAT(ran.out, HasSubstr("automation/test-without-assertion")) << "the file is spoken of";
      const Ran short_one = mlgrade("scan " + repo() + " -q", "LC_ALL=C.UTF-8");
      EXPECT_THAT(short_one.out, Not(HasSubstr("\x1b")));
    }
    EXPECT_EQ(ran.code, 0) << format;
    EXPECT_FALSE(ran.out.empty()) << format;
    EXPECT_THAT(ran.out, Not(testing::ContainsRegex("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"))) << format;
    for (const char* bad : {"\xe2\x80\xae", "\xff", "\xc0", "\n::set-output", "<img src", "<script>alert"}) {
      // Text formats show markup as what it is; those that a browser or a host renders do not.
      const bool text = format == "terminal" || format == "json" || format == "sarif" || format == "gitlab" ||
                        format == "github" || format == "csv";
      if (text && bad[0] == '<') continue;
      EXPECT_THAT(ran.out, Not(HasSubstr(bad))) << format;
    }
    if (format == "csv") continue;  // its lines end so
    EXPECT_THAT(ran.out, Not(HasSubstr("\r"))) << format;
  }
}

TEST_F(HostileRepository, ProgressExplainAndDiffDoNotEither) {
  dir_.git("init", "repo");
  dir_.git("add -A", "repo");
  dir_.git("commit -m first", "repo");
  dir_.write("repo/tests/test_" + kName + ".py",
             "from features import clean_text\n\n\ndef test_it():\n    assert clean_text('') == ''\n");
  for (const std::string words : {"diff HEAD --in ", "explain DATA-7 --in ",
                                  "explain automation/test-without-assertion --in ", "init "}) {
    const Ran ran = mlgrade(words + repo(), "LC_ALL=C.UTF-8");
    EXPECT_EQ(ran.code, 0) << ran.out;
    EXPECT_THAT(ran.out, Not(testing::ContainsRegex("[\x01-\x08\x0b\x0c\x0d\x0e-\x1f\x7f]"))) << words;
    EXPECT_THAT(ran.out, Not(HasSubstr("\xe2\x80\xae"))) << words;
    EXPECT_THAT(ran.out, Not(HasSubstr("\n::set-output"))) << words;
  }
}

// A full or closed output is said with code 2, whatever the format.
TEST_F(HostileRepository, EveryFormatSaysThatItsOutputIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this machine has no /dev/full";
  for (const std::string& format : format_names()) {
    const Ran file = mlgrade("scan " + repo() + " -q -o /dev/full -f " + format);
    EXPECT_EQ(file.code, 2) << format;
    EXPECT_THAT(file.out, HasSubstr("cannot write '/dev/full': No space left on device")) << format;
    const Ran stream =
        run_shell("'" + binary_dir() + "/mlgrade' scan " + repo() + " -q -f " + format + " 2>&1 >/dev/full");
    EXPECT_EQ(stream.code, 2) << format;
    EXPECT_THAT(stream.out, HasSubstr("standard output")) << format;
  }
}

class OwnReports : public testing::Test {
 protected:
  OwnReports() {
    dir_.write("repo/train.py", "from sklearn.svm import SVC\n\nSVC().fit([[0], [1]], [0, 1])\n");
    dir_.write("repo/tests/test_train.py", "import train\n\n\ndef test_nothing():\n    print(train)\n");
    dir_.write("repo/README.md", "# Churn\n\nRun `python train.py`.\n");
  }
  json report(const std::string& words = "") const {
    return json::parse(mlgrade("scan '" + dir_.path("repo") + "' -q -f json --as-of 2026-06-01 " + words).out,
                       nullptr, false);
  }
  TempDir dir_;
};

TEST_F(OwnReports, InTheScannedFolderChangeNothing) {
  json before = report();
  std::string words;
  int written = 0;
  for (const std::string& format : format_names()) {
    const std::string ending = format == "html"       ? ".html"
                               : format == "markdown" ? ".md"
                               : format == "terminal" ? ".txt"
                               : format == "junit"    ? ".xml"
                               : format == "badge"    ? ".svg"
                               : format == "csv"      ? ".csv"
                               : format == "sarif"    ? ".sarif"
                               : format == "github"   ? ".annotations"
                                                      : ".json";
    // Names that rules look at: of records of results, of documents.
    words += " -f " + format + " -o '" + dir_.path("repo/reports/metrics-" + format + ending) + "'";
    ++written;
  }
  std::filesystem::create_directories(dir_.path("repo/reports"));
  ASSERT_EQ(mlgrade("scan '" + dir_.path("repo") + "' -q" + words).code, 0);
  json after = report();
  int skipped = 0;
  for (const json& problem : after["problems"])
    skipped += problem["message"].get<std::string>().find("a report that mlgrade wrote") != std::string::npos;
  EXPECT_EQ(skipped, written) << after["problems"];
  const Ran terminal = mlgrade("scan '" + dir_.path("repo") + "' -q --verbose");
  EXPECT_THAT(terminal.out, HasSubstr("reports/metrics-html.html: skipped: a report that mlgrade wrote"));
  for (json* one : {&before, &after}) {
    one->erase("problems");
    one->erase("stats");
  }
  EXPECT_EQ(before, after);
}

TEST_F(OwnReports, OfARevisionAreLeftOutToo) {
  ASSERT_EQ(mlgrade("scan '" + dir_.path("repo") + "' -q -o '" + dir_.path("repo/report.md") + "'").code, 0);
  dir_.git("init", "repo");
  dir_.git("add -A", "repo");
  dir_.git("commit -m first", "repo");
  const json problems = report("--rev HEAD")["problems"];
  ASSERT_EQ(problems.size(), 1u) << problems;
  EXPECT_EQ(problems[0]["path"], "report.md");
}

}  // namespace
}  // namespace mlgrade
