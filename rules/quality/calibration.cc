// Confidences and intervals are held to what really happened.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/measures.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_calibration(std::string_view name) {
  return has_word(name, {"ece", "brier", "miscalibration"}) ||
         (has_word(name, {"calibration"}) && has_word(name, {"error", "gap", "score", "loss"})) ||
         (has_word(name, {"coverage"}) &&
          has_word(name, {"interval", "intervals", "empirical", "conformal", "prediction"}));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  for (const Use* use : uses_of(in, "measures-calibration")) {
    add_measured(in, *use, fmt::format("{} measures calibration", name_of(in, *use)),
                 "no bar on the error of calibration", found);
  }
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const EarnestTests earnest(in, abilities);
  // A test of the measure itself, with figures of its own, says nothing of a model.
  const auto of_model = [&](uint32_t test) {
    const NodeId node = in.graph.node_of_test(test);
    const bool asks = abilities.can(node, "predicts") || abilities.can(node, "loads-model");
    return asks && earnest.in_earnest(test);
  };
  add_bars(in, {is_calibration, {}, false, of_model}, "calibration is held to a bar", found);
  for (const Use* use : product_uses(in, "calibrates")) {
    if (is_notebook(in.facts, use->file) || use->kind != Use::Kind::kCall) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} puts confidences right", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.worth = 0.5;
    evidence.worth_why = "nothing measures whether it did";
    evidence.links.push_back({use->span, evidence.what});
    run_in_earnest(in, evidence);
    found.push_back(std::move(evidence));
    break;
  }
  for (const RecordedResult& result :
       results_about(in, {"calibration", "reliability diagram", "uncertainty", "brier"})) {
    found.push_back(evidence_of(result, "a plot or figure of calibration is kept"));
  }
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_calibration;
const Rule quality_calibration{
    .summary = "confidences and intervals are held to what happened",
    .why = "Who decides by 90 % must be wrong once in ten times, not four times.",
    .fix = "Compute the calibration error or the coverage of intervals on held-out rows and fail over a bar.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: uncertainty)",
    .run = run,
};

}  // namespace mlgrade::rules
