// A model that grades answers is itself held to what people say.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/llm_suites.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

bool names_person(std::string_view name) {
  return has_word(name, {"human", "humans", "annotator", "annotators", "annotation", "annotations", "expert",
                         "experts", "reviewer", "reviewers", "rater", "raters", "gold", "labels", "label"});
}
bool names_judge(std::string_view name) {
  return has_word(name, {"judge", "judges", "judged", "judgement", "judgements", "judgment", "judgments",
                         "grader", "graded", "llm", "auto", "model"});
}

// The call compares what a judge says with what people say, by the names of what it is handed.
bool compares_judge(const PythonModule& module, const PyCall& call) {
  bool person = false;
  bool judge = false;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
      person |= names_person(module.names[r].view());
      judge |= names_judge(module.names[r].view());
    }
    const std::string_view text = arg.value.text.view();
    person |= names_person(text);
    judge |= names_judge(text);
  }
  return person && judge;
}

// The model that judges, as its constructor or the suite names it.
Pinning judge_pinning(const RuleInput& in) {
  Pinning all = Pinning::kUnknown;
  const auto note = [&](Pinning one) {
    if (one == Pinning::kFloating || all == Pinning::kUnknown) all = one;
  };
  for (const Use* use : uses_of(in, "judges-llm")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
      const PyArg& arg = module.args[a];
      if (arg.value.kind == PyValue::Kind::kString && (arg.keyword == "model" || arg.keyword == "judge"))
        note(pinning_of(arg.value.text.view()));
    }
  }
  for (const ModelId& id : model_ids(in)) {
    const PythonModule& module = in.facts.python[id.module];
    if (has_word(in.facts.path(module.file), {"judge", "grader", "eval", "evals", "evaluation"}))
      note(id.pinning);
  }
  return all;
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  std::vector<Evidence> found;
  const Pinning pinning = judge_pinning(in);
  for (const Use* use : uses_of(in, "measures-agreement")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || !compares_judge(in.facts.python[use->function.module], *call)) continue;
    if (is_notebook(in.facts, use->file)) {
      if (executed_cell(in.facts, use->span) != nullptr)
        found.push_back(notebook_evidence(in, use->span, "the judge is compared with people in a notebook"));
      continue;
    }
    const uint32_t test = test_of(in.facts, use->function);
    Evidence evidence;
    if (test != kNone) {
      evidence = test_evidence(in, test, "a test holds the judge's agreement with people to a bar",
                               {{use->span, "agreement of judge and people"}});
      const UseEffect effect = effect_of(*use, in.facts);
      evidence.effect = effect.effect;
      evidence.effect_at = effect.at;
      evidence.effect_why = effect.why;
    } else {
      evidence.place = use->span;
      evidence.what = fmt::format("{} compares the judge with people", name_of(in, *use));
      evidence.runs_at = node_of(in, *use);
      const VerdictPath path = verdict_of_call(in, use->function.module, use->call, Fails::kReturns);
      take_verdict(path, evidence);
      evidence.links.push_back({use->span, evidence.what});
      run_in_earnest(in, evidence);
    }
    if (pinning != Pinning::kPinned) {
      evidence.worth = 0.5;
      evidence.worth_why = pinning == Pinning::kFloating ? "the provider may exchange the judge at any time"
                                                         : "which model judges is not pinned";
    }
    found.push_back(std::move(evidence));
  }
  for (const RecordedResult& result :
       results_about(in, {"judge agreement", "judge validation", "human agreement", "judge vs human",
                          "inter annotator", "kappa", "human evaluation of the judge"})) {
    found.push_back(evidence_of(result, "figures of the judge's agreement with people are kept"));
  }
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_judge_agreement;
const Rule llm_judge_agreement{
    .summary = "a model that grades answers is compared with people",
    .why = "A judge that likes long answers makes every longer prompt look better.",
    .fix =
        "Let people grade a sample, compute the agreement with the judge in CI, and pin the judge's version.",
    .source = "Breck et al. 2017, table II, Model 2, for graded answers",
    .run = run,
};

}  // namespace mlgrade::rules
