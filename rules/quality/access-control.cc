// Who asks the model is known, and how often is bounded.
#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

const Use* first_use(const RuleInput& in, std::string_view capability) {
  for (const Use* use : product_uses(in, capability)) {
    if (!is_notebook(in.facts, use->file) && use->kind != Use::Kind::kFile) return use;
  }
  return nullptr;
}

// A test that is turned away: it asserts a 401, 403 or 429.
bool is_refused(const RuleInput& in, const TestCase& test) {
  const PyFunction* function = in.facts.function(test.function);
  if (function == nullptr || !expects_refusal(in.facts, test)) return false;
  const PythonModule& module = in.facts.python[test.function.module];
  const auto says = [](const PyValue& value) {
    const bool number = value.kind == PyValue::Kind::kNumber &&
                        (value.number == 401 || value.number == 403 || value.number == 429);
    const std::string_view text = value.text.view();
    return number || text.find("401") != std::string_view::npos ||
           text.find("403") != std::string_view::npos || text.find("429") != std::string_view::npos;
  };
  for (const PyAssert& one : module.asserts) {
    if (one.function != test.function.index || one.condition == kNone) continue;
    const PyCondition& condition = module.conditions[one.condition];
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      if (says(comparison.left) || says(comparison.right)) return true;
      for (uint32_t e = comparison.right.elements().begin; e < comparison.right.elements().end; ++e) {
        if (says(module.values[e])) return true;
      }
    }
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  const Use* who = first_use(in, "authenticates");
  const Use* often = first_use(in, "limits-requests");
  const bool serves = first_use(in, "serves-route") != nullptr || first_use(in, "serves-http") != nullptr;
  if (!serves || (who == nullptr && often == nullptr)) return;
  const Use& known = who != nullptr ? *who : *often;
  Evidence half;
  half.mode = EvidenceMode::kStanding;
  half.place = known.span;
  half.what = who != nullptr ? "who asks is checked" : "how often somebody asks is bounded";
  half.worth = 0.5;
  half.worth_why = who == nullptr     ? "nobody checks who asks"
                   : often == nullptr ? "nothing bounds how often somebody asks"
                                      : "no test is turned away";
  output.evidence.push_back(half);
  if (who == nullptr || often == nullptr) return;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    if (!is_refused(in, in.facts.tests[t])) continue;
    Evidence evidence = test_evidence(in, t, "a test without the right to ask is turned away",
                                      {{who->span, "who asks is checked"}, {often->span, "and how often"}});
    output.evidence.push_back(std::move(evidence));
    return;
  }
}

}  // namespace

extern const Rule quality_access_control;
const Rule quality_access_control{
    .summary = "who asks the model is checked, and how often is bounded",
    .why = "An open endpoint is copied answer by answer, and pays for strangers.",
    .fix = "Check who asks, bound how often, and test that others are turned away.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: security)",
    .run = run,
};

}  // namespace mlgrade::rules
