// An answer of the model is held in bounds before it acts.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

// A comparison of a confidence with a number, in code that answers requests.
bool about_confidence(std::string_view name) {
  return has_word(name, {"probability", "proba", "prob", "probs", "confidence", "certainty", "threshold"});
}

Span abstains(const RuleInput& in) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    const bool serves = std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
      return use.function.module == m &&
             (use.capability == "serves-route" || use.capability == "serves-model");
    });
    if (!serves) continue;
    for (const PyCondition& condition : module.conditions) {
      for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
        const PyComparison& comparison = module.comparisons[c];
        const bool order =
            comparison.op == PyComparison::Op::kLess || comparison.op == PyComparison::Op::kLessEqual ||
            comparison.op == PyComparison::Op::kGreater || comparison.op == PyComparison::Op::kGreaterEqual;
        if (order &&
            (about_confidence(comparison.left.text.view()) || about_confidence(comparison.right.text.view())))
          return comparison.span;
      }
    }
    for (const PyCall& call : module.calls) {
      if (call.target == "numpy.clip" || call.target.view().starts_with("slowapi.")) return call.span;
    }
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  Span guard = abstains(in);
  std::string what = "an answer is held back or bounded before it goes out";
  for (const Use* use : product_uses(in, "guards-llm")) {
    if (guard.valid()) break;
    if (use->kind == Use::Kind::kFile) continue;  // rails that something has to load
    guard = use->span;
    what = fmt::format("{} guards what goes in and out", use->tool.view());
  }
  if (!guard.valid()) return;
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    return injected_fault(in, t).valid() && called_about(in, t,
                                                         {"predict", "prediction", "answer", "score", "infer",
                                                          "classify", "chat", "query"}) != nullptr;
  });
  // The guard stands, whatever becomes of its test.
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = guard;
  evidence.what = what;
  evidence.worth = 0.5;
  evidence.worth_why = test == kNone ? "no test lets the model answer nonsense"
                                     : "no run shows what happens when the model fails";
  output.evidence.push_back(std::move(evidence));
  if (test == kNone) return;
  output.evidence.push_back(test_evidence(
      in, test, "a test lets the model fail and looks at what goes out",
      {{injected_fault(in, in.facts.tests[test]), "the model fails on purpose"}, {guard, what}}));
}

}  // namespace

extern const Rule risk_safeguards;
const Rule risk_safeguards{
    .summary = "what the model answers is bounded, held back or replaced before it acts",
    .why = "A model is wrong now and then; what must not happen has to be prevented outside of it.",
    .fix =
        "Clamp what goes out, abstain below a confidence, limit rate and size, and test with a model that "
        "answers nonsense.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (safeguards)",
    .run = run,
};

}  // namespace mlgrade::rules
