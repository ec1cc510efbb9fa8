// Error handling is exercised: a stand-in fails, and a test looks at what the code makes of it.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// The project handles failures at all: a narrow except, a limited time, a bounded number of tries.
Span handles_failures(const RuleInput& in) {
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (const PyCall& call : module.calls) {
      if (call.callee.view().starts_with("super()")) continue;  // keeps the limit, waits for nothing
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const std::string_view keyword = module.args[a].keyword.view();
        const bool bounds = keyword == "timeout" || keyword == "retries" || keyword == "max_retries" ||
                            keyword == "max_attempts";
        if (bounds && module.args[a].value.kind != PyValue::Kind::kNone) return call.span;
      }
    }
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  const Span handled = handles_failures(in);
  const uint32_t fault = best_test(in, [&](const TestCase& t) { return injected_fault(in, t).valid(); });
  const uint32_t error = best_test(in, [](const TestCase& t) { return expected_error(t) != nullptr; });
  const uint32_t test = fault != kNone ? fault : error;
  if (test != kNone) {
    const TestCase& found = in.facts.tests[test];
    const Span place = fault != kNone ? injected_fault(in, found) : expected_error(found)->span;
    Evidence evidence =
        test_evidence(in, test,
                      fault != kNone ? "a test lets a part fail and looks at the answer"
                                     : "a test expects an error of the project's code",
                      {{place, fault != kNone ? "fails on purpose" : "the error that is expected"}});
    if (handled.valid()) evidence.links.push_back({handled, "a failure is given a limit"});
    if (fault == kNone || !handled.valid()) {
      evidence.worth = 0.5;
      evidence.worth_why = fault == kNone ? "no stand-in fails, only bad input is refused"
                                          : "nothing limits the time or the tries of a call";
    }
    output.evidence.push_back(std::move(evidence));
  }
  if (handled.valid()) {
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = handled;
    evidence.what = "a call that fails is given a limit";
    evidence.worth = 0.5;
    evidence.worth_why = "no test lets it fail";
    output.evidence.push_back(std::move(evidence));
  }
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
