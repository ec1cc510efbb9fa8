// .gitattributes: one key a line, comments and blank lines left out.
#include <gtest/gtest.h>

#include "tests/support/file_pass.h"

namespace mlgrade {
namespace passes {
extern const FilePass git_attributes;
}
namespace {

TEST(GitAttributes, AreKeysByPattern) {
  const FileFacts facts = run_pass(
      passes::git_attributes,
      source_file("data/.gitattributes", "# large\n\n*.csv   filter=lfs -text \r\nlonely\n/a/** binary"));
  ASSERT_EQ(facts.configs.size(), 1u);
  ASSERT_EQ(facts.configs[0].keys.size(), 2u);
  EXPECT_EQ(facts.configs[0].keys[0].path, "*.csv");
  EXPECT_EQ(facts.configs[0].keys[0].value, "filter=lfs -text");
  EXPECT_EQ(facts.configs[0].keys[0].span.line, 3u);
  EXPECT_EQ(facts.configs[0].keys[1].path, "/a/**");
}

TEST(GitAttributes, WithoutALineAreNoDocument) {
  EXPECT_TRUE(run_pass(passes::git_attributes, source_file(".gitattributes", "# nothing\n")).configs.empty());
  EXPECT_TRUE(run_pass(passes::git_attributes, source_file("gitattributes.md", "*.csv filter=lfs\n"))
                  .configs.empty());
}

}  // namespace
}  // namespace mlgrade
