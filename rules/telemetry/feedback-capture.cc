// Feedback and labels come back.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  for (const Use* use : product_uses(in, "serves-route")) {
    if (use->kind != Use::Kind::kDecorator || use->function.index == kNone || use->call == kNone) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const IndexRange args = module.calls[use->call].args;
    if (args.empty() || !has_word(module.args[args.begin].value.text.view(),
                                  {"feedback", "labels", "label", "ground", "rating", "outcome"}))
      continue;
    const PyFunction* function = in.facts.function(use->function);
    if (function == nullptr || function->is_stub || function->statements < 2) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = use->span;
    evidence.what = "a route takes feedback";
    evidence.worth = 0.5;
    evidence.worth_why = "no schedule joins it with the predictions";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule telemetry_feedback_capture;
const Rule telemetry_feedback_capture{
    .summary = "feedback or labels are taken in",
    .why = "Whether a prediction was right is known later, if somebody asks.",
    .fix = "Offer a way to send feedback with the id of the prediction, keep it, and join it on a schedule.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .run = run,
};

}  // namespace mlgrade::rules
