// Tests that somebody wrote and that pytest or unittest never sees.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/test_files.h"

namespace mlgrade::rules {
namespace {

// Everything that it asks for would be given to it: fixtures, cases, mocks; else it is a plain function.
bool takes_what_tests_take(const FactStore& facts, const TestCase& test) {
  static constexpr std::string_view kGiven[] = {"self",   "tmp_path",  "tmpdir",  "capsys",
                                                "caplog", "mocker",    "request", "monkeypatch",
                                                "capfd",  "benchmark", "cls"};
  const PyFunction& function = *facts.function(test.function);
  return std::all_of(function.params.begin(), function.params.end(), [&](const PyParam& param) {
    if (param.has_default || param.variadic) return true;
    const bool known = std::find(std::begin(kGiven), std::end(kGiven), param.name.view()) != std::end(kGiven);
    const bool fixture = std::any_of(test.fixtures.begin(), test.fixtures.end(), [&](PyRef ref) {
      const PyFunction* f = facts.function(ref);
      return f != nullptr && f->name == param.name;
    });
    return known || fixture || test.parametrized > 0;
  });
}

// A notebook-like name, or a module that is no test file and no part of a test folder, only says "test".
bool plainly_meant(const RuleInput& in, const TestCase& test) {
  const PythonModule& module = in.facts.python[test.function.module];
  const bool asserts = !test.assertions.empty() ||
                       std::ranges::any_of(asserts_in(module, test.function.index), [&](const PyAssert& a) {
                         return a.function == test.function.index;
                       });
  return asserts && takes_what_tests_take(in.facts, test);
}

void run(const RuleInput& in, RuleOutput& out) {
  const CalledFunctions& called = shared<CalledFunctions>(in);
  TestGroups groups;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const PyFunction* function = in.facts.function(test.function);
    if (function == nullptr || test.collected != Truth::kNo || is_sample(in.facts, function->span.file))
      continue;
    const bool run = in.graph.reached_by(in.graph.node_of_test(t)) != Reach::By::kNothing;
    if (run || test.outside_test_paths || called.contains(test.function) || !plainly_meant(in, test))
      continue;
    TestGroup& group = groups[{function->span.file, test.uncollected_why}];
    group.why = test.uncollected_why;
    group.tests.push_back(t);
  }
  for (const auto& [key, group] : groups) {
    const TestCase& first = in.facts.tests[group.tests.front()];
    const std::string lead = fmt::format("{} {} never collected ({})", counted(group.tests.size(), "test"),
                                         group.tests.size() == 1 ? "is" : "are", group.why);
    Finding finding = group_finding(in, group, lead);
    const bool by_name = group.why.find("match") != std::string::npos;
    finding.severity = Severity::kMedium;
    finding.confidence = by_name ? Confidence::kMedium : Confidence::kHigh;
    if (first.uncollected_at.valid()) {
      FindingPlace cause{first.uncollected_at, group.why};
      const bool same = finding.places.front().span.file == cause.span.file &&
                        finding.places.front().span.line == cause.span.line;
      if (!same) finding.places.insert(finding.places.begin() + 1, std::move(cause));
    }
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule automation_test_not_collected;
const Rule automation_test_not_collected{
    .kind = RuleKind::kFinding,
    .summary = "A test that the test runner never collects",
    .why = "The suite is green because the test is not in it; nobody misses what was never counted.",
    .fix =
        "Give file, class and function the names that the runner looks for, take the class's __init__ away, "
        "or let the configuration name them.",
    .source = "Breck et al. 2017, section II",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
