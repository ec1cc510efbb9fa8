// Expressions of CI systems: what they come to, as far as that can be told.
#include "analyzer/passes/conditions.h"

#include <gtest/gtest.h>

namespace mlgrade {
namespace {

Truth holds(std::string_view text) {
  return evaluate_expression(text, [](std::string_view name) -> ConditionValue {
    if (name == "branch" || name == "build.branch") return ConditionValue::default_branch();
    if (name == "tag") return ConditionValue::some();
    if (name == "source") return ConditionValue::of("webhook");
    if (name == "none") return ConditionValue::null();
    return {};
  });
}

TEST(Conditions, CompareAndCombine) {
  EXPECT_EQ(holds("branch == 'main'"), Truth::kYes);
  EXPECT_EQ(holds("branch = master AND source = webhook_x"), Truth::kUnknown);
  EXPECT_EQ(holds("branch == 'develop'"), Truth::kUnknown);
  EXPECT_EQ(holds("source != \"webhook\" || !(source == 'webhook')"), Truth::kNo);
  EXPECT_EQ(holds("not none and tag"), Truth::kYes);
  EXPECT_EQ(holds("source in ('a', 'webhook')"), Truth::kYes);
  EXPECT_EQ(holds("source NOT IN (a1, b)"), Truth::kUnknown);
  EXPECT_EQ(holds("tag == null"), Truth::kNo);
  EXPECT_EQ(holds("${branch} =~ /^main$/"), Truth::kYes);
  EXPECT_EQ(holds("build.branch =~ ^release"), Truth::kUnknown);
  EXPECT_EQ(holds("false"), Truth::kNo);
  EXPECT_EQ(holds("build[\"branch\"] == 'main'"), Truth::kYes);
  EXPECT_EQ(holds("source[:3] == 'web' && source[3] == 'h'"), Truth::kUnknown);
  EXPECT_EQ(holds("source[:3] == 'web'"), Truth::kYes);
}

TEST(Conditions, SayUnknownOfWhatTheyCannotRead) {
  for (const char* text : {"", "(", "a ==", "f(x, (y))", "f(", "'", "&&", "x y", "in (", "a in (b", "${",
                           "a[", "a[:", "a[\"", "a[:]"}) {
    EXPECT_EQ(holds(text), Truth::kUnknown) << text;
  }
  EXPECT_EQ(holds(std::string(100'000, '(')), Truth::kUnknown);
  EXPECT_EQ(holds(std::string(100'000, '!')), Truth::kUnknown);
}

TEST(Conditions, KnowBranchFilters) {
  EXPECT_EQ(takes_default_branch("main"), Truth::kYes);
  EXPECT_EQ(takes_default_branch("m*"), Truth::kYes);
  EXPECT_EQ(takes_default_branch("*"), Truth::kYes);
  EXPECT_EQ(takes_default_branch("/^master$/"), Truth::kYes);
  EXPECT_EQ(takes_default_branch("/.*/"), Truth::kYes);
  EXPECT_EQ(takes_default_branch("/^(?!main$).*/"), Truth::kUnknown);
  EXPECT_EQ(takes_default_branch("release/*"), Truth::kUnknown);
}

}  // namespace
}  // namespace mlgrade
