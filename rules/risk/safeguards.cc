// An answer of the model is held in bounds before it acts.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/flow.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// How sure an answer is.
bool about_confidence(std::string_view name) {
  return has_word(name, {"probability", "proba", "prob", "probs", "confidence", "certainty", "uncertainty",
                         "entropy", "margin", "overlap", "similarity", "grounded"});
}

// A confidence held against a number, or a score against a threshold.
bool holds_confidence(const PyComparison& comparison) {
  const std::string_view left = comparison.left.text.view(), right = comparison.right.text.view();
  if (about_confidence(left) || about_confidence(right)) return true;
  const auto is_score = [](std::string_view name) {
    return has_word(name, {"score", "scores", "relevance"});
  };
  const auto is_bar = [](std::string_view name) { return has_word(name, {"threshold", "cutoff"}); };
  return (is_score(left) && is_bar(right)) || (is_bar(left) && is_score(right));
}

// What stands in for an answer that is held back.
bool says_held_back(std::string_view text) {
  // "low" alone is one answer of several: a band.
  if (has_word(text, {"low"}) && has_word(text, {"confidence", "certainty"})) return true;
  return has_word(
      text, {"unknown", "uncertain", "unsure",    "abstain",   "abstained",    "review",   "manual",
             "human",   "escalate",  "escalated", "fallback",  "reject",       "rejected", "refuse",
             "refused", "withhold",  "withheld",  "undecided", "inconclusive", "sorry",    "insufficient",
             "defer",   "deferred",  "person",    "sure",      "cannot"});
}

bool holds_back(const PythonModule& module, const PyValue& value) {
  if (value.kind == PyValue::Kind::kNone) return true;
  if (value.kind == PyValue::Kind::kCall)
    return value.call < module.calls.size() && says_held_back(module.calls[value.call].callee.view());
  const IndexRange elements = value.elements();
  for (uint32_t e = elements.begin; e < elements.end && e < module.values.size(); ++e) {
    if (says_held_back(module.values[e].text.view())) return true;
  }
  return value.kind != PyValue::Kind::kNumber && says_held_back(value.text.view());
}

// Around a comparison of the confidence the answer is replaced by something that is none: an error, nothing,
// a word for "not sure", a call for a person. Choosing between two classes by a threshold is an answer.
bool replaces_answer(const PythonModule& module, uint32_t c) {
  const PyCondition& condition = module.conditions[c];
  if (condition_fails(module, c)) return true;
  const auto inside = [&](uint32_t block) {
    for (uint32_t b = block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent) {
      if (module.blocks[b].condition == c) return true;
    }
    return false;
  };
  const bool ternary = condition.kind == PyCondition::Kind::kTernary;
  const auto near = [&](uint32_t block, Span span) {
    return ternary
               ? span.line <= condition.span.line && condition.span.line <= std::max(span.line, span.end_line)
               : inside(block);
  };
  for (const PyJump& jump : module.jumps) {
    if (jump.function == condition.function && near(jump.block, jump.span) && holds_back(module, jump.value))
      return true;
  }
  for (const PyBinding& binding : module.bindings) {
    const bool here = binding.function == condition.function && near(binding.block, binding.span);
    if (here && (says_held_back(binding.target.view()) || holds_back(module, binding.value))) return true;
  }
  return std::any_of(module.calls.begin(), module.calls.end(), [&](const PyCall& call) {
    return !ternary && call.function == condition.function && inside(call.block) &&
           says_held_back(call.callee.view());
  });
}

struct Guard {
  Span place;
  std::string what;
  NodeId node = kNone;
};

bool orders(const PyComparison& comparison) {
  return comparison.op == PyComparison::Op::kLess || comparison.op == PyComparison::Op::kLessEqual ||
         comparison.op == PyComparison::Op::kGreater || comparison.op == PyComparison::Op::kGreaterEqual;
}

// On the way of a request: what handlers run. Where nothing serves, nothing can be on that way.
void add_bounds(const RuleInput& in, const Sides& sides, uint32_t m, std::vector<Guard>& out) {
  const PythonModule& module = in.facts.python[m];
  const auto served = [&](NodeId node) { return node != kNone && contains_node(sides.serving, node); };
  for (uint32_t i = 0; i < module.conditions.size(); ++i) {
    const PyCondition& condition = module.conditions[i];
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      const bool about = orders(comparison) && holds_confidence(comparison);
      const NodeId node = about ? in.graph.node_of_block(m, condition.block) : kNone;
      if (served(node) && replaces_answer(module, i))
        out.push_back({comparison.span, "an answer of low confidence is held back before it goes out", node});
    }
  }
  for (uint32_t c = 0; c < module.calls.size(); ++c) {
    const PyCall& call = module.calls[c];
    const bool limits = call.target.view().starts_with("slowapi.");
    if (call.target != "numpy.clip" && !limits) continue;
    const NodeId node = in.graph.node_of_call(m, c);
    if (served(node) || limits) {
      out.push_back({call.span,
                     limits ? "the rate of requests is limited" : "an answer is bounded before it goes out",
                     node});
    }
  }
}

std::vector<Guard> guards(const RuleInput& in) {
  std::vector<Guard> out;
  const Sides& sides = shared<Sides>(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    const bool product = !is_test_code(in.facts, module.file) && !is_sample(in.facts, module.file);
    if (product && !module.is_notebook) add_bounds(in, sides, m, out);
  }
  for (const Use* use : product_uses(in, "guards-llm")) {
    if (use->kind == Use::Kind::kFile) continue;  // rails that something has to load
    const NodeId node = node_of(in, *use);
    // Where routes are known, a guard that no request comes to guards nothing.
    const bool served = sides.handlers.empty() || (node != kNone && contains_node(sides.serving, node));
    if (served)
      out.push_back({use->span, fmt::format("{} guards what goes in and out", use->tool.view()), node});
  }
  return out;
}

bool answers(const RuleInput& in, const TestCase& test) {
  return injected_fault(in, test).valid() && called_about(in, test,
                                                          {"predict", "prediction", "answer", "score",
                                                           "infer", "classify", "chat", "query"}) != nullptr;
}

// The guard that the test comes to; null if it comes to none.
const Guard* guard_of(const RuleInput& in, const std::vector<Guard>& all, uint32_t test) {
  const std::vector<NodeId> runs = in.graph.closure(in.graph.node_of_test(test));
  const auto found = std::find_if(all.begin(), all.end(), [&](const Guard& guard) {
    return guard.node != kNone && std::binary_search(runs.begin(), runs.end(), guard.node);
  });
  return found == all.end() ? nullptr : &*found;
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<Guard> all = guards(in);
  if (all.empty()) return;
  const auto index = [&](const TestCase& t) { return static_cast<uint32_t>(&t - in.facts.tests.data()); };
  uint32_t test = best_test(
      in, [&](const TestCase& t) { return answers(in, t) && guard_of(in, all, index(t)) != nullptr; });
  const bool guarded = test != kNone;
  if (!guarded) test = best_test(in, [&](const TestCase& t) { return answers(in, t); });
  // The guard stands, whatever becomes of its test.
  const Guard& shown = guarded ? *guard_of(in, all, test) : all.front();
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = shown.place;
  evidence.what = shown.what;
  evidence.worth = 0.5;
  evidence.worth_why = test == kNone ? "no test lets the model answer nonsense"
                       : guarded     ? "no run shows what happens when the model fails"
                                     : "the test that lets the model fail does not come to it";
  output.evidence.push_back(std::move(evidence));
  if (!guarded) return;
  output.evidence.push_back(test_evidence(
      in, test, "a test lets the model fail and looks at what goes out",
      {{injected_fault(in, in.facts.tests[test]), "the model fails on purpose"}, {shown.place, shown.what}}));
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
