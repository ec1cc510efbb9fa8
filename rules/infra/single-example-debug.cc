// Following one prediction: explanations or intermediate values of a single example, in a tool that is kept
// alive.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/explanations.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 10;

// The test takes the explainer away before it asks, so that something else answers.
bool takes_explainer_away(const RuleInput& in, const TestCase& test) {
  const PythonModule& module = in.facts.python[test.function.module];
  return std::ranges::any_of(bindings_in(module, test.function.index), [&](const PyBinding& b) {
    return b.function == test.function.index && b.value.kind == PyValue::Kind::kNone &&
           has_word(b.target.view(), {"explainer", "explainers", "shap"});
  });
}

// A request for an explanation by the route's name.
bool requests_explanation(const RuleInput& in, const TestCase& test) {
  const PythonModule& module = in.facts.python[test.function.module];
  return std::ranges::any_of(calls_in(module, test.function.index), [&](const PyCall& call) {
    if (call.function != test.function.index) return false;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (module.args[a].value.text.view().find("expla") != std::string_view::npos) return true;
    }
    return false;
  });
}

// The best test that asks for an explanation and asserts on what comes back; kNone if there is none.
uint32_t test_of_place(const RuleInput& in, NodeId node) {
  const std::set<Name> way = functions_leading_to(in, node);
  uint32_t best = kNone;
  for (NodeId caller : in.graph.callers(node)) {
    const Node& n = in.graph.nodes[caller];
    if (n.kind != NodeKind::kTest) continue;
    const TestCase& test = in.facts.tests[n.owner];
    if (in.facts.function(test.function) == nullptr || takes_explainer_away(in, test)) continue;
    const TestAssertion* asserted = effective_assertion(test, [&](const TestAssertion& a) {
      return std::any_of(a.depends_on.begin(), a.depends_on.end(),
                         [&](Name target) { return way.contains(target); });
    });
    if (asserted == nullptr && (!test.effective || !requests_explanation(in, test))) continue;
    auto rank = [&](uint32_t t) { return in.graph.reached_by(in.graph.node_of_test(t)); };
    if (best == kNone || rank(n.owner) > rank(best)) best = n.owner;
  }
  return best;
}

bool served(const RuleInput& in, const AbilityMap& abilities, NodeId node) {
  std::vector<NodeId> callers = in.graph.callers(node);
  return std::any_of(callers.begin(), callers.end(), [&](NodeId n) {
    const std::vector<AbleAt>& able = abilities.at(n);
    return std::any_of(able.begin(), able.end(),
                       [](const AbleAt& a) { return a.capability == "serves-route"; });
  });
}

Evidence evidence_in_notebook(const RuleInput& in, Span place, std::string what) {
  if (executed_cell(in.facts, place) != nullptr)
    return notebook_evidence(in, place, what + " in an executed notebook");
  Evidence evidence;
  evidence.place = place;
  evidence.what = std::move(what);
  evidence.mode = EvidenceMode::kResult;
  evidence.defeat = "the notebook's cell was never executed";
  evidence.defeat_at = place;
  return evidence;
}

// Values between the layers of a network, or what its answer depends on.
bool looks_inside(const PyCall& call) {
  return call.method == "register_forward_hook" || call.method == "register_full_backward_hook" ||
         call.method == "register_backward_hook";
}

// The project's own way of saying why, on the way to an answer: a function named so that asks the model.
void add_own(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  const Sides& sides = shared<Sides>(in);
  for (NodeId n : sides.serving) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction) continue;
    const PythonModule& module = in.facts.python[node.owner];
    const PyFunction& function = module.functions[node.index];
    const bool named =
        has_word(function.name.view(), {"explain", "explains", "explanation", "explanations", "attribution",
                                        "attributions", "contribution", "contributions"});
    const bool asks = std::ranges::any_of(calls_in(module, node.index), [&](const PyCall& call) {
      if (call.function != node.index) return false;
      if (call.method.view().starts_with("predict") || looks_inside(call) || call.callee == "model")
        return true;
      return call.function_ref.valid() &&
             abilities.can(in.graph.node_of_function(call.function_ref), "predicts");
    });
    if (!named || !asks || function.is_stub) continue;
    const std::string what = fmt::format("`{}` says why one answer came out", function.qualname.view());
    if (const uint32_t test = test_of_place(in, n); test != kNone) {
      out.push_back(
          test_evidence(in, test, what + ", and a test looks at what it says", {{function.span, what}}));
      continue;
    }
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = function.span;
    evidence.what = what;
    evidence.worth = 0.5;
    evidence.worth_why = "no test looks at what it says";
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  std::vector<Evidence> found;
  add_own(in, abilities, found);
  for (const Explanation& explanation : explanations(in)) {
    if (explanation.over_all) continue;  // what features contribute, not why one answer came out
    const PythonModule& module = in.facts.python[explanation.module];
    const PyCall& call = module.calls[explanation.call];
    std::string what = fmt::format("`{}` explains single predictions", call.callee.view());
    if (module.is_notebook) {
      found.push_back(evidence_in_notebook(in, explanation.span, std::move(what)));
      continue;
    }
    const NodeId node = in.graph.node_of_call(explanation.module, explanation.call);
    if (node == kNone) continue;
    uint32_t test = test_of_place(in, node);
    if (test != kNone) {
      found.push_back(
          test_evidence(in, test, what + ", and a test looks at what it says", {{explanation.span, what}}));
      continue;
    }
    Evidence evidence;
    evidence.place = explanation.span;
    evidence.what = std::move(what);
    evidence.runs_at = node;
    evidence.worth = 0.5;
    evidence.worth_why = "no test looks at what it says";
    if (served(in, abilities, node)) evidence.mode = EvidenceMode::kStanding;
    found.push_back(std::move(evidence));
  }
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule infra_single_example_debug;
const Rule infra_single_example_debug{
    .summary = "a tool that shows what happens inside for one example",
    .why = "When one prediction is wrong, somebody must see where it went wrong, not only that it did.",
    .fix =
        "Offer the explanation or the intermediate values of one row as a command or route, and exercise it "
        "in a test.",
    .source = "Breck et al. 2017, table III, Infra 5",
    .run = run,
};

}  // namespace mlgrade::rules
