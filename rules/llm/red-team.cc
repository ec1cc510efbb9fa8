// Attacks on the model are generated again and again, and something fails on what gets through.
#include <fmt/format.h>

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

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  std::vector<Evidence> found;
  const std::vector<LlmSuite> suites = llm_suites(in);
  std::vector<const Use*> uses = uses_of(in, "red-teams");
  for (const Use* use : uses_of(in, "evaluates-llm")) {  // a suite that makes attacks, run like any other
    const LlmSuite* suite = suite_of(in, suites, *use);
    const bool command = use->kind == Use::Kind::kCommand || use->kind == Use::Kind::kAction;
    if (command && suite != nullptr && suite->attacks) uses.push_back(use);
  }
  for (const Use* use : uses) {
    if (use->kind == Use::Kind::kFile) continue;
    if (is_notebook(in.facts, use->file)) {
      if (executed_cell(in.facts, use->span) != nullptr)
        found.push_back(notebook_evidence(in, use->span, "attacks are tried in a notebook"));
      continue;
    }
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} attacks the model", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.links.push_back({use->span, evidence.what});
    if (use->kind == Use::Kind::kCall) {
      const VerdictPath path = verdict_of_call(in, use->function.module, use->call, use->ability->fails);
      take_verdict(path, evidence);
      evidence.links.insert(evidence.links.end(), path.links.begin(), path.links.end());
    } else if (use->ability->fails == Fails::kReports) {
      evidence.effect = Effect::kSwallowed;
      evidence.effect_at = use->span;
      evidence.effect_why = "it writes a report, and nothing asserts on it";
    }
    found.push_back(std::move(evidence));
  }
  for (const RecordedResult& result : results_about(
           in, {"red team", "redteam", "red teaming", "garak", "pyrit", "jailbreak", "jailbreaks"})) {
    found.push_back(evidence_of(result, "the report of attacks on the model is kept"));
  }
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_red_team;
const Rule llm_red_team{
    .summary = "attacks on the model run on a schedule and fail on what gets through",
    .why = "The provider changes the model, and attackers change their words.",
    .fix = "Run a red team tool on a schedule with a bar on the share of attacks that get through.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (security), for hosted models",
    .run = run,
};

}  // namespace mlgrade::rules
