// A jump and a slow decline of a measure of the model are both told.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/model_metrics.h"

namespace mlgrade::rules {
namespace {

bool of_model(std::string_view series) {
  return is_quality_name(series) ||
         has_word(series, {"prediction", "predictions", "predicted", "score", "scores", "drift", "confidence",
                           "feedback", "calibration", "psi"});
}

bool contains(const AlertRule& alert, std::string_view text) {
  return alert.expression.find(text) != std::string::npos;
}

// Compared with what it was: `x < 0.9 * x offset 1w`.
bool tells_jump(const AlertRule& alert) { return contains(alert, " offset ") || contains(alert, "idelta("); }

// How it moves: a slope, or where it will be.
bool tells_trend(const AlertRule& alert) {
  return contains(alert, "deriv(") || contains(alert, "predict_linear(") ||
         contains(alert, "holt_winters(") || contains(alert, "double_exponential_smoothing(");
}

const AlertRule* alert_at(const RuleInput& in, Span place) {
  for (const AlertRule& alert : in.facts.alerts) {
    if (alert.span == place) return &alert;
  }
  return nullptr;
}

// The evidence of the kind that is worth most; null if there is none.
const Evidence* best_of(const RuleInput& in, const std::vector<Evidence>& all,
                        bool (*kind)(const AlertRule&)) {
  const Evidence* best = nullptr;
  for (const Evidence& evidence : all) {
    const AlertRule* alert = alert_at(in, evidence.place);
    if (alert == nullptr || !kind(*alert) || !evidence.defeat.empty()) continue;
    if (best == nullptr || evidence.worth > best->worth) best = &evidence;
  }
  return best;
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<Evidence> all = alert_evidence(in, of_model, "tells how the model does");
  const Evidence* jump = best_of(in, all, tells_jump);
  const Evidence* trend = best_of(in, all, tells_trend);
  if (jump == nullptr && trend == nullptr) return;
  Evidence evidence = jump != nullptr ? *jump : *trend;
  if (jump == nullptr || trend == nullptr) {
    evidence.worth = 0.5;
    evidence.worth_why = jump == nullptr ? "no alert tells a jump" : "no alert tells a slow decline";
  } else {
    evidence.what = "a jump and a slow decline are both told";
    evidence.links.insert(evidence.links.end(), trend->links.begin(), trend->links.end());
    if (trend->worth < evidence.worth) {
      evidence.worth = trend->worth;
      evidence.worth_why = trend->worth_why;
    }
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule production_decline_alerts;
const Rule production_decline_alerts{
    .summary = "a jump and a slow decline of a measure of the model are both told",
    .why = "A jump shows on the day; a decline of a tenth of a percent a week shows in a year.",
    .fix = "Alert on the measure against last week (`offset 1w`) and on its slope over a month (`deriv`).",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (monitoring)",
    .run = run,
};

}  // namespace mlgrade::rules
