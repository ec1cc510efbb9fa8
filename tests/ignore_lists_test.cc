// Findings that `.mlgrade.yaml` accepts: hidden as open ones, shown as accepted, and said where nothing is
// hidden.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kRule = "automation/test-without-assertion";

class IgnoreLists : public testing::Test {
 protected:
  IgnoreLists() {
    dir_.write("repo/features.py", "def clean_text(text):\n    return text.strip().lower()\n");
    for (const char* file : {"smoke/test_a.py", "smoke/deep/test_b.py", "unit/test_c.py"}) {
      dir_.write(std::string("repo/tests/") + file,
                 "from features import clean_text\n\n\ndef test_nothing():\n    clean_text('')\n");
    }
  }

  void settings(const std::string& text) const { dir_.write("repo/.mlgrade.yaml", text); }
  std::string repo() const { return "'" + dir_.path("repo") + "'"; }
  Ran scan(const std::string& words) const {
    return mlgrade("scan " + repo() + " -q --as-of 2026-06-01 " + words);
  }

  json report() const {
    const Ran ran = scan("-f json");
    EXPECT_EQ(ran.code, 0) << ran.out;
    return json::parse(ran.out, nullptr, false);
  }

  static std::vector<std::string> paths(const json& findings) {
    std::vector<std::string> out;
    for (const json& finding : findings) out.push_back(finding["locations"][0]["path"]);
    return out;
  }

  static std::vector<std::string> complaints(const json& report) {
    std::vector<std::string> out;
    for (const json& problem : report["problems"]) {
      if (problem["kind"] == "ignore")
        out.push_back(std::to_string(problem["line"].get<int>()) + ": " +
                      problem["message"].get<std::string>());
    }
    return out;
  }

  TempDir dir_;
};

TEST_F(IgnoreLists, AcceptByRuleAndPath) {
  ASSERT_EQ(report()["findings"].size(), 3u);
  settings("ignore:\n  - {rule: " + kRule + ", paths: tests/smoke/**, reason: they only must not raise}\n");
  const json one = report();
  EXPECT_THAT(paths(one["findings"]), ElementsAre("tests/unit/test_c.py"));
  EXPECT_EQ(one["accepted"].size(), 2u);
  EXPECT_EQ(one["accepted"][0]["accepted"], "they only must not raise");
  EXPECT_EQ(one["accepted"][0]["accepted_by"], "settings");
  EXPECT_EQ(one["accepted"][0]["accepted_at"]["path"], ".mlgrade.yaml");
  EXPECT_EQ(one["accepted"][0]["accepted_at"]["line"], 2);
  EXPECT_THAT(complaints(one), IsEmpty());
  EXPECT_EQ(scan("--fail-on medium").code, 1);
  settings("ignore:\n  - {rule: " + kRule + ", reason: all of them}\n");
  EXPECT_EQ(report()["findings"].size(), 0u) << "without paths it speaks of every file";
  EXPECT_EQ(scan("--fail-on info").code, 0);
}

TEST_F(IgnoreLists, TakeAFileAFolderAndSeveralPatterns) {
  const auto open = [&](const std::string& patterns) {
    settings("ignore:\n  - rule: " + kRule + "\n    paths: " + patterns + "\n    reason: r\n");
    return paths(report()["findings"]);
  };
  EXPECT_THAT(open("[tests/unit, tests/smoke/test_a.py]"), ElementsAre("tests/smoke/deep/test_b.py"));
  EXPECT_THAT(open("./tests/smoke/"), ElementsAre("tests/unit/test_c.py"));
  EXPECT_THAT(open("\"**/test_[ab].py\""), ElementsAre("tests/unit/test_c.py"));
  EXPECT_THAT(open("tests/*"), ElementsAre()) << "a folder means what it holds";
}

TEST_F(IgnoreLists, HoldUntilTheirLastDay) {
  const auto until = [&](const std::string& day) {
    settings("ignore:\n  - {rule: " + kRule + ", reason: until the rewrite, expires: " + day + "}\n");
    return report();
  };
  const json held = until("2026-06-01");
  EXPECT_EQ(held["findings"].size(), 0u);
  EXPECT_EQ(held["accepted"][0]["accepted_until"], "2026-06-01");
  const json over = until("2026-05-31");
  EXPECT_EQ(over["findings"].size(), 3u) << "they are open again";
  EXPECT_THAT(complaints(over),
              ElementsAre(HasSubstr("2: this entry accepted " + kRule + " until 2026-05-31")));
}

TEST_F(IgnoreLists, ThatHideNothingAreSaid) {
  settings("ignore:\n  - {rule: " + kRule +
           ", reason: r}\n  - {rule: automation/dead-schedule, reason: r}\n" + "  - {rule: " + kRule +
           ", paths: src/**, reason: r}\n");
  EXPECT_THAT(
      complaints(report()),
      ElementsAre("3: this entry accepts automation/dead-schedule, and there is no such finding",
                  HasSubstr("4: this entry accepts " + kRule + ", and there is no such finding in its")));
}

TEST_F(IgnoreLists, GiveWayToAWordAtThePlaceItself) {
  dir_.write("repo/tests/unit/test_c.py", "from features import clean_text\n\n\n# mlgrade: ignore[" + kRule +
                                              "] said here\ndef test_nothing():\n    clean_text('')\n");
  settings("ignore:\n  - {rule: " + kRule + ", reason: said there}\n");
  const json one = report();
  EXPECT_EQ(one["findings"].size(), 0u);
  EXPECT_THAT(complaints(one), IsEmpty());
  int comments = 0;
  for (const json& finding : one["accepted"]) comments += finding["accepted"] == "said here";
  EXPECT_EQ(comments, 1);
}

TEST_F(IgnoreLists, MistakesEndTheScanWithTheirLine) {
  const auto said = [&](const std::string& entry) {
    settings("ignore:\n  - " + entry + "\n");
    const Ran ran = scan("");
    EXPECT_EQ(ran.code, 2) << ran.out;
    return ran.out;
  };
  EXPECT_THAT(said("{rule: automation/test-without-asertion, reason: r}"),
              HasSubstr(".mlgrade.yaml:2: there is no rule `automation/test-without-asertion`; is it `" +
                        kRule + "`?"));
  EXPECT_THAT(said("{rule: test-without-assertion, reason: r}"), HasSubstr("is it `" + kRule + "`?"));
  EXPECT_THAT(said("{rule: x/y, reason: r}"), HasSubstr("`mlgrade list rules` shows all"));
  EXPECT_THAT(said("{rule: data/feature-schema, reason: r}"), HasSubstr("gives evidence and no findings"));
  EXPECT_THAT(said("{rule: " + kRule + "}"), HasSubstr(":2: missing `reason`"));
  EXPECT_THAT(said("{rule: " + kRule + ", reason: r, path: tests}"), HasSubstr("`paths`"));
  EXPECT_THAT(said("{rule: " + kRule + ", reason: r, paths: /tests}"), HasSubstr("`/tests` is no pattern"));
  EXPECT_THAT(said("{rule: " + kRule + ", reason: r, paths: ../tests}"), HasSubstr("is no pattern"));
  EXPECT_THAT(said("{rule: " + kRule + ", reason: r, paths: []}"), HasSubstr("`paths` is empty"));
  EXPECT_THAT(said("{rule: " + kRule + ", reason: r, expires: soon}"), HasSubstr("`soon` is no date"));
  settings("version: 2\n");
  EXPECT_THAT(scan("").out, HasSubstr(".mlgrade.yaml:1: this mlgrade reads `version: 1`"));
}

TEST_F(IgnoreLists, SpeakOfTheFolderTheyLieIn) {
  dir_.write("repo/tests/smoke/.mlgrade.yaml",
             "ignore:\n  - {rule: " + kRule + ", paths: \"deep/*\", reason: deep}\n");
  EXPECT_THAT(paths(report()["findings"]), ElementsAre("tests/smoke/test_a.py", "tests/unit/test_c.py"));
}

// Against an earlier report an accepted finding is neither new nor fixed.
TEST_F(IgnoreLists, AreNoChange) {
  const std::string base = dir_.path("base.json");
  ASSERT_EQ(scan("-f json -o '" + base + "'").code, 0);
  settings("ignore:\n  - {rule: " + kRule + ", paths: tests/smoke/**, reason: r}\n");
  const json change = json::parse(scan("-f json --baseline '" + base + "'").out)["change"];
  EXPECT_EQ(change["new_findings"], 0);
  EXPECT_EQ(change["fixed"].size(), 0u);
}

}  // namespace
}  // namespace mlgrade
