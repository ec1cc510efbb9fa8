// The lines around a place, and the comments that accept a finding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "analyzer/run_analysis.h"
#include "reports/build_report_ignores.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;

ReportPlace place_of_finding(const std::string& path, const std::string& text) {
  AnalysisOptions options;
  options.jobs = 1;
  const auto analysis =
      analyse(memory_repo({{"features.py", "def clean(text):\n    return text.strip()\n"}, {path, text}}),
              definitions(), options);
  for (const ReportFinding& finding : report_of(*analysis, definitions()).findings) {
    if (finding.rule == "automation/test-without-assertion") return finding.locations.front().place;
  }
  ADD_FAILURE() << "no finding in " << path;
  return {};
}

TEST(Excerpt, ShowsTwoLinesOnEachSide) {
  const ReportPlace place = place_of_finding(
      "tests/test_a.py",
      "from features import clean\nX = 1\n\n\ndef test_a():\n    clean('')\n    clean('\x1b[31m')\n\n");
  EXPECT_EQ(place.line, 5u);
  EXPECT_EQ(place.excerpt_from, 5u) << "empty lines at the edge say nothing";
  EXPECT_THAT(place.excerpt, ElementsAre("def test_a():", "    clean('')", "    clean('\xef\xbf\xbd[31m')"));
}

TEST(Excerpt, StopsAtTheEndsOfTheFile) {
  const ReportPlace place =
      place_of_finding("tests/test_a.py", "from features import clean\ndef test_a(): clean('')");
  EXPECT_EQ(place.line, 2u);
  EXPECT_EQ(place.excerpt_from, 1u);
  EXPECT_THAT(place.excerpt, ElementsAre("from features import clean", "def test_a(): clean('')"));
}

std::vector<IgnoreComment> comments(const std::string& text) {
  SourceFile file;
  file.id = FileId{3};
  file.text = text;
  return ignore_comments(file);
}

TEST(IgnoreComments, SpeakOfTheirLineOrOfTheNextOne) {
  auto found = comments(
      "a\nx = 1  # mlgrade: ignore[a/b] it is so\n  # mlgrade: ignore[a/c, d/e]  two rules \r\ny\n"
      "<!-- mlgrade: ignore[a/b] in a document -->\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].line, 2u);
  EXPECT_EQ(found[0].reason, "it is so");
  EXPECT_EQ(found[1].line, 4u);
  EXPECT_THAT(found[1].rules, ElementsAre("a/c", "d/e"));
  EXPECT_EQ(found[1].reason, "two rules");
  EXPECT_EQ(found[2].line, 6u);
  EXPECT_EQ(found[2].reason, "in a document");
  Ignores ignores(found, {});
  const auto at = [&](uint32_t file, uint32_t line) {
    return ignores.accept("a/b", Span{FileId{file}, line, 1, line}, "a.py");
  };
  ASSERT_TRUE(at(3, 2).has_value());
  EXPECT_EQ(at(3, 2)->reason, "it is so");
  EXPECT_EQ(at(3, 2)->by, "comment");
  EXPECT_EQ(at(3, 2)->at.line, 2u);
  EXPECT_FALSE(at(3, 3).has_value());
  EXPECT_FALSE(at(4, 2).has_value());
  const auto complaints = ignores.complaints();
  ASSERT_EQ(complaints.size(), 2u) << "those that accepted nothing";
  EXPECT_EQ(complaints[0].first.line, 3u);
  EXPECT_EQ(complaints[1].first.line, 5u);
}

TEST(IgnoreComments, AreCommentsAndWhole) {
  EXPECT_TRUE(comments("x = 'mlgrade: ignore[a/b] no comment'\n").empty());
  EXPECT_TRUE(comments("# mlgrade: ignore[a/b\n").empty());
  EXPECT_TRUE(comments("mlgrade: ignore[a/b] text\n").empty());
  auto bare = comments("x # mlgrade: ignore[a/b]");
  ASSERT_EQ(bare.size(), 1u);
  Ignores without(bare, {});
  EXPECT_FALSE(without.accept("a/b", Span{FileId{3}, 1, 1, 1}, "a.py").has_value()) << "a reason is required";
  EXPECT_THAT(without.complaints().at(0).second, testing::HasSubstr("without a reason"));
  auto empty = comments("x # mlgrade: ignore[] because");
  ASSERT_EQ(empty.size(), 1u);
  EXPECT_THAT(Ignores(empty, {}).complaints().at(0).second, testing::HasSubstr("names no rule"));
}

}  // namespace
}  // namespace mlgrade
