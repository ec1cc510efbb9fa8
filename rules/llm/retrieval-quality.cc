// Whether the right passages come back is measured against a set of questions.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/llm.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

bool names_measure(std::string_view name) {
  return has_word(name, {"recall", "mrr", "ndcg", "faithfulness", "groundedness"}) ||
         (has_word(name, {"hit", "precision"}) && has_word(name, {"rate", "k", "retrieval", "context"})) ||
         (has_word(name, {"context"}) && has_word(name, {"recall", "precision"}));
}

// `evaluate(rows, metrics=[context_recall])`: measures of retrieval by the names handed over.
bool hands_measures(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
      if (names_measure(module.names[r].view())) return true;
    }
  }
  return false;
}

void add_use(const RuleInput& in, const Use& use, std::vector<Evidence>& out) {
  if (is_notebook(in.facts, use.file)) {
    if (executed_cell(in.facts, use.span) != nullptr)
      out.push_back(notebook_evidence(in, use.span, "retrieval is measured in a notebook"));
    return;
  }
  const uint32_t test = test_of(in.facts, use.function);
  Evidence evidence;
  const std::string what = fmt::format("{} measures retrieval", name_of(in, use));
  if (test != kNone) {
    evidence = test_evidence(in, test, what, {{use.span, what}});
    const UseEffect effect = effect_of(use, in.facts);
    if (in.facts.tests[test].effective || effect.effect == Effect::kBlocking) {
      evidence.effect = effect.effect == Effect::kBlocking || in.facts.tests[test].effective
                            ? Effect::kBlocking
                            : effect.effect;
    }
  } else {
    evidence.place = use.span;
    evidence.what = what;
    evidence.runs_at = node_of(in, use);
    const VerdictPath path = verdict_of_call(in, use.function.module, use.call, Fails::kReturns);
    take_verdict(path, evidence);
    evidence.links.push_back({use.span, what});
    run_in_earnest(in, evidence);
  }
  out.push_back(std::move(evidence));
}

// An assertion of the test on a measure of retrieval: `assert recall_at_k(...) >= 0.8`.
Span asserted_measure(const PythonModule& module, uint32_t function) {
  for (const PyCondition& condition : module.conditions) {
    if (condition.function != function || condition.kind != PyCondition::Kind::kAssert) continue;
    if (condition.comparisons.empty()) continue;
    for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
      if (names_measure(module.names[r].view())) return condition.span;
    }
    for (uint32_t c = condition.calls.begin; c < condition.calls.end; ++c) {
      if (names_measure(module.calls[c].callee.view())) return condition.span;
    }
  }
  return {};
}

// Tests that retrieve in earnest and look at what came back.
void add_tests(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.effective || in.facts.function(test.function) == nullptr) continue;
    const NodeId node = in.graph.node_of_test(t);
    if (!abilities.can(node, "retrieves")) continue;
    const AbleAt* able = abilities.first(node, "retrieves");
    if (able == nullptr || is_mocked(in, test, *able)) continue;
    const Span measure = asserted_measure(in.facts.python[test.function.module], test.function.index);
    if (!measure.valid()) continue;
    out.push_back(test_evidence(in, t, "a test holds retrieval to a bar",
                                {{able->span, "retrieves"}, {measure, "the bar"}}));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  const bool retrieves = !uses_of(in, "retrieves").empty();
  std::vector<Evidence> found;
  for (const Use* use : uses_of(in, "measures-retrieval")) {
    if (use->kind == Use::Kind::kCall && retrieves) add_use(in, *use, found);
  }
  for (const Use* use : uses_of(in, "evaluates-llm")) {
    const PyCall* call = call_of(in, *use);
    if (call != nullptr && hands_measures(in.facts.python[use->function.module], *call))
      add_use(in, *use, found);
  }
  add_tests(in, shared<AbilityMap>(in), found);
  for (const RecordedResult& result :
       results_about(in, {"retrieval", "recall at k", "hit rate", "mrr", "faithfulness", "context recall"})) {
    found.push_back(evidence_of(result, "figures of retrieval are kept"));
  }
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_retrieval_quality;
const Rule llm_retrieval_quality{
    .summary = "retrieval is measured against a set of questions with a bar",
    .why = "A model that is handed the wrong passage answers wrongly with confidence.",
    .fix = "Keep questions with the passages that answer them, and fail CI when recall falls below a bar.",
    .source = "Breck et al. 2017, table II, Model 1 to 6, for retrieval",
    .run = run,
};

}  // namespace mlgrade::rules
