// A test puts a wrong feature function in the place of the right one, and the checks of the features have to
// fail.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/feature_code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// `pytest.raises(AssertionError)`, `self.assertRaises(AssertionError)` in the test: the checks have to find
// it.
Span expects_failed_check(const RuleInput& in, const TestCase& test) {
  if (!test.function.valid() || test.function.index == kNone) return {};
  const PythonModule& module = in.facts.python[test.function.module];
  const IndexRange calls = module.functions[test.function.index].body.calls;
  for (uint32_t c = calls.begin; c < calls.end; ++c) {
    const PyCall& call = module.calls[c];
    if (call.method != "raises" && call.method != "assertRaises" && call.method != "assertRaisesRegex")
      continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (module.args[a].value.text == "AssertionError") return call.span;
    }
  }
  return {};
}

// The feature function that the test replaces; null if it replaces none.
const PyFunction* planted_in(const RuleInput& in, const std::vector<PyRef>& features, const TestCase& test) {
  for (const PyRef ref : test.mocked) {
    if (std::find(features.begin(), features.end(), ref) != features.end()) return in.facts.function(ref);
  }
  return nullptr;
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<PyRef> features = feature_functions(in);
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    return planted_in(in, features, t) != nullptr && expects_failed_check(in, t).valid();
  });
  if (test == kNone) return;
  const TestCase& found = in.facts.tests[test];
  const PyFunction* function = planted_in(in, features, found);
  output.evidence.push_back(
      test_evidence(in, test, "a test plants bugs in the features, and their checks have to find them",
                    {{function->span, fmt::format("`{}` is replaced by a wrong one", function->name.view())},
                     {expects_failed_check(in, found), "the checks have to fail"}}));
}

}  // namespace

extern const Rule drills_planted_bugs;
const Rule drills_planted_bugs{
    .summary = "a test plants bugs in the features, and their checks have to find them",
    .why = "A test suite that finds no planted bug finds no real one.",
    .fix =
        "Replace a feature function by a wrong one in a test, run the checks of the features, and expect "
        "that they "
        "fail.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
