// Error handling is exercised: a stand-in fails, and a test looks at what the code makes of it.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

void add_tests(const RuleInput& in, const std::vector<FailureLimit>& limits, std::vector<Evidence>& out) {
  const auto fails = [&](const TestCase& t) { return injected_fault(in, t).valid(); };
  uint32_t test =
      best_test(in, [&](const TestCase& t) { return fails(t) && limit_run_by(in, limits, t) != nullptr; });
  const bool limited = test != kNone;
  if (!limited) test = best_test(in, fails);
  const bool fault = test != kNone;
  if (!fault) test = best_test(in, [](const TestCase& t) { return expected_error(t) != nullptr; });
  if (test == kNone) return;
  const TestCase& found = in.facts.tests[test];
  const Span place = fault ? injected_fault(in, found) : expected_error(found)->span;
  Evidence evidence = test_evidence(in, test,
                                    fault ? "a test lets a part fail and looks at the answer"
                                          : "a test expects an error of the project's code",
                                    {{place, fault ? "fails on purpose" : "the error that is expected"}});
  if (limited) {
    const FailureLimit& limit = *limit_run_by(in, limits, found);
    evidence.links.push_back({limit.place, limit.what});
  } else {
    evidence.worth = 0.5;
    evidence.worth_why = !fault           ? "no stand-in fails, only bad input is refused"
                         : limits.empty() ? "nothing limits the time or the tries of a call"
                                          : "what limits the time or the tries of a call is not what fails";
  }
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<FailureLimit> limits = failure_limits(in);
  add_tests(in, limits, output.evidence);
  if (limits.empty()) return;
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = limits.front().place;
  evidence.what = "a call that fails is given a limit";
  evidence.worth = 0.5;
  evidence.worth_why = "no test lets it fail";
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule drills_stubbed_faults;
const Rule drills_stubbed_faults{
    .summary = "tests let parts fail and look at how the code takes it",
    .why = "Code that handles errors runs for the first time in the night in which it is needed.",
    .fix =
        "Replace the source, the store or the model by one that times out, errs once and errs always, and "
        "assert the outcome.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (testing error handling with stubs)",
    .run = run,
};

}  // namespace mlgrade::rules
