// How fast the model ages: quality measured against the age of the model or of its training data.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/model_metrics.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool speaks_of_age(std::string_view name) {
  static constexpr std::string_view kPhrases[] = {
      "staleness",      "stale model",     "stale models",      "model age",         "model decay",
      "temporal decay", "quality decay",   "metric decay",      "performance decay", "accuracy decay",
      "measure decay",  "rolling origin",  "backtest",          "backtests",         "backtesting",
      "walk forward",   "age vs quality",  "by model age",      "model aging",       "model ageing",
      "old models",     "retrain cadence", "retraining cadence"};
  return std::any_of(std::begin(kPhrases), std::end(kPhrases),
                     [&](std::string_view phrase) { return contains_phrase(name, phrase); });
}

bool speaks_of_time(std::string_view name) {
  return has_word(name,
                  {"age",     "ages",    "month",    "months",   "week",   "weeks",   "day",    "days",
                   "year",    "years",   "quarter",  "quarters", "cutoff", "cutoffs", "date",   "dates",
                   "period",  "periods", "fold",     "folds",    "window", "windows", "origin", "origins",
                   "horizon", "version", "versions", "splits",   "split"});
}

// A block of the loop that goes over times, ages or versions: the binding of its variable says so.
bool in_loop_over_time(const PythonModule& module, uint32_t block) {
  for (uint32_t b = block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent) {
    const PyBlock& here = module.blocks[b];
    if (here.kind == PyBlock::Kind::kFunction) return false;
    if (here.kind != PyBlock::Kind::kLoop) continue;
    for (const PyBinding& binding : bindings_in(module, here.function)) {
      const bool own = binding.kind == PyBinding::Kind::kFor && binding.function == here.function &&
                       binding.span.line <= here.span.line && binding.span.line + 1 >= here.span.line;
      if (!own) continue;
      if (speaks_of_time(binding.target.view())) return true;
      for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
        if (speaks_of_time(module.names[r].view())) return true;
      }
      for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) {
        if (speaks_of_time(module.calls[c].callee.view())) return true;
      }
    }
  }
  return false;
}

// Quality at several times: a measure in a loop over them, or a model that is fitted on what comes before a
// point in time and measured on what comes after. One figure on the latest rows says nothing of ageing.
bool measures_over_time(const RuleInput& in, const QualityCalls& quality, const AbilityMap& abilities,
                        uint32_t m, uint32_t f) {
  const PythonModule& module = in.facts.python[m];
  bool sorted = false;
  for (uint32_t c : indices(module.body(f).calls)) {
    const PyCall& call = module.calls[c];
    if (call.function != f) continue;
    bool measured = quality.is_metric(m, c);
    if (!measured && call.function_ref.valid())
      measured = abilities.can(in.graph.node_of_function(call.function_ref), "computes-metric");
    if (measured && in_loop_over_time(module, call.block)) return true;
    sorted |= call.method == "sort_values" || call.method == "sort_index" || call.method == "TimeSeriesSplit";
  }
  return sorted && abilities.can(in.graph.node_of_function({m, f}), "trains-model");
}

// Product functions that say by their name, or their module's, that they measure ageing, and that compute a
// metric.
void add_code(const RuleInput& in, const QualityCalls& quality, std::vector<Evidence>& out) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file)) continue;
    bool file = speaks_of_age(in.facts.path(module.file));
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      if (!file && !speaks_of_age(function.name.view())) continue;
      bool measured = false;
      for (uint32_t c = 0; c < module.calls.size() && !measured; ++c) {
        measured = module.calls[c].function == f && quality.is_metric(m, c);
      }
      Evidence evidence;
      evidence.place = function.span;
      evidence.what = fmt::format("{} measures how the model ages", function.name.view());
      evidence.runs_at = in.graph.node_of_function({m, f});
      if (function.is_stub) {
        evidence.defeat = "its body does nothing";
        evidence.defeat_at = function.span;
      } else if (!measured) {
        continue;
      } else if (!measures_over_time(in, quality, abilities, m, f)) {
        evidence.defeat = "it measures once, not by age or over time";
        evidence.defeat_at = function.span;
      }
      bool bar = false;
      for (const QualityBar& b : quality_bars(in, quality, m, f)) bar |= b.fails && !b.vacuous;
      if (!bar) {
        evidence.worth = 0.5;
        evidence.worth_why = "no bar on the age is drawn from it";
      }
      run_in_earnest(in, evidence);
      out.push_back(std::move(evidence));
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  QualityCalls quality(in);
  std::vector<Evidence> found;
  add_code(in, quality, found);
  for (const Use* use : product_uses(in, "measures-staleness")) {
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} measures how the model ages", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.worth = 0.5;
    evidence.worth_why = "no bar on the age is drawn from it";
    run_in_earnest(in, evidence);
    found.push_back(std::move(evidence));
  }
  std::vector<RecordedResult> results =
      results_about(in, {"staleness", "model age", "model decay", "performance decay", "quality decay",
                         "age vs quality", "model ageing", "model aging", "age of the model",
                         "retraining frequency", "rolling origin", "backtest by age"});
  if (!results.empty())
    found.push_back(evidence_of(results.front(), "how quality falls with age is written down"));
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule model_staleness_impact;
const Rule model_staleness_impact{
    .summary = "the effect of the model's age on its quality is measured",
    .why = "How often to retrain is a guess until somebody has measured what an old model costs.",
    .fix =
        "Evaluate last month's and last quarter's models on today's labels in a scheduled job, and set the "
        "age limit from it.",
    .source = "Breck et al. 2017, table II, Model 4",
    .run = run,
};

}  // namespace mlgrade::rules
