// Perturbed, equivalent or hostile inputs get the answers that they should.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/measures.h"
#include "rules/support/outcomes.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool names_relation(std::string_view name) {
  return has_word(
      name, {"invariance", "invariant", "metamorphic", "perturbation", "perturbations", "perturbed", "robust",
             "robustness", "adversarial", "typo", "typos", "noise", "noisy", "directional"});
}

// A test of the model by relation between inputs: told by its name, or by inputs that are generated.
void add_tests(const RuleInput& in, std::vector<Evidence>& out) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const Outcomes& outcomes = shared<Outcomes>(in);
  const EarnestTests earnest(in, abilities);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const PyFunction* function = in.facts.function(test.function);
    if (function == nullptr || !test.effective) continue;
    const bool named = names_relation(function->qualname.view());
    if (!named && !test.property_based) continue;
    const NodeId node = in.graph.node_of_test(t);
    if (!abilities.can(node, "predicts") && !abilities.can(node, "calls-llm")) continue;
    const TestAssertion* asserted = effective_assertion(
        test, [&](const TestAssertion& a) { return !a.type_only && outcomes.of_model(a); });
    if (asserted == nullptr) continue;
    Evidence evidence = test_evidence(in, t, "a test changes inputs and looks at what the model answers",
                                      {{asserted->span, "the relation"}});
    if (earnest.trains_for_itself(t)) {
      evidence.worth = 0.5;
      evidence.worth_why = "it tries a model that the test made from rows of its own";
    }
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  for (const Use* use : uses_of(in, "attacks-model")) {
    add_measured(in, *use, fmt::format("{} tries the model with changed inputs", name_of(in, *use)),
                 "no bar on how many answers change", found);
  }
  add_tests(in, found);
  for (const RecordedResult& result :
       results_about(in, {"robustness", "adversarial", "perturbation", "perturbations", "metamorphic"})) {
    found.push_back(evidence_of(result, "figures of a trial with changed inputs are kept"));
  }
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_robustness;
const Rule quality_robustness{
    .summary = "the model is tried with changed inputs",
    .why = "A typo, a shadow or a hostile pixel should not decide.",
    .fix =
        "Change inputs in ways that must (or must not) matter and hold the share of wrong reactions to a bar "
        "in CI.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: robustness)",
    .run = run,
};

}  // namespace mlgrade::rules
