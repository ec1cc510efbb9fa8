// Rules, tools and rubric as built into the program are free of mistakes, and agree with one another.
#include <gtest/gtest.h>

#include <set>

#include "analyzer/run_analysis.h"

namespace mlgrade {
namespace {

TEST(Definitions, LoadWithoutProblems) {
  for (const Problem& problem : definitions().problems) ADD_FAILURE() << problem.message;
}

TEST(Definitions, SectionsAToDHaveSevenItemsEach) {
  int sections = 0;
  for (const Section& section : definitions().rubric.sections) {
    if (!section.in_test_score) continue;
    ++sections;
    EXPECT_EQ(section.items.size(), 7u) << section.id;
  }
  EXPECT_EQ(sections, 4);
}

std::set<std::string> rules_of_rubric() {
  std::set<std::string> out;
  for (const Section& section : definitions().rubric.sections) {
    for (const Item& item : section.items) {
      for (const ItemPart& part : item.parts) {
        for (const ItemEvidence& how : part.evidence) {
          if (how.item.empty()) out.insert(how.rule);
        }
      }
    }
  }
  return out;
}

TEST(Definitions, RubricNamesOnlyRulesThatExist) {
  for (const std::string& rule : rules_of_rubric()) {
    EXPECT_NE(definitions().rules.find(rule), nullptr)
        << rule << " is named in rubric/, but there is no such rule";
  }
}

TEST(Definitions, StagesNameOnlyRulesThatExist) {
  for (const StageDefinition& stage : definitions().stages) {
    for (const std::string& rule : stage.rules) EXPECT_NE(definitions().rules.find(rule), nullptr) << rule;
    for (const Watcher& watcher : stage.watchers) {
      if (watcher.rule == "alerts" || watcher.rule == "absence") continue;
      EXPECT_NE(definitions().rules.find(watcher.rule), nullptr) << stage.id << ": " << watcher.rule;
    }
  }
}

TEST(Definitions, EveryEvidenceRuleFeedsAnItem) {
  const std::set<std::string> named = rules_of_rubric();
  for (const LoadedRule& rule : definitions().rules.rules) {
    if (rule.kind != RuleKind::kEvidence) continue;
    EXPECT_TRUE(named.contains(rule.id)) << "no item of rubric/ takes the evidence of " << rule.id;
  }
}

TEST(Definitions, ProfilesNameTheirDefaultLast) {
  const auto& profiles = definitions().rubric.profiles;
  ASSERT_FALSE(profiles.empty());
  EXPECT_TRUE(profiles.back().chosen_for.empty());
}

}  // namespace
}  // namespace mlgrade
