// Groups tests and looks for checks that the facts do not count as such.
#include "rules/support/test_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/facts/bodies.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr size_t kShownTests = 12;  // places of one finding

bool speaks_of_checking(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kWords = {
      "assert", "check",  "verify",   "validate", "expect",     "ensure", "should",
      "match",  "compar", "snapshot", "approve",  "regression", "raises", "benchmark"};
  std::string low(name);
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

bool calls_a_check(const PythonModule& module, uint32_t function) {
  return std::ranges::any_of(calls_in(module, function), [&](const PyCall& call) {
    return call.function == function && speaks_of_checking(call.callee.view());
  });
}

}  // namespace

bool is_live_test(const RuleInput& in, uint32_t index) {
  const TestCase& test = in.facts.tests[index];
  const PyFunction* function = in.facts.function(test.function);
  if (function == nullptr || is_sample(in.facts, function->span.file)) return false;
  const bool reached = in.graph.reached_by(in.graph.node_of_test(index)) != Reach::By::kNothing;
  const bool collected = test.collected == Truth::kYes || test.outside_test_paths || reached;
  return collected && test.skipped == Truth::kNo;
}

bool may_check_otherwise(const RuleInput& in, const TestCase& test) {
  const PythonModule& module = in.facts.python[test.function.module];
  const PyFunction& function = module.functions[test.function.index];
  if (calls_a_check(module, test.function.index)) return true;
  if (std::any_of(function.params.begin(), function.params.end(),
                  [](const PyParam& param) { return speaks_of_checking(param.name.view()); })) {
    return true;
  }
  for (const PyDecorator& decorator : function.decorators) {
    const std::string_view name = decorator.name.view();
    const bool known = name.starts_with("pytest.") || name.starts_with("unittest.") || name == "given" ||
                       name.starts_with("hypothesis") || name.find("patch") != std::string_view::npos;
    if (!known) return true;  // whatever it wraps around the test
  }
  return std::any_of(test.fixtures.begin(), test.fixtures.end(), [&](PyRef fixture) {
    const PythonModule& home = in.facts.python[fixture.module];
    const bool asserts = std::ranges::any_of(asserts_in(home, fixture.index),
                                             [&](const PyAssert& a) { return a.function == fixture.index; });
    return asserts || calls_a_check(home, fixture.index);
  });
}

CalledFunctions::CalledFunctions(const RuleInput& in) {
  for (const PythonModule& module : in.facts.python) called_.emplace_back(module.functions.size());
  const auto mark = [&](PyRef function) {
    if (in.facts.function(function) != nullptr) called_[function.module][function.index] = true;
  };
  for (const PythonModule& module : in.facts.python) {
    for (const PyCall& call : module.calls) mark(call.function_ref);
    for (const PyReference& reference : module.references) mark(reference.target);
  }
}

Finding group_finding(const RuleInput& in, const TestGroup& group, const std::string& lead) {
  Finding finding;
  std::vector<std::string> names;
  for (uint32_t t : group.tests) names.push_back(in.facts.function(in.facts.tests[t].function)->name.str());
  finding.message = fmt::format("{}: {}", lead, listed(names));
  for (size_t i = 0; i < group.tests.size() && i < kShownTests; ++i) {
    const TestCase& test = in.facts.tests[group.tests[i]];
    const Span span = in.facts.function(test.function)->span;
    finding.places.push_back({span, test.defeat.empty() ? group.why : test.defeat});
  }
  return finding;
}

}  // namespace mlgrade
