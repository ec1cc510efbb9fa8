// Joins uses of measuring libraries with what becomes of their figures.
#include "rules/support/measures.h"

#include <algorithm>

#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade {
namespace {

bool is_order(PyComparison::Op op) {
  return op == PyComparison::Op::kLess || op == PyComparison::Op::kLessEqual ||
         op == PyComparison::Op::kGreater || op == PyComparison::Op::kGreaterEqual;
}

// The names under which the value goes: a variable, a key of a mapping, the function that gives it.
bool goes_by(const PythonModule& module, const PyValue& value,
             const std::function<bool(std::string_view)>& named) {
  if (!named) return false;
  if (value.kind == PyValue::Kind::kName || value.kind == PyValue::Kind::kSubscript)
    return named(value.text.view());
  return value.kind == PyValue::Kind::kCall && value.call < module.calls.size() &&
         named(module.calls[value.call].callee.view());
}

// The assertion at the line may fail: it is no constant, no mock's echo and not swallowed.
bool may_fail(const TestCase& test, Span at) {
  return std::any_of(test.assertions.begin(), test.assertions.end(), [&](const TestAssertion& assertion) {
    const bool here =
        assertion.span.line <= at.line && at.line <= std::max(assertion.span.line, assertion.span.end_line);
    return here && (assertion.worth == TestAssertion::Worth::kEffective ||
                    assertion.worth == TestAssertion::Worth::kNothingOfProject);
  });
}

void add_bar(const RuleInput& in, uint32_t m, uint32_t condition, Span at, const std::string& what,
             std::vector<Evidence>& out) {
  const PythonModule& module = in.facts.python[m];
  const PyCondition& c = module.conditions[condition];
  const uint32_t test = test_of(in.facts, {m, c.function});
  Evidence evidence;
  if (test != kNone) {
    evidence = test_evidence(in, test, what, {{at, "the bar"}});
    if (may_fail(in.facts.tests[test], at)) {
      evidence.effect = Effect::kBlocking;
      evidence.effect_why.clear();
    }
  } else {
    if (is_test_code(in.facts, module.file)) return;
    evidence.place = at;
    evidence.what = what;
    evidence.runs_at = in.graph.node_of_block(m, c.block);
    evidence.links.push_back({at, what});
    run_in_earnest(in, evidence);
  }
  out.push_back(std::move(evidence));
}

}  // namespace

void add_measured(const RuleInput& in, const Use& use, std::string what, const std::string& no_bar,
                  std::vector<Evidence>& out) {
  if (use.kind == Use::Kind::kFile || use.kind == Use::Kind::kBase) return;
  if (is_notebook(in.facts, use.file)) {
    if (executed_cell(in.facts, use.span) != nullptr)
      out.push_back(notebook_evidence(in, use.span, what + " in a notebook"));
    return;
  }
  Evidence evidence;
  const uint32_t test = use.kind == Use::Kind::kCall ? test_of(in.facts, use.function) : kNone;
  UseEffect effect{Effect::kSwallowed, use.span, no_bar};
  if (use.kind == Use::Kind::kCall)
    effect = verdict_of_call(in, use.function.module, use.call, use.ability->fails).effect;
  if (test != kNone) {
    evidence = test_evidence(in, test, std::move(what), {{use.span, "measured"}});
    if (effect.effect == Effect::kBlocking) {
      evidence.effect = Effect::kBlocking;
      evidence.effect_why.clear();
    }
    out.push_back(std::move(evidence));
    return;
  }
  evidence.place = use.span;
  evidence.what = std::move(what);
  evidence.runs_at = node_of(in, use);
  evidence.links.push_back({use.span, evidence.what});
  const bool exits = (use.kind == Use::Kind::kCommand || use.kind == Use::Kind::kAction) &&
                     (use.ability->fails == Fails::kExits || use.ability->fails == Fails::kRaises);
  if (effect.effect == Effect::kSwallowed && !exits) {
    evidence.worth = 0.5;
    evidence.worth_why = no_bar;
  }
  run_in_earnest(in, evidence);
  out.push_back(std::move(evidence));
}

void add_bars(const RuleInput& in, const Bar& bar, const std::string& what, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_sample(in.facts, module.file)) continue;
    for (uint32_t c = 0; c < module.conditions.size(); ++c) {
      const PyCondition& condition = module.conditions[c];
      if (condition.comparisons.empty() || !condition_fails(module, c)) continue;
      const auto is_source = [&](uint32_t call) { return bar.measured && bar.measured(m, call); };
      const bool measures = bar.measured && [&] {
        for (uint32_t i = 0; i < module.calls.size(); ++i) {
          if (module.calls[i].function == condition.function && is_source(i)) return true;
        }
        return false;
      }();
      Carriers carriers;
      if (measures) carriers = carriers_of(module, condition.function, is_source);
      const auto carries = [&](const PyValue& value) {
        return goes_by(module, value, bar.named) || (measures && carriers.carries(value)) ||
               (value.kind == PyValue::Kind::kCall && value.call < module.calls.size() &&
                is_source(value.call));
      };
      for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i) {
        const PyComparison& comparison = module.comparisons[i];
        if (!is_order(comparison.op)) continue;
        const bool left = carries(comparison.left);
        const bool right = carries(comparison.right);
        if (left == right) continue;  // neither, or two measurements held against one another
        const bool less =
            comparison.op == PyComparison::Op::kLess || comparison.op == PyComparison::Op::kLessEqual;
        // `assert x < bar` and `if x > bar: raise` both hold x from above.
        const bool asserted = condition.kind == PyCondition::Kind::kAssert;
        const bool below = (left == less) == asserted;
        if (bar.from_above && !below) continue;
        const uint32_t test = test_of(in.facts, {m, condition.function});
        if (test != kNone && bar.speaks && !bar.speaks(test)) break;
        add_bar(in, m, c, comparison.span, what, out);
        break;
      }
    }
  }
}

}  // namespace mlgrade
