// Conditions of workflows: what can be decided is, the rest is unknown.
#include "analyzer/passes/actions/condition.h"

#include <gtest/gtest.h>

#include <string>

namespace mlgrade {
namespace {

Condition on_push(const std::string& text) { return evaluate_condition(text, {"push"}); }

TEST(WorkflowCondition, ConstantsAndLogic) {
  EXPECT_EQ(on_push("false").automatic, Truth::kNo);
  EXPECT_EQ(on_push("${{ false }}").automatic, Truth::kNo);
  EXPECT_EQ(on_push("true && !false").automatic, Truth::kYes);
  EXPECT_EQ(on_push("vars.X == 'y' && false").automatic, Truth::kNo);
  EXPECT_EQ(on_push("vars.X == 'y' || true").automatic, Truth::kYes);
  EXPECT_EQ(on_push("vars.X == 'y'").automatic, Truth::kUnknown);
  EXPECT_EQ(on_push("('a' == 'A') && (1 != 2)").automatic, Truth::kYes);
  EXPECT_EQ(on_push("!(true && false)").automatic, Truth::kYes);
  EXPECT_EQ(on_push("startsWith('abc', 'ab') && contains('abc', 'x')").automatic, Truth::kNo);
}

TEST(WorkflowCondition, EventsDecide) {
  const std::string dispatch = "github.event_name == 'workflow_dispatch'";
  EXPECT_EQ(on_push(dispatch).automatic, Truth::kNo);
  const Condition both = evaluate_condition(dispatch, {"push", "workflow_dispatch"});
  EXPECT_EQ(both.automatic, Truth::kNo);
  EXPECT_EQ(both.manual, Truth::kYes);
  EXPECT_EQ(evaluate_condition("github.event_name != 'pull_request'", {"pull_request", "push"}).automatic,
            Truth::kYes);
  EXPECT_EQ(evaluate_condition("github.event_name != 'pull_request'", {"pull_request"}).automatic,
            Truth::kNo);
  EXPECT_EQ(on_push("github.event.inputs.deploy == 'yes'").automatic, Truth::kNo);
  EXPECT_EQ(on_push("inputs.deploy").automatic, Truth::kNo);
  EXPECT_EQ(evaluate_condition("inputs.deploy", {"workflow_call"}).automatic, Truth::kUnknown);
}

TEST(WorkflowCondition, BranchesTheRepositoryAndActors) {
  EXPECT_EQ(on_push("github.ref == 'refs/heads/main'").automatic, Truth::kYes);
  EXPECT_EQ(on_push("github.ref == 'refs/heads/dev'").automatic, Truth::kUnknown);
  EXPECT_EQ(evaluate_condition("github.ref == 'refs/heads/main'", {"pull_request"}).automatic, Truth::kNo);
  EXPECT_EQ(on_push("github.repository == 'me/project'").automatic, Truth::kYes);
  EXPECT_EQ(on_push("github.repository != 'me/project'").automatic, Truth::kNo);
  EXPECT_EQ(on_push("github.actor != 'dependabot[bot]'").automatic, Truth::kYes);
}

TEST(WorkflowCondition, ThePullRequestHasToAimAtAListedBranch) {
  const auto aims = [](const std::string& text, const std::vector<std::string>& bases) {
    return evaluate_condition(text, {"pull_request"}, bases).automatic;
  };
  EXPECT_EQ(aims("${{ github.base_ref == 'main' }}", {"staging", "main"}), Truth::kYes);
  EXPECT_EQ(aims("github.event.pull_request.base.ref == 'main'", {"staging", "main"}), Truth::kYes);
  EXPECT_EQ(aims("github.base_ref == 'release'", {"staging", "main"}), Truth::kNo);
  EXPECT_EQ(aims("github.base_ref == 'release/1'", {"release/**"}), Truth::kYes);
  EXPECT_EQ(aims("github.base_ref != 'main'", {"staging", "main"}), Truth::kYes);
  EXPECT_EQ(aims("github.base_ref != 'main'", {"main"}), Truth::kNo);
  EXPECT_EQ(aims("github.base_ref == 'main'", {}), Truth::kYes);
  EXPECT_EQ(aims("github.base_ref == 'dev'", {}), Truth::kUnknown);
  EXPECT_EQ(aims("github.base_ref == 'dev'", {"**", "!dev"}), Truth::kUnknown);
  EXPECT_EQ(on_push("github.base_ref == 'main'").automatic, Truth::kNo);
}

TEST(WorkflowCondition, StatusFunctions) {
  EXPECT_FALSE(on_push("success()").after_failure);
  EXPECT_TRUE(on_push("always()").after_failure);
  EXPECT_EQ(on_push("failure()").automatic, Truth::kYes);
  EXPECT_EQ(on_push("${{ !cancelled() }}").automatic, Truth::kYes);
  const Condition asks = on_push("always() && needs.test.result == 'success'");
  EXPECT_TRUE(asks.after_failure);
  EXPECT_EQ(asks.needs_success, std::vector<std::string>{"test"});
}

TEST(WorkflowCondition, SecretsAndOddTexts) {
  EXPECT_TRUE(on_push("${{ secrets.TOKEN != '' }}").secret_gated);
  EXPECT_EQ(on_push("${{ secrets.TOKEN != '' }}").automatic, Truth::kUnknown);
  EXPECT_EQ(on_push("${{ false }} && x").automatic, Truth::kYes);  // a text, which is true
  EXPECT_EQ(on_push("").automatic, Truth::kYes);
  for (const std::string& text :
       {std::string("(("), std::string("a =="), std::string("'open"), std::string("a[b"), std::string("f(,"),
        std::string("@"), std::string(5000, '('), std::string(5000, '!'),
        std::string("github.event['x'].*.y == 1")}) {
    EXPECT_EQ(on_push(text).automatic, Truth::kUnknown) << text.substr(0, 20);
  }
}

}  // namespace
}  // namespace mlgrade
