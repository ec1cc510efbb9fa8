// Tests that call the code and look at nothing that comes back.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/test_files.h"

namespace mlgrade::rules {
namespace {

// It says itself that running through is all that it asks for.
bool only_runs(std::string_view name) {
  return has_word(name,
                  {"import", "imports", "importable", "smoke", "error", "errors", "exception", "exceptions",
                   "crash", "crashes", "raise", "raises", "fail", "fails", "runs", "works"});
}

void run(const RuleInput& in, RuleOutput& out) {
  const CalledFunctions& called = shared<CalledFunctions>(in);
  TestGroups groups;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.assertions.empty() || !is_live_test(in, t) || may_check_otherwise(in, test)) continue;
    if (called.contains(test.function)) continue;
    const PyFunction& function = *in.facts.function(test.function);
    const bool empty = function.is_stub || function.statements == 0;
    const bool smoke = !empty && only_runs(function.name.view());
    const std::string why = empty ? "is empty" : smoke ? "only runs through" : "asserts nothing";
    TestGroup& group = groups[{function.span.file, why}];
    group.why = why;
    group.tests.push_back(t);
  }
  for (const auto& [key, group] : groups) {
    const bool one = group.tests.size() == 1;
    const bool empty = group.why == "is empty";
    const std::string verb =
        empty ? (one ? "is empty" : "are empty") : (one ? "asserts nothing" : "assert nothing");
    Finding finding =
        group_finding(in, group, fmt::format("{} {}", counted(group.tests.size(), "test"), verb));
    const bool smoke = group.why == "only runs through";
    finding.severity = smoke ? Severity::kLow : Severity::kMedium;
    finding.confidence = smoke ? Confidence::kLow : empty ? Confidence::kHigh : Confidence::kMedium;
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule automation_test_without_assertion;
const Rule automation_test_without_assertion{
    .kind = RuleKind::kFinding,
    .summary = "A test runs code and asserts nothing",
    .why = "It fails only where the code crashes; a wrong number, shape or label passes.",
    .fix = "Assert what the call gives back or changes: a value, a shape, a range, a raised error.",
    .source = "Breck et al. 2017, section II",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
