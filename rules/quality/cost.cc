// What answers and machines cost is counted, and somebody hears when it is too much.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/results.h"
#include "rules/support/standing.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_cost(std::string_view name) {
  return has_word(name, {"cost", "costs", "spend", "usd", "eur", "dollars", "cents"}) ||
         (has_word(name, {"tokens", "token"}) &&
          has_word(name,
                   {"total", "used", "usage", "prompt", "completion", "count", "input", "output", "llm"}));
}

// `log_event("answered", input_tokens=usage["inputTokens"])`: each answer's log line says what it took.
void add_logged(const RuleInput& in, std::vector<Evidence>& out) {
  for (const PythonModule& module : in.facts.python) {
    if (module.is_notebook || is_sample(in.facts, module.file) || is_test_code(in.facts, module.file))
      continue;
    for (const PyCall& call : module.calls) {
      if (!has_word(call.callee.view(), {"log", "logger", "logging", "event", "emit", "track", "structlog"}))
        continue;
      const auto told = std::any_of(
          module.args.begin() + call.args.begin, module.args.begin() + call.args.end, [](const PyArg& arg) {
            const bool computed =
                arg.value.kind != PyValue::Kind::kNumber && arg.value.kind != PyValue::Kind::kNone;
            return computed && is_cost(arg.keyword.view());
          });
      if (!told) continue;
      out.push_back(
          standing_half(call.span, "a log tells what each answer took", "no alert and no budget bounds it"));
      return;
    }
  }
}

// Measured in code: a metric, a line of a log, or what a library counts.
void add_counts(const RuleInput& in, std::vector<Evidence>& out) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    const bool counted = is_cost(metric.name.view()) && !metric.set_in.empty();
    if (!counted || is_sample(in.facts, metric.span.file) || is_test_code(in.facts, metric.span.file))
      continue;
    out.push_back(standing_half(metric.span, fmt::format("the metric {} counts costs", metric.name.view()),
                                "no alert and no budget bounds it"));
    break;
  }
  for (const Use* use : product_uses(in, "counts-tokens")) {
    if (is_notebook(in.facts, use->file) || use->kind != Use::Kind::kCall) continue;
    const PyCall* call = call_of(in, *use);
    const bool counts = call->use != PyCall::Use::kDiscarded;
    if (!counts) continue;
    out.push_back(standing_half(use->span, fmt::format("{} counts tokens", name_of(in, *use)),
                                "no alert and no budget bounds it"));
    break;
  }
  for (const Use* use : product_uses(in, "tracks-experiments")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
      const PyValue& value = module.args[a].value;
      bool cost = value.kind == PyValue::Kind::kString && is_cost(value.text.view());
      for (uint32_t e = value.elements().begin;
           value.kind == PyValue::Kind::kDict && e < value.elements().end; e += 2)
        cost |= is_cost(module.values[e].text.view());
      if (!cost) continue;
      out.push_back(
          standing_half(use->span, "each run writes down what it costs", "no alert and no budget bounds it"));
      return;
    }
  }
}

bool tells_somebody(const ConfigDocument& document) {
  return std::any_of(document.keys.begin(), document.keys.end(), [](const ConfigKey& key) {
    const std::string_view path = key.path.view();
    return path.find("budget") != std::string_view::npos &&
           (path.find("notification") != std::string_view::npos ||
            path.find("threshold") != std::string_view::npos);
  });
}

// The bill of a whole account says nothing of one answer.
void cap_uncounted(bool counted, Evidence& budget) {
  if (counted || budget.worth < 1) return;
  budget.worth = 0.5;
  budget.worth_why = "nothing measures what an answer costs";
}

// A budget as code tells somebody by itself, once it is applied. `counted`: code measures what answers cost;
// a gateway with a `max_budget` does so itself.
void add_budgets(const RuleInput& in, bool counted, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      const bool budget = path.find("aws_budgets_budget.") != std::string_view::npos ||
                          path.find("google_billing_budget.") != std::string_view::npos ||
                          path.find("azurerm_consumption_budget") != std::string_view::npos ||
                          path.ends_with(".max_budget") || path == "max_budget";
      if (!budget) continue;
      Evidence evidence;
      evidence.place = key.span;
      evidence.what = "a budget is set as code";
      evidence.runs_at = node_of_manifest(in, document.file);
      const bool account = path.find("max_budget") == std::string_view::npos;
      if (account && !tells_somebody(document)) {
        evidence.worth = 0.5;
        evidence.worth_why = "nobody is told when it is passed";
      }
      cap_uncounted(counted || !account, evidence);
      evidence.links.push_back({key.span, evidence.what});
      stand_if_unapplied(in, evidence);
      out.push_back(std::move(evidence));
      break;
    }
  }
  for (const Resource& budget : cloudformation(in.facts, "AWS::Budgets::Budget")) {
    Evidence evidence;
    evidence.place = Span{budget.document->file, budget.node->line, 1, budget.node->line};
    evidence.what = "a budget is set as code";
    evidence.runs_at = node_of_manifest(in, budget.document->file);
    const DataNode* properties = budget.node->find("Properties");
    if (properties == nullptr || properties->find("NotificationsWithSubscribers") == nullptr) {
      evidence.worth = 0.5;
      evidence.worth_why = "nobody is told when it is passed";
    }
    cap_uncounted(counted, evidence);
    stand_if_unapplied(in, evidence);
    out.push_back(std::move(evidence));
  }
}

void add_comparisons(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "bounds-cost")) {
    if (use->kind != Use::Kind::kCommand && use->kind != Use::Kind::kAction) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} compares costs", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    evidence.links.push_back({use->span, evidence.what});
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found = alert_evidence(in, is_cost, "alert on costs");
  add_comparisons(in, found);
  std::vector<Evidence> counts;
  add_counts(in, counts);
  add_logged(in, counts);
  add_budgets(in, !counts.empty(), found);
  std::move(counts.begin(), counts.end(), std::back_inserter(found));
  for (const RecordedResult& result : results_about(
           in, {"cost per prediction", "cost per request", "cost per query", "cost estimate",
                "cost estimates", "inference cost", "operating cost", "operating costs", "cost analysis"})) {
    found.push_back(evidence_of(result, "an estimate of costs is kept"));
  }
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_cost;
const Rule quality_cost{
    .summary = "costs of predictions are measured and bounded",
    .why = "A model that is a little better and ten times dearer is found out by the bill.",
    .fix = "Count what each answer costs as a metric, and alert on a budget.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: operating cost)",
    .run = run,
};

}  // namespace mlgrade::rules
