// Offline metrics are held against what happened online: correlations, experiments, judges against people.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_agreement(std::string_view target) {
  return target.ends_with("spearmanr") || target.ends_with("pearsonr") || target.ends_with("kendalltau") ||
         target.ends_with("cohen_kappa_score") || target.ends_with(".corr") || target.ends_with("corrcoef");
}

bool is_online(std::string_view name) {
  return has_word(name, {"online", "production", "ctr", "cvr", "click", "clicks", "conversion", "conversions",
                         "revenue", "kpi", "thumbs", "feedback", "engagement"});
}

// A language model that grades is an offline measure, and people are what it must agree with.
bool is_judge(std::string_view name) { return has_word(name, {"judge", "grader", "llm"}); }
bool is_person(std::string_view name) {
  return has_word(name, {"human", "humans", "annotator", "expert", "labeler", "labeller", "manual"});
}

bool is_offline(std::string_view name) {
  return has_word(
      name, {"offline", "eval", "evaluation", "validation", "judge", "test", "auc", "score", "metric", "f1",
             "ndcg", "rmse", "mae", "accuracy", "precision", "recall", "mrr", "map"});
}

// Which sides the names at a call speak of: its arguments, the statement that it stands in (the receiver of
// `offline.corr(online)`), and what these names were bound to.
struct Sides {
  bool online = false, offline = false, judge = false, person = false;
  void look(std::string_view name) {
    online |= is_online(name);
    offline |= is_offline(name);
    judge |= is_judge(name);
    person |= is_person(name);
  }
  bool both() const { return (online && offline) || (judge && person); }
};

void look_at_call(const PythonModule& module, const PyCall& call, Sides& sides, std::set<Name>& names) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    sides.look(module.args[a].value.text.view());
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r)
      names.insert(module.names[r]);
  }
}

template <typename Statement>
void look_at_statement(const PythonModule& module, uint32_t call, const Statement& statement,
                       std::set<Name>& names) {
  if (call < statement.calls.begin || call >= statement.calls.end) return;
  for (uint32_t r = statement.reads.begin; r < statement.reads.end; ++r) names.insert(module.names[r]);
}

Sides sides_at(const PythonModule& module, uint32_t index) {
  const PyCall& call = module.calls[index];
  Sides sides;
  std::set<Name> names;
  look_at_call(module, call, sides, names);
  if (call.method == "corr") {  // one side is the receiver, which only the statement around it tells
    for (const PyBinding& binding : module.bindings) look_at_statement(module, index, binding, names);
    for (const PyJump& jump : module.jumps) look_at_statement(module, index, jump, names);
    for (const PyCall& outer : module.calls) {
      for (uint32_t a = outer.args.begin; a < outer.args.end; ++a) {
        if (module.args[a].value.kind == PyValue::Kind::kCall && module.args[a].value.call == index)
          look_at_call(module, outer, sides, names);
      }
    }
  }
  const std::set<Name> read = names;
  for (const PyBinding& binding : bindings_in(module, call.function)) {
    if (binding.function != call.function || !read.contains(binding.target)) continue;
    for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) names.insert(module.names[r]);
    sides.look(binding.value.text.view());
  }
  for (Name name : names) sides.look(name.view());
  return sides;
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      std::string_view target = call.target.empty() ? call.callee.view() : call.target.view();
      if (!is_agreement(target)) continue;
      if (!sides_at(module, c).both()) continue;
      if (module.is_notebook) {
        if (executed_cell(in.facts, call.span) != nullptr) {
          found.push_back(
              notebook_evidence(in, call.span, "offline and online measures are correlated in a notebook"));
        }
        continue;
      }
      Evidence evidence;
      evidence.place = call.span;
      evidence.what = "correlates an offline with an online measure";
      evidence.runs_at = in.graph.node_of_call(m, c);
      evidence.links.push_back({call.span, evidence.what});
      run_in_earnest(in, evidence);
      found.push_back(std::move(evidence));
    }
  }
  std::vector<RecordedResult> results =
      results_about(in, {"a b test", "ab test", "a b tests", "online experiment", "offline vs online",
                         "offline online", "offline and online"});
  if (!results.empty())
    found.push_back(evidence_of(results.front(), "an experiment's figures are written down"));
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule model_offline_online;
const Rule model_offline_online{
    .summary = "offline metrics are compared with what happens online",
    .why = "A model that wins offline and loses online was tuned to the wrong measure.",
    .fix =
        "Join offline evaluations with the online measure of the same models in a scheduled job and report "
        "the correlation.",
    .source = "Breck et al. 2017, table II, Model 2",
    .run = run,
};

}  // namespace mlgrade::rules
