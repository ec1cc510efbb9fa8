// The features of a row are computed both ways and compared: in a test, or continuously on logged requests.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool compares_values(const PythonModule& module, uint32_t function) {
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function == function &&
        has_word(call.callee.view(), {"allclose", "equal", "equals", "approx", "isclose"}))
      return true;
  }
  for (const PyCondition& condition : conditions_in(module, function)) {
    if (condition.function != function || condition.kind != PyCondition::Kind::kAssert) continue;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      bool both = comparison.left.kind != PyValue::Kind::kNumber &&
                  comparison.right.kind != PyValue::Kind::kNumber &&
                  comparison.right.kind != PyValue::Kind::kString;
      if (comparison.op == PyComparison::Op::kEqual && both) return true;
    }
  }
  return false;
}

bool speaks_of_parity(std::string_view name) {
  return has_word(name, {"parity", "skew", "consistency", "consistent", "equivalence", "equivalent", "agree",
                         "agrees", "match", "matches", "same", "identical", "equal", "equals", "golden"});
}

// Nothing that prepares rows takes part: the test calls predictions only, or reads nothing but answers.
bool only_answers(const RuleInput& in, const PythonModule& module, uint32_t function) {
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function) continue;
    const PyFunction* called = in.facts.function(call.function_ref);
    if (called != nullptr && is_transform_name(called->target.view())) return false;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {  // client.post("/features")
      if (is_transform_name(module.args[a].value.text.view())) return false;
    }
  }
  return true;
}

// client.post("/predict", ...): the service answers.
bool requests_route(const PythonModule& module, uint32_t function) {
  return std::ranges::any_of(calls_in(module, function), [&](const PyCall& call) {
    const bool asks = call.method == "post" || call.method == "get" || call.method == "put";
    return call.function == function && asks && !call.args.empty() &&
           module.args[call.args.begin].value.text.view().starts_with("/");
  });
}

// What the test and its fixtures call; a function that is only looked at (its signature, its name) is not
// called.
std::vector<PyRef> called_by(const RuleInput& in, const TestCase& test) {
  std::vector<PyRef> parts = test.fixtures;
  parts.push_back(test.function);
  std::vector<PyRef> called;
  for (PyRef part : parts) {
    if (in.facts.function(part) == nullptr) continue;
    for (const PyCall& call : calls_in(in.facts.python[part.module], part.index)) {
      if (call.function == part.index && call.function_ref.valid()) called.push_back(call.function_ref);
    }
  }
  return called;
}

// A job that computes logged features again and fails when they differ.
void add_jobs(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      const bool named = has_word(function.name.view(), {"skew", "parity"}) ||
                         has_word(module.name.view(), {"skew", "parity"});
      if (!named || only_answers(in, module, f)) continue;
      auto recomputes = [&](uint32_t c) {
        const PyFunction* called = in.facts.function(module.calls[c].function_ref);
        return called != nullptr && is_transform_name(called->target.view());
      };
      const Carriers carriers = carriers_of(module, f, recomputes);
      for (const Decision& decision : decisions_on(module, f, carriers, recomputes)) {
        if (!decision.fails || decision.comparison == kNone) continue;
        Evidence evidence;
        evidence.place = function.span;
        evidence.what = "logged features are compared with recomputed ones";
        evidence.runs_at = in.graph.node_of_function({m, f});
        evidence.links.push_back(
            {module.comparisons[decision.comparison].span, "the bar on their difference"});
        out.push_back(std::move(evidence));
        break;
      }
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const Sides& sides = shared<Sides>(in);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.function.valid() || test.function.index == kNone || !speaks_of_parity(test.id.view())) continue;
    const PythonModule& module = in.facts.python[test.function.module];
    if (!compares_values(module, test.function.index)) continue;
    bool serves = requests_route(module, test.function.index), trains = false;
    bool differ = serves;  // one function that both sides share is no comparison of two
    for (PyRef part : called_by(in, test)) {
      for (NodeId n : work_of(in, in.graph.node_of_function(part))) {
        if (in.graph.nodes[n].kind != NodeKind::kFunction) continue;
        const bool serving = contains_node(sides.serving, n), training = contains_node(sides.training, n);
        serves |= serving;
        trains |= training;
        differ |= serving != training;
      }
    }
    if (!serves || !trains || !differ) continue;
    Evidence evidence = test_evidence(in, t, "a test compares the training's with the serving's computation",
                                      {{place_of(in.facts, test), "compares both sides"}});
    if (only_answers(in, module, test.function.index)) {
      evidence.defeat = "only answers are compared, and features that differ may give the same answer";
      evidence.remedy = "Compare the features of both sides before a model sees them.";
      evidence.defeat_at = evidence.place;
    }
    output.evidence.push_back(std::move(evidence));
  }
  add_jobs(in, output.evidence);
  for (const Use* use : product_uses(in, "detects-skew")) {
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} compares the two sides", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    UseEffect effect = effect_of(*use, in.facts);
    evidence.effect = effect.effect;
    evidence.effect_at = effect.at;
    evidence.effect_why = effect.why;
    output.evidence.push_back(std::move(evidence));
  }
  keep_best(in, output.evidence, 10);
}

}  // namespace

extern const Rule monitoring_train_serve_parity;
const Rule monitoring_train_serve_parity{
    .summary = "features computed for training and for serving are compared",
    .why = "Skew between the two is silent: every request succeeds, and every answer is a little wrong.",
    .fix =
        "Send golden raw rows through both paths in a CI test and assert that the features agree within a "
        "tolerance.",
    .source = "Breck et al. 2017, table IV, Monitor 3",
    .run = run,
};

}  // namespace mlgrade::rules
