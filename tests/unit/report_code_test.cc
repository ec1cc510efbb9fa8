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
  EXPECT_EQ(accepting(found, "a/b", Span{FileId{3}, 2, 1, 2}), &found[0]);
  EXPECT_EQ(accepting(found, "a/b", Span{FileId{3}, 3, 1, 3}), nullptr);
  EXPECT_EQ(accepting(found, "a/b", Span{FileId{4}, 2, 1, 2}), nullptr);
  EXPECT_EQ(complaint(found[0]), "");
  EXPECT_NE(complaint(found[1]), "") << "it accepted nothing";
}

TEST(IgnoreComments, AreCommentsAndWhole) {
  EXPECT_TRUE(comments("x = 'mlgrade: ignore[a/b] no comment'\n").empty());
  EXPECT_TRUE(comments("# mlgrade: ignore[a/b\n").empty());
  EXPECT_TRUE(comments("mlgrade: ignore[a/b] text\n").empty());
  auto bare = comments("x # mlgrade: ignore[a/b]");
  ASSERT_EQ(bare.size(), 1u);
  EXPECT_EQ(accepting(bare, "a/b", Span{FileId{3}, 1, 1, 1}), nullptr) << "a reason is required";
  EXPECT_THAT(complaint(bare[0]), testing::HasSubstr("without a reason"));
  auto empty = comments("x # mlgrade: ignore[] because");
  ASSERT_EQ(empty.size(), 1u);
  EXPECT_THAT(complaint(empty[0]), testing::HasSubstr("names no rule"));
}

}  // namespace
}  // namespace mlgrade
