// Triggers that are filtered to branches which are not there (rubric F-14).
#include <gtest/gtest.h>

#include <string>

#include "analyzer/graph/graph.h"
#include "analyzer/passes/pass.h"

namespace mlgrade {
namespace {

// How a push to these branches comes to the job, in a clone that knows of main, dev and whatever is said.
Reach pushed(const std::string& branches, const std::string& main, bool all_branches) {
  FactStore facts = collect_facts(
      memory_repo({{".github/workflows/ci.yml", "on:\n  push:\n    branches: [" + branches +
                                                    "]\njobs:\n  a:\n    runs-on: x\n    steps:\n"
                                                    "      - run: pytest\n"}}),
      1);
  facts.history.default_branch = Name(main);
  facts.history.branches = {"dev", main};
  facts.history.all_branches = all_branches;
  const Graph graph = build_graph(facts);
  return graph.reach(graph.node_of_command(0, 0));
}

TEST(BranchFilters, TheDefaultBranchIsSure) {
  const Reach reach = pushed("main, other", "main", true);
  EXPECT_EQ(reach.by, Reach::By::kAutomatic);
  EXPECT_EQ(reach.certain, Truth::kYes);
}

TEST(BranchFilters, ABranchThatIsThereIsWorkedOn) {
  const Reach reach = pushed("dev", "main", true);
  EXPECT_EQ(reach.by, Reach::By::kAutomatic);
  EXPECT_EQ(reach.certain, Truth::kUnknown);
  EXPECT_NE(reach.broken.find("leaves out the default branch main"), std::string::npos) << reach.broken;
}

TEST(BranchFilters, ABranchThatIsNotThereNeverCalls) {
  for (const char* gone : {"master", "'release/**'", "production"}) {
    const Reach reach = pushed(gone, "main", true);
    EXPECT_EQ(reach.by, Reach::By::kNothing) << gone;
    EXPECT_NE(reach.broken.find("matches no branch"), std::string::npos) << reach.broken;
  }
}

TEST(BranchFilters, ACloneThatLacksBranchesCannotTell) {
  EXPECT_EQ(pushed("master", "main", false).by, Reach::By::kAutomatic);
  EXPECT_EQ(pushed("master", "main", false).certain, Truth::kUnknown);
}

}  // namespace
}  // namespace mlgrade
