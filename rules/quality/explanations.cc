// Explanations that are served or kept with each decision, and tests that hold them to sense.
#include "rules/support/explanations.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// The best test that asserts on the values of the explanation; kNone if there is none.
uint32_t test_of_sense(const RuleInput& in, NodeId node) {
  const std::set<Name> way = functions_leading_to(in, node);
  uint32_t best = kNone;
  for (NodeId caller : in.graph.callers(node)) {
    if (in.graph.nodes[caller].kind != NodeKind::kTest) continue;
    const uint32_t t = in.graph.nodes[caller].owner;
    const TestAssertion* asserted = effective_assertion(in.facts.tests[t], [&](const TestAssertion& a) {
      return !a.type_only && std::any_of(a.depends_on.begin(), a.depends_on.end(),
                                         [&](Name target) { return way.contains(target); });
    });
    if (asserted == nullptr) continue;
    const auto by = [&](uint32_t one) { return in.graph.reached_by(in.graph.node_of_test(one)); };
    if (best == kNone || by(t) > by(best)) best = t;
  }
  return best;
}

void add_code(const RuleInput& in, std::vector<Evidence>& out) {
  const Sides& sides = shared<Sides>(in);
  for (const Explanation& explanation : explanations(in)) {
    const PythonModule& module = in.facts.python[explanation.module];
    if (module.is_notebook) continue;  // a plot there reaches nobody who is decided about
    const NodeId node = in.graph.node_of_call(explanation.module, explanation.call);
    if (node == kNone) continue;
    const std::string what = fmt::format("`{}` explains", module.calls[explanation.call].callee.view());
    const bool served = contains_node(sides.serving, node) && !explanation.over_all;
    if (!served) {
      // A report that a run makes: half a point where the run is reached, nothing where the code is dead.
      Evidence report;
      report.place = explanation.span;
      report.what = what + " in a report";
      report.runs_at = node;
      report.worth = 0.5;
      report.worth_why = "no explanation is served or kept with a decision";
      report.links.push_back({explanation.span, report.what});
      out.push_back(std::move(report));
      continue;
    }
    if (const uint32_t test = test_of_sense(in, node); test != kNone) {
      out.push_back(test_evidence(in, test, what + " served answers, and a test holds it to sense",
                                  {{explanation.span, what + " what is served"}}));
    }
    Evidence half;
    half.mode = EvidenceMode::kStanding;
    half.place = explanation.span;
    half.what = what + " what is served";
    half.worth = 0.5;
    half.worth_why = "no test holds explanations to sense";
    out.push_back(std::move(half));
  }
}

// KServe runs an explainer beside the model.
void add_manifests(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument* document : manifests(in.facts, "InferenceService")) {
    const DataNode* explainer = document->root.at({"spec", "explainer"});
    if (explainer == nullptr) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = Span{document->file, explainer->line, 1, explainer->line};
    evidence.what = "an explainer is served beside the model";
    evidence.worth = 0.5;
    evidence.worth_why = "no test holds explanations to sense";
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  add_code(in, found);
  add_manifests(in, found);
  for (const RecordedResult& result : results_about(
           in, {"shap", "lime", "explanation", "explanations", "explainability", "feature importance"})) {
    found.push_back(evidence_of(result, "a report of explanations is kept"));
  }
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_explanations;
const Rule quality_explanations{
    .summary = "decisions come with explanations that tests hold to sense",
    .why = "Who is refused asks why, and a wrong reason is worse than none.",
    .fix = "Serve the explanation with the answer, and test that contributions add up and stay the same.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: explainability)",
    .run = run,
};

}  // namespace mlgrade::rules
