// Every format from reports made by hand: against tests/golden/report.*, against each other, with hostile
// texts and with ten thousand findings. With MLGRADE_UPDATE_GOLDEN=1 the files are written anew: read the
// difference before you commit it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "analyzer/repo/own_report.h"
#include "reports/escape.h"
#include "reports/report.h"
#include "tests/support/places.h"
#include "tests/support/sample_report.h"

namespace mlgrade {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string render(const std::string& format, const Report& report, bool refused = false) {
  const Renderer* renderer = find_renderer_for_test(format);
  if (renderer == nullptr) {
    ADD_FAILURE() << "no format " << format;
    return "";
  }
  RenderOptions options;
  options.refused = refused;
  return renderer->render(report, options);
}

size_t occurrences(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// Style and script stand in files of their own.
std::string without_parts(std::string page) {
  for (const auto& [open, close] : {std::pair("<style>", "</style>"), std::pair("<script>", "</script>")}) {
    const size_t from = page.find(open) + std::string(open).size();
    page.replace(from, page.find(close) - from, "...");
  }
  return std::regex_replace(page, std::regex("sha256-[A-Za-z0-9+/=]+"), "sha256-...");
}

void compare(const std::string& name, const std::string& text) {
  const std::string path = source_dir() + "/tests/golden/" + name;
  if (std::getenv("MLGRADE_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream in(path, std::ios::binary);
  const std::string golden{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, golden) << path;
}

// Fields of the lines of a CSV text, which quotes commas and quotation marks and holds no line ends.
std::vector<std::vector<std::string>> rows_of(const std::string& text) {
  std::vector<std::vector<std::string>> out;
  for (std::string line : lines_of(text)) {
    EXPECT_TRUE(line.ends_with('\r'));
    line.pop_back();
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
        fields.back() += line[i++];
      } else if (line[i] == '"') {
        quoted = !quoted;
      } else if (line[i] == ',' && !quoted) {
        fields.emplace_back();
      } else {
        fields.back() += line[i];
      }
    }
    EXPECT_FALSE(quoted);
    out.push_back(std::move(fields));
  }
  return out;
}

TEST(Formats, ReadAsTheyDid) {
  const Report report = sample_report();
  compare("report.html", without_parts(render("html", report)));
  compare("report.sarif", render("sarif", report, true));
  compare("report.md", render("markdown", report));
  compare("report.xml", render("junit", report));
  compare("report.annotations", render("github", report, true));
  compare("report.codequality.json", render("gitlab", report));
  compare("report.svg", render("badge", report));
  compare("report.shields.json", render("shields", report));
  compare("report.csv", render("csv", report));
}

TEST(Formats, EachHasANameWordsAndEndingsOfItsOwn) {
  std::map<std::string, std::string> owners;
  for (const Renderer* renderer : all_renderers()) {
    EXPECT_STRNE(renderer->doc, "") << renderer->name;
    std::istringstream endings(renderer->endings);
    for (std::string ending; endings >> ending;) {
      EXPECT_TRUE(owners.emplace(ending, renderer->name).second) << ending;
    }
  }
}

// The points of each item as a format shows them.
using Points = std::map<std::string, double>;

Points points_of(const std::string& text, const std::string& pattern) {
  Points out;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    out[(*at)[1]] = (*at)[2] == "n/a" || (*at)[2] == "" ? 0 : std::stod((*at)[2]);
  }
  return out;
}

TEST(Formats, AgreeOnEveryNumber) {
  const Report report = sample_report();
  const json whole = json::parse(render("json", report));
  Points wanted;
  for (const json& item : whole["items"]) wanted[item["id"]] = item["points"];
  ASSERT_EQ(wanted.size(), report.items.size());
  const std::string page = render("html", report);
  EXPECT_EQ(points_of(page, "id=\"([A-Z]+-[0-9]+)\" data-kind=\"[a-z]+\" data-points=\"([^\"]*)\""), wanted);
  EXPECT_EQ(points_of(render("csv", report), "\n[A-Z]+,([A-Z]+-[0-9]+),[^,]*,([^,]*),"), wanted);
  EXPECT_EQ(points_of(render("markdown", report), "\\| ([A-Z]+-[0-9]+) \\| ([^ ]+) \\|"), wanted);
  Points earning;
  for (const auto& [id, points] : wanted) {
    if (points > 0) earning[id] = points;
  }
  EXPECT_EQ(
      points_of(render("junit", report), "name=\"([A-Z]+-[0-9]+) [^\n]*\n *<system-out>([0-9.]+) points"),
      earning);

  const std::string score = "0.5";
  ASSERT_EQ(whole["scores"]["ml_test_score"], 0.5);
  EXPECT_THAT(page, HasSubstr("data-score=\"" + score + "\""));
  EXPECT_EQ(json::parse(render("sarif", report))["runs"][0]["properties"]["mlTestScore"], 0.5);
  EXPECT_EQ(json::parse(render("shields", report))["message"], score + " of 7");
  for (const char* format : {"badge", "github", "markdown", "junit"}) {
    EXPECT_THAT(render(format, report), HasSubstr(score + " of 7")) << format;
  }
  for (const json& section : whole["scores"]["sections"]) {
    const std::string id = section["id"];
    EXPECT_EQ(json::parse(render("sarif", report))["runs"][0]["properties"]["sections"][id],
              section["strict"]);
    EXPECT_EQ(points_of(page, "data-section=\"([A-Z]+)\">([0-9.]+)<").at(id), section["strict"]);
  }
}

TEST(Formats, AgreeOnFindings) {
  const Report report = sample_report();
  const size_t open = json::parse(render("json", report))["findings"].size();
  ASSERT_EQ(open, 3u);
  EXPECT_EQ(occurrences(render("html", report), "<article class=\"finding\""), open);
  const size_t listed = open + report.accepted.size();  // by GitLab's format accepted ones are information
  EXPECT_EQ(json::parse(render("gitlab", report)).size(), listed);
  const auto rows = rows_of(render("csv", report));
  EXPECT_EQ(rows.size(), 1 + report.items.size() + listed);
  size_t results = 0, suppressed = 0;
  const json sarif = json::parse(render("sarif", report));
  for (const json& result : sarif["runs"][0]["results"]) {
    ++(result.contains("suppressions") ? suppressed : results);
  }
  EXPECT_EQ(results, open);
  EXPECT_EQ(suppressed, report.accepted.size());
  EXPECT_EQ(lines_of(render("github", report)).size(), open + 2) << "the score, and what is accepted";
  EXPECT_THAT(render("junit", report),
              HasSubstr("name=\"Technical debt\" tests=\"5\" failures=\"3\" errors=\"0\" skipped=\"2\""));
}

// A badge and its endpoint show a score and no finding: the badge counts, the endpoint has no room.
TEST(Formats, ShowWhatIsAcceptedAndWhy) {
  for (const Renderer* renderer : all_renderers()) {
    const std::string name = renderer->name;
    const std::string text = render(name, sample_report());
    if (name == "badge") {
      EXPECT_THAT(text, HasSubstr("accepted findings: 2"));
    }
    if (name == "badge" || name == "shields") continue;
    EXPECT_THAT(text, HasSubstr("the flake is known")) << name;
    EXPECT_THAT(text, HasSubstr("a report follows")) << name;
    EXPECT_THAT(text, HasSubstr(".mlgrade.yaml")) << name << " says where the list stands";
    EXPECT_THAT(text, HasSubstr("2027-01-01")) << name << " says how long it holds";
  }
  const json results = json::parse(render("sarif", sample_report()))["runs"][0]["results"];
  std::vector<std::string> kinds;
  for (const json& result : results) {
    if (!result.contains("suppressions")) continue;
    const json& suppression = result["suppressions"][0];
    kinds.push_back(suppression["kind"]);
    EXPECT_EQ(suppression["status"], "accepted");
    EXPECT_TRUE(suppression["location"].contains("physicalLocation"));
  }
  EXPECT_THAT(kinds, testing::ElementsAre("external", "inSource"));
}

TEST(Formats, AreKnownAgainByTheirContent) {
  for (const Renderer* renderer : all_renderers()) {
    EXPECT_TRUE(is_own_report(render(renderer->name, sample_report()))) << renderer->name;
    if (std::string(renderer->name) == "terminal")
      continue;  // held to printable texts where the report is built
    EXPECT_TRUE(is_own_report(render(renderer->name, hostile_report(hostile_text())))) << renderer->name;
  }
  for (const char* other :
       {"", "[]", "{}", "# mlgrade\n\n  ML Test Score  3 of 7\n", "<!doctype html>\n<title>mlgrade</title>",
        "{\"tool\": {\"name\": \"mlgrade\"}}", "<?xml version=\"1.0\"?>\n<testsuites name=\"pytest\">",
        "section,item,title\n1,2,3\n", "<!-- mlgrade -->\n# Ours\n"})
    EXPECT_FALSE(is_own_report(other)) << other;
}

TEST(Formats, AFindingInANotebookNamesItsCell) {
  for (const char* format : {"sarif", "gitlab"}) {
    EXPECT_THAT(render(format, sample_report()), HasSubstr("Cell 3, line 2: the scaler saw rows")) << format;
  }
  EXPECT_THAT(render("github", sample_report()), HasSubstr("cell 3, line 2: the scaler saw rows"));
  for (const char* format : {"html", "markdown", "junit"}) {
    EXPECT_THAT(render(format, sample_report()), HasSubstr("train.ipynb cell 3, line 2")) << format;
  }
}

TEST(Formats, RefusedItemsAreNotesOnlyOnRequest) {
  EXPECT_THAT(render("sarif", sample_report()), Not(HasSubstr("MON-2")));
  const json run = json::parse(render("sarif", sample_report(), true))["runs"][0];
  size_t notes = 0;
  for (const json& result : run["results"]) {
    if (result["ruleId"] != "MON-2") continue;
    ++notes;
    EXPECT_EQ(result["level"], "note");
    EXPECT_EQ(result["codeFlows"][0]["threadFlows"][0]["locations"].size(), 3u);
    EXPECT_EQ(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "jobs/drift.sh");
    EXPECT_EQ(run["tool"]["driver"]["rules"][result["ruleIndex"].get<size_t>()]["id"], "MON-2");
  }
  EXPECT_EQ(notes, 1u);
}

TEST(HostileTexts, NoFormatHandsOnControlCharactersOrMarksThatTurnText) {
  const Report report = hostile_report(hostile_text());
  for (const Renderer* renderer : all_renderers()) {
    const std::string name = renderer->name;
    if (name == "terminal" || name == "json") continue;  // held to it where the report is built
    const std::string text = render(name, report, true);
    EXPECT_THAT(text, Not(testing::ContainsRegex("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]"))) << name;
    for (const char* bad : {"\xe2\x80\xae", "\xff", "\xc0", "\xe2\x80\x8b"}) {
      EXPECT_THAT(text, Not(HasSubstr(bad))) << name;
    }
    EXPECT_THAT(text, Not(HasSubstr("\n::set-output"))) << name;
  }
}

TEST(HostileTexts, NoMarkupReachesAPage) {
  for (const char* format : {"html", "junit", "badge", "markdown"}) {
    const std::string text = render(format, hostile_report(hostile_text()));
    for (const char* bad : {"<script>alert", "<img", "onerror=alert(2)>", "</style>\n::", "<SCRIPT"}) {
      EXPECT_THAT(text, Not(HasSubstr(bad))) << format;
    }
  }
  const std::string page = render("html", hostile_report(hostile_text()));
  EXPECT_EQ(occurrences(page, "<script"), 1u);
  EXPECT_EQ(occurrences(page, "</style"), 1u);
  EXPECT_EQ(occurrences(render("junit", sample_report()), "<testcase"),
            occurrences(render("junit", hostile_report(hostile_text())), "<testcase"));
}

TEST(HostileTexts, AWorkflowCommandStaysOne) {
  const auto lines = lines_of(render("github", hostile_report(hostile_text()), true));
  EXPECT_EQ(lines.size(), lines_of(render("github", sample_report(), true)).size());
  const std::regex command(
      "::(error|warning|notice) (file=[^,:]*,)?(line=[0-9]+,)?(col=[0-9]+,)?title=[^,:]*::.*");
  for (const std::string& line : lines) EXPECT_TRUE(std::regex_match(line, command)) << line;
}

TEST(HostileTexts, ACommentHoldsNoMarkupMentionLinkOrTableOfOthers) {
  const std::string text = render("markdown", hostile_report(hostile_text()));
  const auto tables = [](const std::string& markdown) {
    const auto lines = lines_of(markdown);
    return std::count_if(lines.begin(), lines.end(),
                         [](const std::string& line) { return line.starts_with("|"); });
  };
  EXPECT_EQ(tables(text), tables(render("markdown", sample_report())));
  for (const char* bad : {"@somebody", "#77", "](http", "http://", "**bold**", "$x$", "```"}) {
    EXPECT_THAT(text, Not(HasSubstr(bad)));
  }
  for (const std::string& line : lines_of(text)) {
    if (!line.starts_with("|")) continue;
    EXPECT_TRUE(line.ends_with("|")) << line;
    EXPECT_LE(std::count(line.begin(), line.end(), '|'), 5) << line;
  }
}

TEST(HostileTexts, ACsvFieldStaysOneAndIsNoFormula) {
  for (const std::string& start : {std::string(""), std::string("=cmd()"), std::string("+1"),
                                   std::string("@SUM(1)"), std::string("\t=1")}) {
    const auto rows = rows_of(render("csv", hostile_report(start + hostile_text())));
    ASSERT_EQ(rows.size(), rows_of(render("csv", sample_report())).size());
    for (const auto& row : rows) {
      EXPECT_EQ(row.size(), rows.front().size());
      for (const std::string& field : row)
        EXPECT_EQ(field.find_first_of("=+-@"),
                  field.empty() ? std::string::npos : field.find_first_of("=+-@", 1))
            << field;
    }
  }
}

TEST(HostileTexts, JsonFormatsStayJson) {
  for (const char* format : {"json", "sarif", "gitlab", "shields"}) {
    const json parsed = json::parse(render(format, hostile_report(hostile_text()), true), nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << format;
  }
  const json run = json::parse(render("sarif", hostile_report(hostile_text())))["runs"][0];
  for (const json& result : run["results"]) {
    const std::string uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    EXPECT_THAT(uri, Not(testing::ContainsRegex("[^-A-Za-z0-9._~/%]")));
  }
}

TEST(Escape, SaysWhatItTakes) {
  EXPECT_EQ(escape::html_with_code("a `<b>` c` d"), "a <code>&lt;b&gt;</code> c` d");
  EXPECT_EQ(escape::html_with_code("`a` and `b`"), "<code>a</code> and <code>b</code>");
  EXPECT_EQ(escape::markdown("a: b, 5 % of `x|y`"), "a: b, 5 % of <code>x&#124;y</code>");
  EXPECT_EQ(escape::markdown("@a"), "&#64;&#8203;a");
  EXPECT_EQ(escape::command_message("50 %\nx"), "50 %25 x");
  EXPECT_EQ(escape::command_property("a:b,c%"), "a%3Ab%2Cc%25");
  EXPECT_EQ(escape::csv("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(escape::csv("=1"), "'=1");
  EXPECT_EQ(escape::uri("a b/\xc3\xa4#?.py"), "a%20b/%C3%A4%23%3F.py");
  EXPECT_EQ(escape::uri("//host/x"), "host/x");
}

TEST(ManyFindings, EveryFormatKeepsToItsLimit) {
  const Report report = large_report(10'000);
  const std::string page = render("html", report);
  EXPECT_LT(page.size(), 2'000'000u);
  EXPECT_GT(page.size(), 1'000'000u) << "the room is used";
  EXPECT_THAT(page, HasSubstr("left out to keep this page small"));
  EXPECT_LT(render("markdown", report).size(), 65'000u);
  EXPECT_THAT(render("markdown", report), HasSubstr("more\n"));
  const auto annotations = lines_of(render("github", report));
  EXPECT_LE(annotations.size(), 30u);
  EXPECT_THAT(annotations.back(), HasSubstr("more are in the other formats"));
  EXPECT_EQ(json::parse(render("gitlab", report)).size(), 10'002u);
  EXPECT_EQ(json::parse(render("sarif", report))["runs"][0]["results"].size(), 10'002u);
  EXPECT_EQ(rows_of(render("csv", report)).size(), 1 + report.items.size() + 10'002u);
  EXPECT_EQ(json::parse(render("json", report))["findings"].size(), 10'000u);
  const std::string terminal = render("terminal", report);
  EXPECT_LT(lines_of(terminal).size(), 200u);
  EXPECT_THAT(terminal, HasSubstr("new findings: --verbose or another format shows all"));
  EXPECT_THAT(terminal, HasSubstr("and 9990 more: --verbose shows all"));
  RenderOptions all;
  all.verbose = true;
  EXPECT_GE(occurrences(find_renderer_for_test("terminal")->render(report, all), "/module"), 10'000u);
  EXPECT_EQ(occurrences(render("junit", report), "<failure type="), 10'000u + 3u);
}

TEST(ManyFindings, ACommentThatIsTooLongIsCutWithANote) {
  Report report = sample_report();
  const ReportItemChange one = report.change->items[0];
  report.change->items.assign(40, one);
  for (ReportItemChange& change : report.change->items) change.what = std::string(3000, 'x');
  const std::string text = render("markdown", report);
  EXPECT_LT(text.size(), 65'000u);
  EXPECT_THAT(text, HasSubstr("Cut here"));
  EXPECT_TRUE(text.ends_with("</sub>\n"));
}

TEST(EmptyReport, EveryFormatIsWhole) {
  for (const Renderer* renderer : all_renderers()) {
    const std::string text = render(renderer->name, Report(), true);
    EXPECT_FALSE(text.empty()) << renderer->name;
  }
}

}  // namespace
}  // namespace mlgrade
