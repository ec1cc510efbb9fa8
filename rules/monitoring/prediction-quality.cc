// The quality of what the model predicts in production is measured: against late labels, by a proxy, or by
// estimation.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/joins.h"
#include "rules/support/model_metrics.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_quality_series(std::string_view series) {
  return is_quality_name(series) ||
         has_word(series, {"bias", "feedback", "calibration", "drifted", "negative"});
}

bool is_production(std::string_view name) {
  return has_word(name, {"online", "production", "prod", "live", "served", "delayed", "feedback",
                         "monitoring", "monitor"});
}

// The alert fires when a series is gone: that no feedback comes says nothing of how good the answers are.
bool tells_of_silence(const RuleInput& in, Span place) {
  return std::any_of(in.facts.alerts.begin(), in.facts.alerts.end(), [&](const AlertRule& alert) {
    return alert.span == place && alert.expression.find("absent") != std::string::npos;
  });
}

bool reads_test_set(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
      if (has_word(module.names[r].view(), {"test", "val", "valid", "validation", "holdout", "train"}))
        return true;
    }
  }
  return false;
}

// All that call the function hand it rows of training or test sets: what it says is no news of production.
bool offline_only(const RuleInput& in, PyRef function) {
  bool called = false;
  if (!function.valid() || function.index == kNone) return false;
  for (const PythonModule& module : in.facts.python) {
    for (const PyCall& call : module.calls) {
      if (call.function_ref != function || is_test_code(in.facts, module.file)) continue;
      called = true;
      if (!reads_test_set(module, call)) return false;
    }
  }
  return called;
}

void add_tools(const RuleInput& in, std::vector<Evidence>& out) {
  for (std::string_view capability : {"estimates-performance", "monitors-quality"}) {
    for (const Use* use : product_uses(in, capability)) {
      NodeId node = node_of(in, *use);
      if (node == kNone) continue;
      Evidence evidence;
      evidence.place = use->span;
      evidence.what = fmt::format("{} watches the quality of predictions", name_of(in, *use));
      evidence.runs_at = node;
      evidence.links.push_back({use->span, evidence.what});
      UseEffect effect = effect_of(*use, in.facts);
      evidence.effect = effect.effect;
      evidence.effect_at = effect.at;
      evidence.effect_why = effect.why;
      const PyCall* call = call_of(in, *use);
      if (is_notebook(in.facts, use->file)) continue;
      if (call != nullptr && offline_only(in, {use->function.module, call->function})) {
        evidence.defeat = "it is given the sets of the training, no rows that were served";
        evidence.remedy = "Give it the predictions of the service, with the labels that came later.";
        evidence.defeat_at = use->span;
      }
      run_in_earnest(in, evidence);
      out.push_back(std::move(evidence));
    }
  }
}

bool is_average(const PyCall& call) {
  return call.target.view().starts_with("numpy.") || call.method == "mean" || call.method == "sum" ||
         call.method == "median";
}

// A measure that is worked out by hand: `rmse = np.sqrt(np.mean(errors ** 2))`, `{"mae": float(err.mean())}`.
bool measures_by_hand(const PythonModule& module, uint32_t f) {
  const bool bound = std::ranges::any_of(bindings_in(module, f), [&](const PyBinding& b) {
    const bool here =
        b.function == f && b.value.kind == PyValue::Kind::kCall && b.value.call < module.calls.size();
    return here && is_quality_name(b.target.view()) && is_average(module.calls[b.value.call]);
  });
  if (bound) return true;
  const bool averages = std::ranges::any_of(
      calls_in(module, f), [&](const PyCall& call) { return call.function == f && is_average(call); });
  if (!averages) return false;
  const auto names_measure = [&](const PyValue& dict) {
    const IndexRange elements = dict.kind == PyValue::Kind::kDict ? dict.elements() : IndexRange{};
    for (uint32_t e = elements.begin; e + 1 < elements.end; e += 2) {
      const PyValue& key = module.values[e];
      const bool computed = module.values[e + 1].kind == PyValue::Kind::kCall;
      if (key.kind == PyValue::Kind::kString && computed && is_quality_name(key.text.view())) return true;
    }
    return false;
  };
  return std::ranges::any_of(
             jumps_in(module, f),
             [&](const PyJump& jump) { return jump.function == f && names_measure(jump.value); }) ||
         std::ranges::any_of(bindings_in(module, f), [&](const PyBinding& binding) {
           return binding.function == f && names_measure(binding.value);
         });
}

// What a function does for the quality of served rows, by itself or with what it calls.
struct Part {
  bool joins = false, measures = false, offline = false, bar = false;
  bool whole() const { return joins && measures; }
};

Part part_of(const RuleInput& in, const QualityCalls& quality, uint32_t m, uint32_t f) {
  const PythonModule& module = in.facts.python[m];
  Part part;
  for (uint32_t c : indices(module.body(f).calls)) {
    if (module.calls[c].function != f) continue;
    part.joins |= joins_tables(module, module.calls[c]);
    if (!quality.is_metric(m, c)) continue;
    part.measures = true;
    part.offline |= reads_test_set(module, module.calls[c]);
  }
  part.measures |= measures_by_hand(module, f);
  for (const QualityBar& bar : quality_bars(in, quality, m, f)) part.bar |= bar.fails && !bar.vacuous;
  return part;
}

// Parts of all functions that speak of production, by node.
std::map<NodeId, Part> production_parts(const RuleInput& in, const QualityCalls& quality) {
  std::map<NodeId, Part> parts;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    const bool about = is_production(in.facts.path(module.file));
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      if (about || is_production(module.functions[f].qualname.view()))
        parts[in.graph.node_of_function({m, f})] = part_of(in, quality, m, f);
    }
  }
  return parts;
}

void add_measure(const RuleInput& in, NodeId node, const Part& part, std::vector<Evidence>& out) {
  const Node& n = in.graph.nodes[node];
  const PyFunction& function = in.facts.python[n.owner].functions[n.index];
  Evidence evidence;
  evidence.place = function.span;
  evidence.what = fmt::format("{} measures quality on served rows", function.qualname.view());
  evidence.runs_at = node;
  evidence.links.push_back({function.span, evidence.what});
  if (!part.joins || !part.bar) {
    evidence.worth = 0.5;
    evidence.worth_why = part.joins ? "no bar or alert on it" : "no labels are joined with the predictions";
  }
  run_in_earnest(in, evidence);
  out.push_back(std::move(evidence));
}

// A job that joins predictions with labels and computes a measure of quality on them, alone or with the
// functions that it calls.
void add_label_joins(const RuleInput& in, const QualityCalls& quality, std::vector<Evidence>& out) {
  const std::map<NodeId, Part> parts = production_parts(in, quality);
  std::map<NodeId, Part> together;
  for (const auto& [node, own] : parts) {
    Part all = own;
    for (NodeId n : own.whole() ? std::vector<NodeId>{} : work_of(in, node)) {
      const auto called = parts.find(n);
      if (called == parts.end()) continue;
      all.joins |= called->second.joins;
      all.measures |= called->second.measures;
      all.bar |= called->second.bar;
    }
    together[node] = all;
  }
  for (const auto& [node, own] : parts) {
    const Part& all = together[node];
    // The test set of training under another name is no production.
    const bool alone = own.measures && (own.joins || !own.offline);
    const std::vector<NodeId> work = all.whole() && !own.whole() ? work_of(in, node) : std::vector<NodeId>{};
    const bool first = all.whole() && std::none_of(work.begin(), work.end(), [&](NodeId n) {
                         const auto inner = together.find(n);
                         return n != node && inner != together.end() && inner->second.whole();
                       });
    if (first) {
      add_measure(in, node, all, out);
    } else if (alone && !all.whole()) {
      add_measure(in, node, own, out);
    }
  }
}

// Reports that a tool for it wrote, kept beside the code that asks it.
void add_reports(const RuleInput& in, std::vector<Evidence>& out) {
  const bool watched = std::any_of(out.begin(), out.end(), [](const Evidence& one) {
    return one.defeat.empty() && one.what.ends_with("watches the quality of predictions");
  });
  if (!watched) return;
  for (const RecordedResult& result :
       results_about(in, {"model performance", "classification performance", "regression performance"})) {
    const std::string_view path = in.facts.path(result.place.file);
    if (path.ends_with(".html") || path.ends_with(".json"))
      out.push_back(evidence_of(result, "a report on the quality of predictions is kept"));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  QualityCalls quality(in);
  std::vector<Evidence> found =
      alert_evidence(in, is_quality_series, "alert on the quality of predictions", SetOnce::kVoid);
  std::erase_if(found, [&](const Evidence& evidence) { return tells_of_silence(in, evidence.place); });
  add_tools(in, found);
  add_reports(in, found);
  add_label_joins(in, quality, found);
  std::vector<RecordedResult> results =
      results_about(in, {"production evaluation", "online evaluation", "production quality",
                         "online accuracy", "production accuracy"});
  for (const RecordedResult& result : results)
    found.push_back(evidence_of(result, "an evaluation on served rows is kept"));
  keep_best(in, found, 15);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule monitoring_prediction_quality;
const Rule monitoring_prediction_quality{
    .summary = "the quality of predictions in production is watched",
    .why = "The test set was drawn in the past; only labels from production say how good the model is now.",
    .fix =
        "Join late labels with the logged predictions in a scheduled job, compute the metric, and alert "
        "below a bar.",
    .source = "Breck et al. 2017, table IV, Monitor 7",
    .run = run,
};

}  // namespace mlgrade::rules
