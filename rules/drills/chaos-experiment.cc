// Faults are brought about in a running system, with an expectation of what must hold meanwhile.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/chaos_runs.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 5;

// What has to hold meanwhile is a measure of the model, not only that something answers.
bool holds_model(const ConfigDocument& document) {
  return std::any_of(document.keys.begin(), document.keys.end(), [](const ConfigKey& key) {
    return key.path.view().starts_with("steady-state-hypothesis") &&
           has_word(key.value, {"accuracy", "prediction", "predictions", "drift", "score", "model", "auc",
                                "precision", "recall"});
  });
}

void add_experiments(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const std::string_view group = document.root.get("apiVersion");
    const bool mesh = group.starts_with("chaos-mesh.org/");
    const bool litmus = group.starts_with("litmuschaos.io/");
    const bool toolkit =
        document.root.find("steady-state-hypothesis") != nullptr && document.root.find("method") != nullptr;
    if (!mesh && !litmus && !toolkit) continue;
    const uint32_t line = document.root.line == 0 ? 1 : document.root.line;
    Evidence evidence;
    evidence.place = Span{document.file, line, 1, line};
    evidence.what = fmt::format("an experiment that breaks something: {}",
                                mesh || litmus ? document.root.get("kind") : "a hypothesis and a method");
    evidence.runs_at = node_of_manifest(in, document.file);
    if (toolkit && in.graph.reached_by(evidence.runs_at) == Reach::By::kNothing) {
      if (const NodeId run = chaos_run_of(in, document.file); run != kNone) evidence.runs_at = run;
    }
    if (mesh && document.root.get("kind") == "Schedule" && find_key(document, "spec.type") == nullptr) {
      evidence.defeat = "the schedule names no kind of fault (spec.type), so nothing happens";
      evidence.defeat_at = evidence.place;
    } else if (!toolkit) {
      evidence.worth = 0.5;
      evidence.worth_why = "nothing says what must hold meanwhile";
    } else if (!holds_model(document)) {
      evidence.worth = 0.5;
      evidence.worth_why = "what has to hold is no measure of the model";
    }
    out.push_back(std::move(evidence));
  }
}

void add_commands(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "injects-faults")) {
    if (use->kind != Use::Kind::kCommand && use->kind != Use::Kind::kAction) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = "breaks something in a running system";
    evidence.runs_at = node_of(in, *use);
    evidence.worth = 0.5;
    evidence.worth_why = "nothing says what must hold meanwhile";
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  add_experiments(in, found);
  add_commands(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule drills_chaos_experiment;
const Rule drills_chaos_experiment{
    .summary = "faults are brought about in the running system",
    .why = "Only a fault that really happens shows whether the watching works.",
    .fix =
        "Schedule an experiment with a steady state to hold, on a measure of the model, and let a deployment "
        "apply it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (chaos experiments)",
    .run = run,
};

}  // namespace mlgrade::rules
