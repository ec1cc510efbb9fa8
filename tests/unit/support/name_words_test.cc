// Names cut into words, and phrases in them.
#include "rules/support/name_words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

TEST(NameWords, AreCutAtSeparatorsAndChangesOfCase) {
  EXPECT_EQ(words_of("test_f1-score.OnXGBModel/v2"),
            (std::vector<std::string>{"test", "f1", "score", "on", "xgbmodel", "v2"}));
  EXPECT_EQ(words_of("__"), std::vector<std::string>());
  EXPECT_EQ(words_of(""), std::vector<std::string>());
}

TEST(NameWords, MatchAsWholesInAnyCase) {
  EXPECT_TRUE(has_word("F1_Score", {"f1"}));
  EXPECT_FALSE(has_word("proof", {"roof"}));
  EXPECT_FALSE(has_word("", {"roof"}));
  EXPECT_FALSE(has_word("cleanText", {"clean_text"}));  // no word holds a separator
}

TEST(NameWords, MakePhrasesInOrder) {
  EXPECT_TRUE(contains_phrase("docs/ModelCard_v2.md", "model card"));
  EXPECT_TRUE(contains_phrase("permutation-importance", "permutation_importance"));
  EXPECT_FALSE(contains_phrase("card of the model", "model card"));
  EXPECT_FALSE(contains_phrase("remodel card", "model card"));
  EXPECT_FALSE(contains_phrase("", "model"));
  EXPECT_TRUE(contains_phrase("model model card", "model card"));
}

}  // namespace
}  // namespace mlgrade
