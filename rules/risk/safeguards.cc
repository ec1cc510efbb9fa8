// An answer of the model is held in bounds before it acts.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/flow.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

// A comparison of a confidence with a number, in code that answers requests.
bool about_confidence(std::string_view name) {
  return has_word(name, {"probability", "proba", "prob", "probs", "confidence", "certainty", "threshold"});
}

// What stands in for an answer that is held back.
bool says_held_back(std::string_view text) {
  return has_word(
      text, {"unknown", "uncertain", "unsure",    "abstain",   "abstained",    "review",   "manual",
             "human",   "escalate",  "escalated", "fallback",  "reject",       "rejected", "refuse",
             "refused", "withhold",  "withheld",  "undecided", "inconclusive", "sorry",    "insufficient",
             "defer",   "deferred",  "low",       "person",    "sure",         "cannot"});
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
  Span span;
  std::string what;
};

Guard abstains(const RuleInput& in) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    const bool serves = std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
      return use.function.module == m &&
             (use.capability == "serves-route" || use.capability == "serves-model");
    });
    if (!serves) continue;
    for (uint32_t i = 0; i < module.conditions.size(); ++i) {
      const PyCondition& condition = module.conditions[i];
      for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
        const PyComparison& comparison = module.comparisons[c];
        const bool order =
            comparison.op == PyComparison::Op::kLess || comparison.op == PyComparison::Op::kLessEqual ||
            comparison.op == PyComparison::Op::kGreater || comparison.op == PyComparison::Op::kGreaterEqual;
        const bool confidence =
            about_confidence(comparison.left.text.view()) || about_confidence(comparison.right.text.view());
        if (order && confidence && replaces_answer(module, i))
          return {comparison.span, "an answer of low confidence is held back before it goes out"};
      }
    }
    for (const PyCall& call : module.calls) {
      if (call.target == "numpy.clip") return {call.span, "an answer is bounded before it goes out"};
      if (call.target.view().starts_with("slowapi.")) return {call.span, "the rate of requests is limited"};
    }
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  auto [guard, what] = abstains(in);
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
