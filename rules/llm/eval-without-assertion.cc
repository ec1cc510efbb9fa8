// An evaluation of a language model that cannot fail.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/llm_suites.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& out) {
  for (const LlmSuite& suite : llm_suites(in)) {
    if (suite.attacks || !suite.cases || *suite.cases == 0) continue;
    const bool shape = std::all_of(suite.assertions.begin(), suite.assertions.end(),
                                   [](const std::string& type) { return is_shape_assertion(type); });
    if (!shape) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.message =
        suite.assertions.empty()
            ? fmt::format("{} cases are asked, and nothing is asserted on the answers", *suite.cases)
            : fmt::format("{} cases are asked, and nothing is asserted on what the answers say",
                          *suite.cases);
    finding.places.push_back({suite.span, "the suite"});
    out.findings.push_back(std::move(finding));
  }
  for (const Use& use : in.uses) {
    if (use.capability != "evaluates-llm" || use.kind != Use::Kind::kCall ||
        use.ability->fails != Fails::kReturns)
      continue;
    const uint32_t t = test_of(in.facts, use.function);
    if (t == kNone || is_sample(in.facts, use.file)) continue;
    const TestCase& test = in.facts.tests[t];
    const PyCall* call = call_of(in, use);
    if (!test.assertions.empty() || call == nullptr || call->use != PyCall::Use::kDiscarded) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.message =
        fmt::format("the test evaluates answers with `{}` and asserts nothing", call->callee.view());
    finding.places.push_back({use.span, "the result is dropped"});
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule llm_eval_without_assertion;
const Rule llm_eval_without_assertion{
    .kind = RuleKind::kFinding,
    .summary = "An evaluation of a language model that cannot fail",
    .why = "It is green whatever the model says.",
    .fix = "Assert in each case what a right answer says, and hold the share of right ones to a bar.",
    .source = "Breck et al. 2017, section VI",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
