// Documents as rules see them: headings, text, tables, links, dates, and how unfinished they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/passes/prose.h"
#include "tests/support/file_pass.h"

namespace mlgrade {
namespace passes {
extern const FilePass markdown;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Document read(std::string path, std::string text) {
  FileFacts facts = run_pass(passes::markdown, source_file(std::move(path), std::move(text)));
  EXPECT_EQ(facts.documents.size(), 1u);
  return facts.documents.empty() ? Document{} : facts.documents.front();
}

Date day(std::string_view text) { return parse_date(text).value_or(Date{-1}); }

std::vector<Date> dates(std::string_view text) {
  std::vector<Date> out;
  find_dates(text, out);
  return out;
}

TEST(Markdown, GivesHeadingsWithTheTextBelowThem) {
  const Document doc =
      read("README.md", "# Churn\n\nPredicts *churn* with `lgbm`.\n\n## Rollback\n\n- go back\n");
  ASSERT_EQ(doc.headings.size(), 2u);
  EXPECT_EQ(doc.headings[1].text, "Rollback");
  EXPECT_EQ(doc.headings[1].level, 2);
  EXPECT_EQ(doc.headings[1].span.line, 5u);
  ASSERT_EQ(doc.paragraphs.size(), 2u);
  EXPECT_EQ(doc.paragraphs[0].text, "Predicts churn with lgbm.");
  EXPECT_FALSE(doc.paragraphs[0].list_item);
  EXPECT_EQ(doc.paragraphs[1].text, "go back");
  EXPECT_TRUE(doc.paragraphs[1].list_item);
  EXPECT_EQ(doc.paragraphs[1].heading, 1u);
  EXPECT_EQ(doc.words, 6u);
}

TEST(Markdown, GivesCodeWithTheLineOfItsFirstLine) {
  const Document doc = read("a.md", "run\n\n```Bash title=x\nmake test\n```\n\n    indented\n");
  ASSERT_EQ(doc.code.size(), 2u);
  EXPECT_EQ(doc.code[0].language, "bash");
  EXPECT_EQ(doc.code[0].text, "make test\n");
  EXPECT_EQ(doc.code[0].span.line, 4u);
  EXPECT_EQ(doc.code[1].span.line, 7u);
}

TEST(Markdown, GivesTablesAndCountsRowsNobodyFilled) {
  const Document doc = read("a.md", "| risk | owner |\n| --- | --- |\n| drift | Ana |\n| outage | |\n");
  ASSERT_EQ(doc.tables.size(), 1u);
  EXPECT_THAT(doc.tables[0].header, ElementsAre("risk", "owner"));
  ASSERT_EQ(doc.tables[0].rows.size(), 2u);
  EXPECT_THAT(doc.tables[0].rows[0], ElementsAre("drift", "Ana"));
  EXPECT_EQ(doc.placeholders, 1u);
}

TEST(Markdown, GivesLinksAndImagesAlsoFromHtml) {
  const Document doc =
      read("a.md",
           "See [the card](docs/card.md).\n\n<p align=\"center\"><img src=\"x.svg\" alt=\"CI\"></p>\n"
           "\n[![b](https://e.org/b.svg)](https://e.org)\n");
  ASSERT_EQ(doc.links.size(), 4u);
  EXPECT_EQ(doc.links[0].url, "docs/card.md");
  EXPECT_EQ(doc.links[0].text, "the card");
  EXPECT_TRUE(doc.links[1].image);
  EXPECT_EQ(doc.links[1].url, "x.svg");
  EXPECT_EQ(doc.links[2].url, "https://e.org");
  EXPECT_TRUE(doc.links[3].image);
}

TEST(Markdown, ReadsHtmlHeadingsAndLeavesCommentsOut) {
  const Document doc = read("a.md", "<h1>Model card</h1>\n\n<!-- TODO: fill in -->\n\ntext\n");
  ASSERT_EQ(doc.headings.size(), 1u);
  EXPECT_EQ(doc.headings[0].text, "Model card");
  EXPECT_EQ(doc.placeholders, 0u);
  EXPECT_EQ(doc.paragraphs.size(), 1u);
}

TEST(Markdown, ReadsFrontMatterWithItsLinesAndDates) {
  const Document doc = read("a.md", "---\nlicense: mit\ndate: 2026-03-01\n---\n# T\n");
  EXPECT_EQ(doc.front_matter.get("license"), "mit");
  EXPECT_EQ(doc.front_matter.line_of("date"), 3u);
  EXPECT_THAT(doc.dates, ElementsAre(day("2026-03-01")));
  ASSERT_EQ(doc.headings.size(), 1u);
  EXPECT_EQ(doc.headings[0].span.line, 5u);
}

TEST(Markdown, CallsATemplateATemplate) {
  EXPECT_TRUE(read("a.md", "# Card\n\n## Data\n\n## Limits\n").is_template());
  EXPECT_TRUE(read("a.md",
                   "Owner: <your team>. Date: [insert date]. Steps: TODO. Contact TBD. And some more "
                   "words that stand here to be counted, nothing else.\n")
                  .is_template());
  EXPECT_FALSE(read("a.md",
                    "We rolled back the model after the second alert, at ten past nine, and the error rate "
                    "went down within three minutes of it.\n")
                   .is_template());
}

TEST(Markdown, SurvivesDeepNestingAndBrokenBytes) {
  read("a.md", std::string(20000, '>') + "x");
  read("a.md", std::string(5000, '[') + std::string(5000, '*'));
  read("a.md", "\xff\xfe# \x80\n\n|a|\n|-|\n|\xc3");
  read("a.md", "<h1");
  read("a.md", "---\n: [\n---\n");
}

TEST(RestructuredText, GivesHeadingsParagraphsAndCode) {
  const Document doc =
      read("docs/index.rst",
           "Title\n=====\n\nSome ``code`` here.\n\nPart\n----\n\n- one\n- two\n\n.. code-block:: bash\n"
           "\n   make\n\n.. image:: x.png\n   :width: 3\n\nRun::\n\n   tox\n");
  ASSERT_EQ(doc.headings.size(), 2u);
  EXPECT_EQ(doc.headings[1].level, 2);
  ASSERT_EQ(doc.paragraphs.size(), 4u);
  EXPECT_EQ(doc.paragraphs[0].text, "Some code here.");
  EXPECT_TRUE(doc.paragraphs[2].list_item);
  ASSERT_EQ(doc.code.size(), 2u);
  EXPECT_EQ(doc.code[0].language, "bash");
  EXPECT_EQ(doc.code[0].span.line, 14u);
  EXPECT_EQ(doc.code[1].text, "tox\n");
}

TEST(RestructuredText, LeavesLicencesAndRequirementsAlone) {
  EXPECT_THAT(run_pass(passes::markdown, source_file("LICENSE.txt", "x")).documents, IsEmpty());
  EXPECT_THAT(run_pass(passes::markdown, source_file("requirements-dev.txt", "x")).documents, IsEmpty());
  EXPECT_THAT(run_pass(passes::markdown, source_file("notes.txt", "hello")).documents.size(), 1u);
}

TEST(Prose, FindsDatesInCommonForms) {
  for (const char* text :
       {"2026-03-01", "on 2026/03/01.", "1 March 2026", "1st of March 2026", "March 1, 2026", "Mar 1st, 2026",
        "01.03.2026", "March 2026", "2026-03-01T10:00:00Z"}) {
    EXPECT_THAT(dates(text), ElementsAre(day("2026-03-01"))) << text;
  }
  EXPECT_THAT(dates("25/03/2026 and 03/25/2026"), ElementsAre(day("2026-03-25"), day("2026-03-25")));
}

TEST(Prose, TakesNoOtherNumbersForDates) {
  for (const char* text : {"03/04/2026", "2026-13-01", "2026-02-30", "v1.2.2026", "192.168.10.2026",
                           "10-20-3000", "maybe 2026", "1-2-3", "", "9999999999999-01-01"}) {
    EXPECT_THAT(dates(text), IsEmpty()) << text;
  }
}

TEST(Prose, CountsPlaceholders) {
  EXPECT_EQ(count_placeholders("TODO and TBD, XXX"), 3u);
  EXPECT_EQ(count_placeholders("<your name> [insert link] {{ project }} YYYY-MM-DD ______"), 5u);
  EXPECT_EQ(count_placeholders("[More Information Needed], [more information](a.md)"), 1u);
  EXPECT_EQ(count_placeholders("the mastodon, a [link], x < y, TODOS are fine"), 0u);
}

}  // namespace
}  // namespace mlgrade
