#include "rules/support/faults.h"

#include <algorithm>

#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade {

Span injected_fault(const RuleInput& in, const TestCase& test) {
  for (const Use* use : uses_of(in, "injects-faults")) {
    if (use->kind != Use::Kind::kCall && use->kind != Use::Kind::kDecorator) continue;
    const bool own = use->function == test.function;
    const bool fixture =
        std::find(test.fixtures.begin(), test.fixtures.end(), use->function) != test.fixtures.end();
    if (own || fixture) return use->span;
  }
  return {};
}

const TestAssertion* expected_error(const TestCase& test) {
  return effective_assertion(test, [](const TestAssertion& assertion) { return assertion.raises; });
}

const PyFunction* called_about(const RuleInput& in, const TestCase& test,
                               std::initializer_list<std::string_view> words) {
  for (const PyRef ref : test.project_functions) {
    const PyFunction* function = in.facts.function(ref);
    if (function != nullptr && has_word(function->qualname.view(), words)) return function;
  }
  return nullptr;
}

void ask_for_product(const RuleInput& in, uint32_t test, Evidence& evidence) {
  const std::vector<PyRef>& runs = in.facts.tests[test].project_functions;
  const auto run_by_test = [&](PyRef ref) { return std::find(runs.begin(), runs.end(), ref) != runs.end(); };
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    const bool called = std::any_of(module.calls.begin(), module.calls.end(), [&](const PyCall& call) {
      return call.function_ref.valid() && run_by_test(call.function_ref);
    });
    if (called) return;
  }
  const bool registered = std::any_of(runs.begin(), runs.end(), [&](PyRef ref) {
    const PyFunction* function = in.facts.function(ref);
    return function != nullptr && !function->decorators.empty();
  });
  if (registered) return;
  evidence.worth = std::min(evidence.worth, 0.5);
  if (evidence.worth_why.empty()) evidence.worth_why = "only tests call what refuses it";
}

}  // namespace mlgrade
