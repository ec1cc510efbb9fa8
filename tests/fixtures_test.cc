// Runs the fixtures: tests/rules/<topic>/<name>.md against the rule of that name, tests/items/*.md against
// the whole pipeline. MLGRADE_FIXTURE=part of a path runs only those.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "analyzer/run_analysis.h"
#include "tests/support/fixture.h"
#include "tests/support/places.h"

namespace mlgrade {
namespace {

using testing_support::Fixture;
using testing_support::read_fixture;
using testing_support::read_fixtures;
using testing_support::Scenario;
using testing_support::Want;

// What the rule says of one place.
struct Said {
  std::string path;
  uint32_t line = 0;  // of the file on disk
  std::string text;
};

bool wanted_fixture(const Fixture& fixture) {
  const char* part = std::getenv("MLGRADE_FIXTURE");
  return part == nullptr || fixture.path.find(part) != std::string::npos;
}

std::unique_ptr<Analysis> analyse_scenario(const Scenario& scenario) {
  AnalysisOptions options;
  options.jobs = 1;
  options.as_of = scenario.as_of;
  options.settings = std::make_shared<AllSettings>(read_all_settings(
      memory_repo(scenario.files), definitions().rubric, definitions().rules, scenario.as_of));
  for (const std::string& mistake : options.settings->mistakes) ADD_FAILURE() << mistake;
  Repo repo = memory_repo(scenario.files);
  for (const auto& [path, date] : scenario.dates) {
    for (FileFact& file : repo.files) {
      if (file.path == path) file.last_commit = date;
    }
  }
  return analyse(std::move(repo), definitions(), options);
}

Said said_at(const Analysis& analysis, const Span& span, std::string text) {
  Said out{std::string(analysis.facts.path(span)), span.line, std::move(text)};
  std::vector<Problem> ignored;
  const auto source = span.valid() ? analysis.repo.read(span.file, ignored) : nullptr;
  if (source != nullptr && span.line > 0 && span.line <= source->cell_lines.size()) {
    out.line = source->cell_lines[span.line - 1].raw_line;
  }
  return out;
}

std::vector<Said> said_by(const Analysis& analysis, std::string_view rule) {
  std::vector<Said> out;
  for (const Evidence& evidence : analysis.results.evidence) {
    if (evidence.rule != rule) continue;
    std::string text = evidence.what;
    for (const std::string& more :
         {evidence.defeat, evidence.effect_why, evidence.worth_why, evidence.share_why, evidence.part}) {
      if (!more.empty()) text += " | " + more;
    }
    out.push_back(said_at(analysis, evidence.place, text));
  }
  for (const Finding& finding : analysis.results.findings) {
    if (finding.rule != rule) continue;
    out.push_back(
        said_at(analysis, finding.places.empty() ? Span{} : finding.places[0].span, finding.message));
  }
  return out;
}

bool meets(const Said& said, const Want& want) {
  return said.path == want.path && said.line == want.line && said.text.find(want.text) != std::string::npos;
}

void check_rule_scenario(const Fixture& fixture, const Scenario& scenario, std::string_view rule) {
  const auto analysis = analyse_scenario(scenario);
  const std::vector<Said> all = said_by(*analysis, rule);
  std::string heard;
  for (const Said& said : all)
    heard += "\n  " + said.path + ":" + std::to_string(said.line) + ": " + said.text;
  const std::string path = source_dir() + "/" + fixture.path;
  for (const Want& want : scenario.wants) {
    if (std::any_of(all.begin(), all.end(), [&](const Said& said) { return meets(said, want); })) continue;
    ADD_FAILURE_AT(path.c_str(), want.fixture_line)
        << scenario.title << "\n"
        << want.path << ":" << want.line << ": want \"" << want.text << "\", but " << rule << " says"
        << (heard.empty() ? " nothing" : heard);
  }
  for (const Said& said : all) {
    const auto& wants = scenario.wants;
    if (std::any_of(wants.begin(), wants.end(), [&](const Want& want) { return meets(said, want); }))
      continue;
    ADD_FAILURE_AT(path.c_str(), scenario.line)
        << scenario.title << "\n"
        << rule << " says what is not wanted: " << said.path << ":" << said.line << ": " << said.text;
  }
}

std::string rule_of(const Fixture& fixture) {
  constexpr std::string_view kFolder = "tests/rules/";
  return fixture.path.substr(kFolder.size(), fixture.path.size() - kFolder.size() - 3);
}

void report_mistakes(const Fixture& fixture) {
  for (const std::string& mistake : fixture.mistakes) ADD_FAILURE() << fixture.path << ":" << mistake;
}

TEST(Fixtures, RulesSayWhatIsWantedAndNothingElse) {
  for (const Fixture& fixture : read_fixtures("tests/rules")) {
    if (!wanted_fixture(fixture)) continue;
    report_mistakes(fixture);
    const std::string rule = rule_of(fixture);
    if (definitions().rules.find(rule) == nullptr) {
      ADD_FAILURE() << fixture.path << ": there is no rule " << rule;
      continue;
    }
    for (const Scenario& scenario : fixture.scenarios) check_rule_scenario(fixture, scenario, rule);
  }
}

TEST(Fixtures, EveryRuleHasAHitAndASilentCase) {
  std::set<std::string> hit, silent;
  for (const Fixture& fixture : read_fixtures("tests/rules")) {
    for (const Scenario& scenario : fixture.scenarios) {
      (scenario.wants.empty() ? silent : hit).insert(rule_of(fixture));
    }
  }
  for (const LoadedRule& rule : definitions().rules.rules) {
    EXPECT_TRUE(hit.contains(rule.id)) << "tests/rules/" << rule.id << ".md has no scenario with `want:`";
    EXPECT_TRUE(silent.contains(rule.id)) << "tests/rules/" << rule.id << ".md has no silent scenario";
  }
}

std::string describe(const ReportItem& item) {
  std::string out = item.id + ": " + item.status + ", missing \"" + item.missing + "\", chain:";
  for (const ReportLink& link : item.chain) {
    out += "\n  " + link.place.path + ":" + std::to_string(link.place.line) + " " + link.what;
  }
  return out;
}

std::string place_of(const ReportPlace& place) {
  return place.line == 0 ? place.path : place.path + ":" + std::to_string(place.line);
}

// `wanted` is "path:line" or "path".
bool is_at(const ReportLink& link, const std::string& wanted) {
  return link.place.path == wanted || place_of(link.place) == wanted;
}

void check_item(const std::string& file, int line, const DataNode& expect, const ReportItem& item) {
  const auto fail = [&](const std::string& what) {
    ADD_FAILURE_AT(file.c_str(), line) << item.id << ": " << what << "\n" << describe(item);
  };
  for (const DataEntry& entry : expect.entries) {
    const std::string& key = entry.first;
    const std::string value(entry.second.string_or(""));
    if (key == "points") {
      if (entry.second.as_number().value_or(-1) != item.points) fail("wants points " + value);
    } else if (key == "status") {
      if (value != item.status) fail("wants status " + value);
    } else if (key == "gating") {
      if (value != item.gating) fail("wants gating " + value + ", not " + item.gating);
    } else if (key == "missing") {
      if (item.missing.find(value) == std::string::npos) fail("wants missing \"" + value + "\"");
    } else if (key == "missing_at") {
      const std::string at = item.missing_at ? place_of(*item.missing_at) : "";
      if (value != at) fail("wants missing_at " + value + ", not " + at);
    } else if (key == "false") {
      if (value.empty() || expect.find("points") == nullptr || item.points >= 1)
        fail("`false` says what looks like evidence and earns less than a point");
    } else if (key == "next") {
      if (item.next.find(value) == std::string::npos) fail("wants next \"" + value + "\", not " + item.next);
    } else if (key == "chain") {
      auto from = item.chain.begin();
      for (const std::string& wanted : entry.second.strings()) {
        from =
            std::find_if(from, item.chain.end(), [&](const ReportLink& link) { return is_at(link, wanted); });
        if (from == item.chain.end()) {
          fail("wants " + wanted + " in its chain, in this order");
          break;
        }
        ++from;
      }
    } else {
      fail("the fixture's key `" + key +
           "` is unknown; points, status, gating, missing, missing_at, next, chain, false");
    }
  }
}

// stages: {training: automated tested, labelling: absent}
void check_stages(const std::string& file, int line, const DataNode& expect, const Report& report) {
  for (const DataEntry& entry : expect.entries) {
    const auto stage = std::find_if(report.stages.begin(), report.stages.end(),
                                    [&](const ReportStage& s) { return s.id == entry.first; });
    std::string got;
    if (stage != report.stages.end()) {
      got = !stage->present ? "absent"
                            : std::string("there") + (stage->automated ? " automated" : "") +
                                  (stage->tested ? " tested" : "") + (stage->watched ? " watched" : "");
    }
    if (got != entry.second.string_or("")) {
      ADD_FAILURE_AT(file.c_str(), line) << "stage " << entry.first << " is \"" << got << "\", "
                                         << (stage == report.stages.end() ? "" : stage->what);
    }
  }
}

// drills: {DRILL-1: yes yes each run}: detected, proven, last drilled
void check_drills(const std::string& file, int line, const DataNode& expect, const Report& report) {
  for (const DataEntry& entry : expect.entries) {
    const auto drill = std::find_if(report.drills.begin(), report.drills.end(),
                                    [&](const ReportDrill& d) { return d.item == entry.first; });
    std::string got = "none";
    if (drill != report.drills.end()) {
      got = drill->detected.answer + " " + drill->proven.answer;
      if (!drill->last_drilled.empty()) got += " " + drill->last_drilled;
    }
    if (got != entry.second.string_or(""))
      ADD_FAILURE_AT(file.c_str(), line) << "row " << entry.first << " is \"" << got << "\"";
  }
}

// What a scenario expects of the report beside items; false: of an item.
bool check_whole(const std::string& file, int line, const DataEntry& entry, const Report& report) {
  if (entry.first == "stages") {
    check_stages(file, line, entry.second, report);
  } else if (entry.first == "drills") {
    check_drills(file, line, entry.second, report);
  } else if (entry.first == "level") {
    EXPECT_EQ(std::to_string(report.level.level), entry.second.string_or(""))
        << file << ":" << line << ": " << report.level.why << "; " << report.level.next;
  } else if (entry.first == "profile") {
    EXPECT_EQ(report.profile, entry.second.string_or("")) << file << ":" << line;
  } else {
    return false;
  }
  return true;
}

void check_item_scenario(const Fixture& fixture, const Scenario& scenario) {
  const std::string file = source_dir() + "/" + fixture.path;
  const auto analysis = analyse_scenario(scenario);
  const Report report = report_of(*analysis, definitions());
  int checked = 0;
  for (const DataEntry& entry : scenario.expect.entries) {
    if (entry.first == "as-of") continue;
    const auto item = std::find_if(report.items.begin(), report.items.end(),
                                   [&](const ReportItem& i) { return i.id == entry.first; });
    const int line = scenario.expect_line + static_cast<int>(scenario.expect.line_of(entry.first));
    if (check_whole(file, line, entry, report)) {
      ++checked;
      continue;
    }
    if (item == report.items.end()) {
      ADD_FAILURE_AT(file.c_str(), line) << "there is no item " << entry.first;
      continue;
    }
    check_item(file, line, entry.second, *item);
    ++checked;
  }
  if (checked == 0) ADD_FAILURE_AT(file.c_str(), scenario.line) << scenario.title << "\nexpects nothing";
}

TEST(Fixtures, ItemsGetTheirPoints) {
  for (const Fixture& fixture : read_fixtures("tests/items")) {
    if (!wanted_fixture(fixture)) continue;
    report_mistakes(fixture);
    for (const Scenario& scenario : fixture.scenarios) check_item_scenario(fixture, scenario);
  }
}

// What the scenarios of tests/items expect of one item.
struct Expected {
  bool none = false, half = false, full = false, false_evidence = false;
};

std::map<std::string, Expected> expected_by_item() {
  std::map<std::string, Expected> out;
  for (const Fixture& fixture : read_fixtures("tests/items")) {
    for (const Scenario& scenario : fixture.scenarios) {
      for (const DataEntry& entry : scenario.expect.entries) {
        const DataNode* points = entry.second.find("points");
        if (points == nullptr) continue;
        const double value = points->as_number().value_or(-1);
        Expected& expected = out[entry.first];
        expected.none |= value == 0;
        expected.half |= value == 0.5;
        expected.full |= value == 1;
        expected.false_evidence |= entry.second.find("false") != nullptr;
      }
    }
  }
  return out;
}

TEST(Fixtures, ItemsBeyondTheTestScoreAreShownAtEachScoreAndAgainstFalseEvidence) {
  const std::map<std::string, Expected> all = expected_by_item();
  for (const Section& section : definitions().rubric.sections) {
    if (section.in_test_score) continue;
    for (const Item& item : section.items) {
      const auto found = all.find(item.id);
      const Expected expected = found == all.end() ? Expected{} : found->second;
      EXPECT_TRUE(expected.none) << item.id << ": no scenario in tests/items expects 0";
      EXPECT_TRUE(expected.half || item.half.empty())
          << item.id << ": no scenario in tests/items expects 0.5";
      EXPECT_TRUE(expected.full) << item.id << ": no scenario in tests/items expects 1";
      EXPECT_TRUE(expected.false_evidence)
          << item.id << ": no scenario in tests/items marks false evidence (`false: what it looks like`)";
    }
  }
}

TEST(FixtureReader, TakesMarkersOffAndKeepsPlaces) {
  const Fixture fixture = read_fixture("x.md",
                                       "# Title\n\n## One\n\n```py a.py\nx = 1\ny = 2  # want: two\n```\n"
                                       "```want\nb.json:3 broken\nc.md\n```\n"
                                       "```expect\nas-of: 2026-01-01\nDATA-1: {points: 0}\n```\n"
                                       "## Two\n```sh\nonly prose\n```\n````md d.md\n```\nin\n```\n````\n");
  EXPECT_TRUE(fixture.mistakes.empty());
  ASSERT_EQ(fixture.scenarios.size(), 2u);
  const Scenario& one = fixture.scenarios[0];
  EXPECT_EQ(one.title, "One");
  ASSERT_EQ(one.files.size(), 1u);
  EXPECT_EQ(one.files[0].second, "x = 1\ny = 2\n");
  ASSERT_EQ(one.wants.size(), 3u);
  EXPECT_EQ(one.wants[0].path, "a.py");
  EXPECT_EQ(one.wants[0].line, 2u);
  EXPECT_EQ(one.wants[0].text, "two");
  EXPECT_EQ(one.wants[0].fixture_line, 7);
  EXPECT_EQ(one.wants[1].line, 3u);
  EXPECT_EQ(one.wants[2].path, "c.md");
  EXPECT_EQ(format_date(*one.as_of), "2026-01-01");
  ASSERT_EQ(fixture.scenarios[1].files.size(), 1u);
  EXPECT_EQ(fixture.scenarios[1].files[0].second, "```\nin\n```\n");
  EXPECT_FALSE(read_fixture("y.md", "## A\n```py a.py\n").mistakes.empty());
}

TEST(FixtureReader, TakesTheDateOfACommitOffThePath) {
  const Fixture fixture = read_fixture("x.md", "## A\n```md docs/a.md 2026-03-01\nwords\n```\n");
  ASSERT_EQ(fixture.scenarios.size(), 1u);
  EXPECT_EQ(fixture.scenarios[0].files[0].first, "docs/a.md");
  ASSERT_EQ(fixture.scenarios[0].dates.size(), 1u);
  EXPECT_EQ(format_date(fixture.scenarios[0].dates[0].second), "2026-03-01");
}

TEST(FixtureReader, SharesFilesThatAScenarioDoesNotReplace) {
  const Fixture fixture =
      read_fixture("x.md",
                   "# Title\n\n## In every scenario\n```py a.py\n1\n```\n```py b.py\n2\n```\n"
                   "## One\n```py b.py\n3  # want: three\n```\n## Two\n```py c.py\n4\n```\n");
  EXPECT_TRUE(fixture.mistakes.empty());
  ASSERT_EQ(fixture.scenarios.size(), 2u);
  ASSERT_EQ(fixture.scenarios[0].files.size(), 2u);
  EXPECT_EQ(fixture.scenarios[0].files[0].second, "3\n");
  EXPECT_EQ(fixture.scenarios[0].files[1].first, "a.py");
  EXPECT_EQ(fixture.scenarios[1].files.size(), 3u);
}

}  // namespace
}  // namespace mlgrade
