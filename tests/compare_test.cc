// Reports against earlier ones: `mlgrade diff` between revisions and reports, --baseline, gates, accepted
// findings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Ran run(const std::string& words) { return mlgrade(words, "LC_ALL=C COLUMNS=120"); }

const std::string kTest =
    "from features import clean_text\n\n\ndef test_empty():\n    assert clean_text('') == ''\n\n\n"
    "def test_blanks():\n    assert clean_text(' A ') == 'a'\n";

const std::string kWorkflow =
    "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest tests\n";

class Compare : public testing::Test {
 protected:
  Compare() {
    dir_.write("repo/features.py",
               "def clean_text(text):\n    text = text.strip()\n    return text.lower()\n");
    dir_.write("repo/train.py",
               "from sklearn.svm import SVC\nfrom features import clean_text\n\n"
               "model = SVC().fit([[len(clean_text('a'))], [1]], [0, 1])\n");
    dir_.write("repo/tests/test_features.py", kTest);
    dir_.write("repo/.github/workflows/ci.yml", kWorkflow);
    dir_.git("init", "repo");
    commit("first");
    dir_.git("tag before", "repo");
  }

  void commit(const std::string& message) {
    dir_.git("add -A", "repo");
    dir_.git("commit -m '" + message + "'", "repo");
  }

  std::string repo() const { return "'" + dir_.path("repo") + "'"; }

  // Lines of `mlgrade diff before HEAD` that speak of an item.
  std::string line_of(const std::string& item) const {
    const Ran ran = run("diff before HEAD --in " + repo());
    EXPECT_EQ(ran.code, 0) << ran.out;
    size_t start = ran.out.find(item + " ");
    EXPECT_NE(start, std::string::npos) << ran.out;
    if (start == std::string::npos) return "";
    start = ran.out.rfind('\n', start) + 1;
    size_t end = start;
    do {
      end = ran.out.find('\n', end + 1);
    } while (end != std::string::npos && ran.out.compare(end, 5, "\n    ") == 0);
    std::string out = ran.out.substr(start, end - start);
    for (size_t at = out.find("\n    "); at != std::string::npos; at = out.find("\n    ")) {
      out.replace(at, out.find_first_not_of(' ', at + 1) - at, " ");
    }
    return out;
  }

  TempDir dir_;
};

TEST_F(Compare, ARemovedAssertionIsToldInOneLine) {
  std::string without = kTest;
  for (size_t at = without.find("assert "); at != std::string::npos; at = without.find("assert ")) {
    without.replace(at, without.find(" ==", at) - at, "x = clean_text('')");
  }
  dir_.write("repo/tests/test_features.py", without);
  commit("second");
  const std::string line = line_of("DATA-7");
  EXPECT_THAT(line, StartsWith("  - DATA-7 1 -> 0, "));
  EXPECT_THAT(line, HasSubstr(": tests/test_features.py:4: 2 tests assert nothing: test_empty, test_blanks"));
}

// Of two tests one is left: the link that is told is the test that asserts nothing, not that it is gone.
TEST_F(Compare, OneAssertionOfSeveralIsToldInOneLine) {
  std::string without = kTest;
  without.replace(without.find("assert clean_text('') == ''"), 27, "clean_text('')");
  dir_.write("repo/tests/test_features.py", without);
  commit("second");
  EXPECT_EQ(line_of("DATA-7"),
            "  - DATA-7 1 -> 0.5 (automated -> manual): tests/test_features.py:4: 1 test asserts "
            "nothing: test_empty");
}

TEST_F(Compare, ContinueOnErrorIsToldInOneLine) {
  std::string swallowed = kWorkflow;
  swallowed.insert(swallowed.find("    steps"), "    continue-on-error: true\n");
  dir_.write("repo/.github/workflows/ci.yml", swallowed);
  commit("second");
  EXPECT_EQ(line_of("DATA-7"),
            "  - DATA-7 1 -> 0, DRILL-3 0.5 -> 0, PROC-1 1 -> 0: .github/workflows/ci.yml:5: its "
            "failure is lost: `continue-on-error: true`");
  dir_.write("repo/.github/workflows/ci.yml", kWorkflow + "        continue-on-error: true\n");
  commit("third");
  EXPECT_THAT(line_of("DATA-7"),
              HasSubstr(".github/workflows/ci.yml:7: its failure is lost: `continue-on-error: true`"));
}

TEST_F(Compare, WhatIsMendedIsToldToo) {
  dir_.write("repo/.github/workflows/ci.yml",
             "on: workflow_dispatch\n" + kWorkflow.substr(kWorkflow.find("jobs")));
  commit("second");
  dir_.git("tag -f before", "repo");
  dir_.write("repo/.github/workflows/ci.yml", kWorkflow);
  commit("third");
  EXPECT_THAT(line_of("DATA-7"), HasSubstr("on push"));
}

TEST_F(Compare, NothingChangedIsSaid) {
  const Ran ran = run("diff before --in " + repo());
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("unchanged"));
  EXPECT_THAT(ran.out, HasSubstr("no item and no finding differs"));
}

TEST_F(Compare, ABaselineMakesFindingsNewOrKnownWhereverTheirLinesMove) {
  const std::string empty = "\n\ndef test_nothing():\n    clean_text('')\n";
  dir_.write("repo/tests/test_more.py", "from features import clean_text\n" + empty);
  const std::string base = "'" + dir_.path("base.json") + "'";
  ASSERT_EQ(run("scan " + repo() + " -o " + base).code, 0);
  dir_.write("repo/tests/test_more.py", "# moved\n\n\nfrom features import clean_text\n" + empty);
  const Ran same = run("scan " + repo() + " --baseline " + base + " --fail-on new");
  EXPECT_EQ(same.code, 0) << same.out;
  dir_.write("repo/tests/test_third.py",
             "from features import clean_text\n\n\ndef test_third():\n    clean_text('')\n");
  const Ran more = run("scan " + repo() + " --baseline " + base + " --fail-on new");
  EXPECT_EQ(more.code, 1);
  EXPECT_THAT(more.out, HasSubstr("1 finding new against"));
  const json report = json::parse(run("scan " + repo() + " -q -f json --baseline " + base).out);
  int fresh = 0;
  for (const json& finding : report["findings"]) fresh += finding["state"] == "new";
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(report["change"]["new_findings"], 1);
  const json back = json::parse(run("scan " + repo() + " -q -f sarif --baseline " + base).out);
  for (const json& result : back["runs"][0]["results"]) EXPECT_TRUE(result.contains("baselineState"));
}

TEST_F(Compare, AGateFailsFromItsSeverityOn) {
  dir_.write("repo/tests/test_more.py",
             "from features import clean_text\n\n\ndef test_nothing():\n    clean_text('')\n");
  const json report = json::parse(run("scan " + repo() + " -q -f json").out);
  ASSERT_EQ(report["findings"].size(), 1u);
  ASSERT_EQ(report["findings"][0]["severity"], "medium");
  EXPECT_EQ(run("scan " + repo() + " --fail-on high").code, 0);
  const Ran medium = run("scan " + repo() + " --fail-on medium");
  EXPECT_EQ(medium.code, 1);
  EXPECT_THAT(medium.out, HasSubstr("1 finding of severity medium or worse"));
  EXPECT_EQ(run("scan " + repo() + " --fail-on low").code, 1);
}

TEST_F(Compare, AFindingIsAcceptedWithAReason) {
  const auto write = [&](const std::string& comment) {
    dir_.write("repo/tests/test_more.py", "from features import clean_text\n\n\n" + comment +
                                              "def test_nothing():\n    clean_text('')\n");
  };
  write("# mlgrade: ignore[automation/test-without-assertion] it only must not raise\n");
  const json accepted = json::parse(run("scan " + repo() + " -q -f json").out);
  EXPECT_EQ(accepted["findings"].size(), 0u) << accepted["findings"];
  ASSERT_EQ(accepted["accepted"].size(), 1u);
  EXPECT_EQ(accepted["accepted"][0]["accepted"], "it only must not raise");
  EXPECT_EQ(run("scan " + repo() + " --fail-on low").code, 0);
  for (const char* format : {"terminal", "html", "markdown", "sarif", "junit"}) {
    EXPECT_THAT(run("scan " + repo() + " -q -f " + format).out, HasSubstr("it only must not raise"))
        << format;
  }
  write("# mlgrade: ignore[automation/test-without-assertion]\n");
  const Ran bare = run("scan " + repo() + " --verbose --fail-on low");
  EXPECT_EQ(bare.code, 1) << "the reason is required";
  EXPECT_THAT(bare.out, HasSubstr("without a reason"));
  write("# mlgrade: ignore[leakage/nothing-here] because\n");
  EXPECT_THAT(run("scan " + repo() + " --verbose").out, HasSubstr("there is no such finding at its line"));
}

TEST_F(Compare, WhatIsNoBaselineIsAnError) {
  const auto wrong = [&](const std::string& text, const std::string& message) {
    dir_.write("base.json", text);
    const Ran ran = run("scan " + repo() + " --baseline '" + dir_.path("base.json") + "'");
    EXPECT_EQ(ran.code, 2) << ran.out;
    EXPECT_THAT(ran.out, HasSubstr(message));
    EXPECT_THAT(ran.out, Not(HasSubstr("ML Test Score")));
  };
  wrong("", "is no JSON report of mlgrade");
  wrong("[1, 2", "is no JSON report of mlgrade");
  wrong("{\"tool\": {\"name\": \"other\"}}", "is no JSON report of mlgrade");
  wrong(std::string(100'000, '['), "is no JSON report of mlgrade");
  wrong("{\"schema_version\": 7, \"tool\": {\"name\": \"mlgrade\", \"version\": \"9\"}, \"items\": []}",
        "another version of mlgrade (9)");
  EXPECT_THAT(run("scan " + repo() + " --baseline /nowhere.json").out,
              HasSubstr("cannot read '/nowhere.json'"));
  EXPECT_THAT(run("scan " + repo() + " --fail-on new").out, HasSubstr("needs --baseline"));
  dir_.write("base.json",
             "{\"schema_version\": 1, \"tool\": {\"name\": \"mlgrade\"}, \"rubric\": {\"version\": \"0\"}, "
             "\"items\": [{\"id\": 3, \"chain\": 4}]}");
  const Ran rubric = run("scan " + repo() + " --baseline '" + dir_.path("base.json") + "'");
  EXPECT_EQ(rubric.code, 2);
  EXPECT_THAT(rubric.out, HasSubstr("was scored with rubric 0"));
}

TEST_F(Compare, ReportsAreComparedWithoutTheRepository) {
  const std::string old_one = "'" + dir_.path("old.json") + "'";
  const std::string new_one = "'" + dir_.path("new.json") + "'";
  ASSERT_EQ(run("scan " + repo() + " -o " + old_one).code, 0);
  dir_.write("repo/.github/workflows/ci.yml",
             "on: workflow_dispatch\n" + kWorkflow.substr(kWorkflow.find("jobs")));
  ASSERT_EQ(run("scan " + repo() + " -o " + new_one).code, 0);
  const Ran ran = run("diff " + old_one + " " + new_one);
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("DATA-7"));
  EXPECT_EQ(run("diff " + old_one + " " + new_one + " -f html").code, 2);
}

TEST_F(Compare, SeveralOutputsAreWrittenFromOneScan) {
  const std::string page = dir_.path("page.html");
  const std::string words = "scan " + repo() + " -q -o '" + page + "' -o '" + dir_.path("x.sarif") +
                            "' -o '" + dir_.path("gl-code-quality-report.json") + "' -o '" +
                            dir_.path("x.json") + "' -o '" + dir_.path("badge.json") + "'";
  EXPECT_EQ(mlgrade(words).code, 0);
  const auto starts = [&](const std::string& file, const std::string& text) {
    std::ifstream in(dir_.path(file));
    std::string read(text.size(), ' ');
    in.read(read.data(), static_cast<std::streamsize>(read.size()));
    EXPECT_EQ(read, text) << file;
  };
  starts("page.html", "<!doctype html>");
  starts("x.sarif", "{\n  \"$schema\"");
  starts("gl-code-quality-report.json", "[");
  starts("x.json", "{\n  \"schema_version\": 1,\n  \"tool\"");
  starts("badge.json", "{\n  \"schemaVersion\"");
  EXPECT_THAT(run("scan " + repo() + " -o a.html -o a.html").out, HasSubstr("given twice"));
  EXPECT_THAT(run("scan " + repo() + " -f json -f csv -o a.html").out, HasSubstr("2 times for 1 outputs"));
  EXPECT_EQ(
      run("scan " + repo() + " -q -f csv -f markdown -o '" + page + "' -o '" + dir_.path("b") + "'").code, 0);
  starts("page.html", "section,item");
  starts("b", "<!-- mlgrade -->");
  // One that cannot be written is named; the one before it is whole.
  const Ran ran = run("scan " + repo() + " -q -o '" + page + "' -o '" + dir_.path("none/x.md") + "'");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.out, HasSubstr("none/x.md"));
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_THAT(run("scan " + repo() + " -f html -o /dev/full").out, HasSubstr("cannot write '/dev/full'"));
  }
}

}  // namespace
}  // namespace mlgrade
