// Traces of real use become cases of the evaluation, and people look at them.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// A file of cases that the program writes: jsonl, csv or yaml.
bool writes_cases(const RuleInput& in, const AbilityMap& abilities, NodeId node, Span& at) {
  const AbleAt* kept = abilities.first(node, "versions-data");
  if (kept == nullptr) kept = abilities.first(node, "writes-data");
  if (kept != nullptr) at = kept->span;
  if (kept != nullptr) return true;
  for (NodeId n : in.graph.closure(node)) {
    const Node& owner = in.graph.nodes[n];
    if (owner.kind != NodeKind::kFunction && owner.kind != NodeKind::kMain) continue;
    const PythonModule& module = in.facts.python[owner.owner];
    for (const PyCall& call : module.calls) {
      const bool here =
          owner.kind == NodeKind::kFunction ? call.function == owner.index : call.function == kNone;
      if (here && (call.method == "write_text" || call.target == "json.dump" || call.method == "writerow")) {
        at = call.span;
        return true;
      }
    }
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const bool reviewed = !product_uses(in, "queues-review").empty();
  std::vector<Evidence> found;
  for (const Use* use : product_uses(in, "exports-traces")) {
    const NodeId node = node_of(in, *use);
    if (use->kind != Use::Kind::kCall || node == kNone || is_notebook(in.facts, use->file)) continue;
    Evidence evidence;
    for (NodeId start : in.graph.callers(node)) {
      const NodeKind kind = in.graph.nodes[start].kind;
      const bool code = kind == NodeKind::kFunction || kind == NodeKind::kMain || kind == NodeKind::kModule;
      Span at;
      const bool better =
          evidence.runs_at == kNone || in.graph.reached_by(start) > in.graph.reached_by(evidence.runs_at);
      if (!code || !better || !writes_cases(in, abilities, start, at)) continue;
      evidence.links = {{use->span, "traces are read back"}, {at, "and kept as cases"}};
      evidence.runs_at = start;
    }
    if (evidence.runs_at == kNone) continue;
    evidence.place = use->span;
    evidence.what = "traces of real use become cases";
    if (!reviewed) {
      evidence.worth = 0.5;
      evidence.worth_why = "nobody is shown to look at them before they become cases";
    }
    // A script that a person runs is there, and half a point by the item's own words.
    if (in.graph.reached_by(evidence.runs_at) == Reach::By::kNothing) {
      evidence.mode = EvidenceMode::kStanding;
      evidence.worth = 0.5;
      evidence.worth_why = "no schedule runs it";
    }
    found.push_back(std::move(evidence));
  }
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_trace_dataset;
const Rule llm_trace_dataset{
    .summary = "traces of real use become cases of the evaluation",
    .why = "Users ask what nobody thought of; tomorrow's prompt should be tried on it.",
    .fix = "Export traces on a schedule, let people review them, and add them to the cases that CI asks.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (from production to regression test)",
    .run = run,
};

}  // namespace mlgrade::rules
