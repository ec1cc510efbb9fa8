// NaN and infinity are noticed: guards that raise, counters that are alerted on, tests that feed extremes.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 10;

// The branch tells somebody: it logs, counts, or sends.
bool branch_tells(const RuleInput& in, const PythonModule& module, uint32_t call) {
  for (uint32_t c = 0; c < module.conditions.size(); ++c) {
    const IndexRange calls = module.conditions[c].calls;
    if (call < calls.begin || call >= calls.end) continue;
    for (uint32_t b = 0; b < module.blocks.size(); ++b) {
      if (module.blocks[b].condition != c) continue;
      for (const PyCall& told : module.calls) {
        if (!block_inside(module, told.block, b)) continue;
        bool counts = std::any_of(in.facts.metrics.begin(), in.facts.metrics.end(), [&](const auto& metric) {
          return std::find(metric.set_at.begin(), metric.set_at.end(), told.span) != metric.set_at.end();
        });
        if (counts || told.method == "warning" || told.method == "warn" || told.method == "error" ||
            told.method == "critical" || told.method == "exception")
          return true;
      }
    }
  }
  return false;
}

// Code that makes rows up or tries a service out watches over no model (rubric F-20).
bool stands_beside_the_product(const FactStore& facts, FileId file) {
  const std::string_view path = facts.path(file);
  if (path.find("synthetic") != path.npos) return true;
  return has_word(path, {"generator", "generators", "simulator", "simulate", "simulation", "smoke", "mock",
                         "fake", "loadtest"});
}

// The check stands in what tries the service out once, as it is put in place.
bool only_probes(const RuleInput& in, const Use& use) {
  const PyFunction* function = in.facts.function(use.function);
  return function != nullptr && has_word(function->qualname.view(), {"probe", "probes", "canary"});
}

// A check in product code counts as one when a failure of it raises. What only drops or repairs the values
// is none.
void add_checks(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "checks-finite")) {
    NodeId node = node_of(in, *use);
    if (node == kNone || is_notebook(in.facts, use->file)) continue;
    if (stands_beside_the_product(in.facts, use->file)) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} watches for NaN and infinity", name_of(in, *use));
    evidence.links.push_back({use->span, evidence.what});
    const UseEffect effect = effect_of(*use, in.facts);
    const bool told =
        use->kind == Use::Kind::kCall && branch_tells(in, in.facts.python[use->function.module], use->call);
    if (effect.effect == Effect::kSwallowed && !told) continue;
    evidence.runs_at = node;
    Evidence standing = evidence;
    run_in_earnest(in, evidence);
    const bool earnest =
        evidence.runs_at != kNone && in.graph.reached_by(evidence.runs_at) == Reach::By::kAutomatic;
    if (effect.effect != Effect::kSwallowed && earnest) {
      if (only_probes(in, *use)) {
        evidence.worth = 0.5;
        evidence.worth_why =
            "it looks at a probe as the model is put in place, not at what is trained or served";
      }
      out.push_back(std::move(evidence));
      continue;
    }
    const bool tested = in.graph.reached_by(node) == Reach::By::kAutomatic;
    evidence = std::move(standing);
    evidence.runs_at = kNone;
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = told     ? "it is logged or counted, and nothing fails"
                         : tested ? "a guard in the code; of what runs by itself only tests meet it"
                                  : "a guard in the code; no automatic run meets it";
    if (in.graph.nodes[node].kind == NodeKind::kFunction && !is_led_to(in.graph, node)) {
      evidence.defeat = "nothing calls the function that holds it";
      evidence.remedy = "Call it where training and serving compute.";
      evidence.defeat_at = in.graph.nodes[node].span;
    }
    out.push_back(std::move(evidence));
  }
}

// Clipping and scaling prevent some infinities and tell nobody of the others: weak, whatever runs them.
void add_clipping(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "guards-gradients")) {
    if (is_notebook(in.facts, use->file)) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = use->span;
    evidence.what = fmt::format("{} keeps gradients in bounds", name_of(in, *use));
    evidence.worth = 0.5;
    evidence.worth_why = "it keeps gradients small and tells nobody";
    NodeId node = node_of(in, *use);
    if (node != kNone && in.graph.nodes[node].kind == NodeKind::kFunction && !is_led_to(in.graph, node)) {
      evidence.defeat = "nothing calls the function that holds it";
      evidence.remedy = "Call it where training and serving compute.";
      evidence.defeat_at = in.graph.nodes[node].span;
    }
    out.push_back(std::move(evidence));
  }
}

// Series that count numbers which are none, and answers of a language model that cannot be used.
bool is_stability_series(std::string_view series) {
  return has_word(series, {"nan", "nans", "inf", "infinite", "nonfinite", "refusal", "refusals"}) ||
         contains_phrase(series, "non finite") || contains_phrase(series, "not finite") ||
         contains_phrase(series, "invalid json") || contains_phrase(series, "invalid predictions") ||
         contains_phrase(series, "empty output") || contains_phrase(series, "empty response") ||
         contains_phrase(series, "empty outputs") || contains_phrase(series, "empty responses") ||
         contains_phrase(series, "parse errors") || contains_phrase(series, "parse failures");
}

bool is_extreme_name(std::string_view name) {
  return name.ends_with(".nan") || name.ends_with(".NaN") || name.ends_with(".NaT") ||
         name.ends_with(".NA") || name.ends_with(".inf") || name.ends_with(".Inf") ||
         name.ends_with(".infty");
}

// NaN, infinity, nothing at all, or a number that is far from every day's: somewhere in the value.
bool is_extreme(const PythonModule& module, const PyValue& value, int depth) {
  constexpr double kFar = 1e6;
  constexpr int kDepth = 4;
  switch (value.kind) {
    case PyValue::Kind::kNone:
      return depth > 0;  // an element; `axis=None` is no input
    case PyValue::Kind::kNumber:
      return value.number >= kFar || value.number <= -kFar;
    case PyValue::Kind::kName:
      return is_extreme_name(value.text.view());
    case PyValue::Kind::kCall: {
      if (value.call >= module.calls.size() || module.calls[value.call].callee != "float") return false;
      const IndexRange args = module.calls[value.call].args;
      return !args.empty() && module.args[args.begin].value.kind == PyValue::Kind::kString;
    }
    case PyValue::Kind::kList:
    case PyValue::Kind::kDict:
      break;
    default:
      return false;
  }
  const IndexRange elements = value.elements();
  for (uint32_t e = elements.begin; depth < kDepth && e < elements.end && e < module.values.size(); ++e) {
    if (is_extreme(module, module.values[e], depth + 1)) return true;
  }
  return false;
}

bool reads_extreme(const PythonModule& module, IndexRange reads) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    if (is_extreme_name(module.names[r].view())) return true;
  }
  return false;
}

bool extreme_arguments(const PythonModule& module, const PyCall& call) {
  static constexpr auto kNoInput = {"seed",     "rng",  "approx", "timestamp",
                                    "datetime", "date", "range",  "state"};
  if (has_word(call.callee.view(), {"seed", "rng", "approx", "timestamp", "datetime", "date", "range"}))
    return false;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    const bool input = std::none_of(kNoInput.begin(), kNoInput.end(), [&](std::string_view word) {
      return has_word(arg.keyword.view(), {word});
    });
    if (input && (is_extreme(module, arg.value, 0) || reads_extreme(module, arg.reads))) return true;
  }
  return false;
}

// The function makes, takes or is parametrised with such a value.
bool holds_extreme(const FactStore& facts, PyRef ref) {
  const PyFunction* function = facts.function(ref);
  if (function == nullptr) return false;
  const PythonModule& module = facts.python[ref.module];
  for (const PyDecorator& decorator : function->decorators) {
    if (decorator.call != kNone && extreme_arguments(module, module.calls[decorator.call])) return true;
  }
  const bool given = std::ranges::any_of(calls_in(module, ref.index), [&](const PyCall& call) {
    return call.function == ref.index && extreme_arguments(module, call);
  });
  return given || std::ranges::any_of(bindings_in(module, ref.index), [&](const PyBinding& binding) {
           return binding.function == ref.index && !has_word(binding.target.view(), {"seed", "timestamp"}) &&
                  (is_extreme(module, binding.value, 0) || reads_extreme(module, binding.reads));
         });
}

// What is asserted is an answer or a loss of a model; features without gaps are another matter.
bool of_model(const TestAssertion& assertion) {
  return std::any_of(assertion.depends_on.begin(), assertion.depends_on.end(), [](Name target) {
    const std::string_view last = target.view().substr(target.view().rfind('.') + 1);
    return has_word(last, {"predict", "predicts", "proba",    "prediction", "predictions", "score",
                           "scores",  "forward",  "infer",    "inference",  "logits",      "loss",
                           "losses",  "generate", "classify", "forecast",   "train",       "decision",
                           "step",    "evaluate", "model"}) &&
           !has_word(last, {"split", "types", "dtypes", "feature", "features", "columns", "schema"});
  });
}

bool names_not_finite(std::string_view callee) {
  return callee.find("isnan") != callee.npos || callee.find("isinf") != callee.npos;
}

// `assert np.isnan(score)`, `assert np.isinf(x).any()`: asserts that the value is not finite.
bool asserts_not_finite(const PythonModule& module, uint32_t call) {
  return std::ranges::any_of(
      conditions_in(module, module.calls[call].function), [&](const PyCondition& condition) {
        const bool here = condition.kind == PyCondition::Kind::kAssert && condition.calls.begin <= call &&
                          call < condition.calls.end;
        if (!here || condition.negated || condition.value.kind != PyValue::Kind::kCall) return false;
        const PyCall& asked = module.calls[condition.value.call];
        const bool whole = condition.value.call == call || asked.method == "any" || asked.method == "all";
        return whole && names_not_finite(asked.callee.view());
      });
}

// A test that asserts finite outputs, for inputs made extreme.
void add_tests(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "checks-finite")) {
    if (!is_test_code(in.facts, use->file) || use->kind != Use::Kind::kCall) continue;
    uint32_t test = test_of(in.facts, use->function);
    if (test == kNone) continue;
    const TestCase& t = in.facts.tests[test];
    const TestAssertion* asserted = effective_assertion(t, [&](const TestAssertion& a) {
      return a.span.line <= use->span.line && use->span.line <= std::max(a.span.line, a.span.end_line);
    });
    if (asserted == nullptr || t.project_functions.empty()) continue;
    if (asserts_not_finite(in.facts.python[use->function.module], use->call)) continue;
    const bool extreme = holds_extreme(in.facts, t.function) ||
                         std::any_of(t.fixtures.begin(), t.fixtures.end(),
                                     [&](PyRef f) { return holds_extreme(in.facts, f); });
    Evidence evidence =
        test_evidence(in, test, "a test asserts that outputs stay finite", {{use->span, "asserts it"}});
    if (!of_model(*asserted)) {
      evidence.worth = 0.5;
      evidence.worth_why = "it looks at features, not at what a model makes of them";
    } else if (!extreme) {
      evidence.worth = 0.5;
      evidence.worth_why = "only on ordinary inputs: no NaN, infinity or huge number among them";
    }
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found =
      alert_evidence(in, is_stability_series, "alert on numbers that are not finite");
  add_checks(in, found);
  add_clipping(in, found);
  add_tests(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule monitoring_numeric_stability;
const Rule monitoring_numeric_stability{
    .summary = "NaN and infinity in training and serving are noticed",
    .why = "One NaN in a weight makes every later answer worthless, and nothing crashes.",
    .fix =
        "Raise on values that are not finite in training and serving, and test the model on extreme inputs "
        "in CI.",
    .source = "Breck et al. 2017, table IV, Monitor 5",
    .run = run,
};

}  // namespace mlgrade::rules
