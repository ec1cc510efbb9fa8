// A change to the code starts tests of that code.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t best = best_test(in, [](const TestCase&) { return true; });
  if (best == kNone) return;
  const auto tests = std::count_if(in.facts.tests.begin(), in.facts.tests.end(), tests_project);
  Evidence evidence = test_evidence(in, best,
                                    fmt::format("{} test{} assert{} something of the project", tests,
                                                tests == 1 ? "" : "s", tests == 1 ? "s" : ""),
                                    {});
  const TestAssertion* assertion =
      effective_assertion(in.facts.tests[best], [](const TestAssertion&) { return true; });
  if (assertion != nullptr) evidence.links.push_back({assertion->span, "an assertion that can fail"});
  const bool automatic = in.graph.reached_by(evidence.runs_at) == Reach::By::kAutomatic;
  if (automatic && !starts_on_change(in, evidence.runs_at)) {
    evidence.worth = 0.5;
    evidence.worth_why = "a clock starts them, no change does";
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule process_ci_tests;
const Rule process_ci_tests{
    .summary = "a change starts tests of the project's code",
    .why = "Tests that wait for somebody to think of them are run after the damage.",
    .fix = "Run the tests on every push and pull request, and let their exit code fail the job.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems; Breck et al. 2017, section III",
    .run = run,
};

}  // namespace mlgrade::rules
