// Checks that run and whose failure nobody hears of: lost on the way to the trigger, or in the code that
// asks.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/data_uses.h"
#include "rules/support/model_metrics.h"

namespace mlgrade::rules {
namespace {

// What loses failures, and the checks whose failure it loses.
struct Cause {
  std::string why;
  std::vector<const CheckStep*> steps;
  bool certain = true;
  bool published = true;  // the results of all of them are kept where others read them
};

std::string_view noun(const std::vector<const CheckStep*>& steps) {
  const auto all = [&](CheckStep::Kind kind) {
    return std::all_of(steps.begin(), steps.end(), [&](const CheckStep* s) { return s->kind == kind; });
  };
  return all(CheckStep::Kind::kTests) ? "test run" : all(CheckStep::Kind::kGate) ? "gate" : "check";
}

Severity severity_of(const Cause& cause) {
  const bool tool = std::all_of(cause.steps.begin(), cause.steps.end(),
                                [](const CheckStep* s) { return s->kind == CheckStep::Kind::kTool; });
  if (cause.published) return Severity::kLow;
  return tool ? Severity::kMedium : Severity::kHigh;
}

Finding finding_of(Span at, const Cause& cause) {
  Finding finding;
  finding.severity = severity_of(cause);
  finding.confidence = cause.certain ? Confidence::kHigh : Confidence::kMedium;
  const std::string who =
      cause.steps.size() == 1 ? cause.steps.front()->name : counted(cause.steps.size(), noun(cause.steps));
  finding.message = fmt::format("{} cannot fail the run: {}", who, cause.why);
  if (cause.published) finding.message += " (the result is published)";
  finding.places.push_back({at, cause.why});
  for (const CheckStep* step : cause.steps) {
    if (step->span.file != at.file || step->span.line != at.line)
      finding.places.push_back({step->span, fmt::format("the failure of {} is lost", step->name)});
  }
  return finding;
}

bool blocks(const RuleInput& in, NodeId node) {
  return in.graph.reached_by(node) == Reach::By::kAutomatic &&
         in.graph.reach(node).effect == Effect::kBlocking;
}

// The same check is made elsewhere, where its failure counts: this run is for the report.
bool fails_elsewhere(const RuleInput& in, const std::vector<CheckStep>& steps, const CheckStep& step) {
  if (step.kind == CheckStep::Kind::kTests) {
    const std::vector<uint32_t>& out = in.graph.out[step.node];
    return std::all_of(out.begin(), out.end(), [&](uint32_t e) {
      const Edge& edge = in.graph.edges[e];
      return edge.kind != EdgeKind::kCollects || edge.certain == Truth::kNo || blocks(in, edge.to);
    });
  }
  return step.kind == CheckStep::Kind::kTool &&
         std::any_of(steps.begin(), steps.end(), [&](const CheckStep& other) {
           const bool same = other.tool == step.tool && other.capability == step.capability;
           return other.node != step.node && same && blocks(in, other.node);
         });
}

void find_lost_steps(const RuleInput& in, RuleOutput& out) {
  const std::vector<CheckStep>& steps = check_steps(in);
  std::map<std::pair<Span, std::string>, Cause> causes;
  for (const CheckStep& step : steps) {
    if (in.graph.reached_by(step.node) == Reach::By::kNothing) continue;
    const Reach reach = in.graph.reach(step.node);
    if (reach.effect != Effect::kSwallowed || fails_elsewhere(in, steps, step)) continue;
    const Span at = reach.defeated_at.valid() ? reach.defeated_at : step.span;
    Cause& cause = causes[{at, reach.defeated_why}];
    cause.why = reach.defeated_why.empty() ? "nothing acts on its exit code" : reach.defeated_why;
    cause.steps.push_back(&step);
    cause.certain &= reach.certain == Truth::kYes;
    cause.published &= reach.published;
  }
  for (const auto& [key, cause] : causes) out.findings.push_back(finding_of(key.first, cause));
}

// A call that judges data and whose verdict is dropped, or who judges data by themselves.
void find_lost_calls(const RuleInput& in, RuleOutput& out) {
  for (const Use* use : product_uses(in, "validates-data")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file) || is_other_business(in.facts.path(use->file)))
      continue;
    Finding finding;
    finding.severity = Severity::kHigh;
    const std::string name = fmt::format("`{}`", call->callee.view());
    if (const PyCall* inferred = inferred_from_same(in, use->function.module, use->call)) {
      finding.message = fmt::format("{} holds data to a schema that was inferred from the same data", name);
      finding.places = {{call->span, "cannot fail"}, {inferred->span, "infers the schema"}};
      out.findings.push_back(std::move(finding));
      continue;
    }
    const bool asks = use->ability->fails == Fails::kReturns || use->ability->fails == Fails::kRaises;
    const UseEffect effect = effect_of(*use, in.facts);
    if (!asks || effect.effect != Effect::kSwallowed) continue;
    finding.severity = Severity::kMedium;
    finding.confidence = Confidence::kMedium;
    finding.message = fmt::format("{} judges data and nothing fails: {}", name, effect.why);
    finding.places.push_back({effect.at, effect.why});
    if (effect.at.line != call->span.line) finding.places.push_back({call->span, "the check"});
    out.findings.push_back(std::move(finding));
  }
}

// Bars that every model clears.
void find_vacuous_bars(const RuleInput& in, RuleOutput& out) {
  const QualityCalls quality(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_sample(in.facts, module.file)) continue;
    for (uint32_t f = 0; f <= module.functions.size(); ++f) {
      const uint32_t function = f == module.functions.size() ? kNone : f;
      const bool decides = std::ranges::any_of(conditions_in(module, function), [&](const PyCondition& c) {
        return c.function == function && !c.comparisons.empty();
      });
      if (!decides) continue;
      for (const QualityBar& bar : quality_bars(in, quality, m, function)) {
        const bool idle = bar.vacuous || bar.against_itself;
        const IndexRange compared = module.conditions[bar.condition].comparisons;
        const bool range = compared.size() > 1;  // `0 <= score <= 1` asks whether it is a score
        if (!bar.fails || !idle || range || is_test_code(in.facts, module.file)) continue;
        Finding finding;
        finding.severity = Severity::kHigh;
        finding.confidence = Confidence::kMedium;
        finding.message = bar.vacuous ? "every model clears this bar" : "the model is compared with itself";
        finding.places.push_back({bar.span, finding.message});
        out.findings.push_back(std::move(finding));
      }
    }
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  find_lost_steps(in, out);
  find_lost_calls(in, out);
  find_vacuous_bars(in, out);
}

}  // namespace

extern const Rule automation_check_cannot_fail;
const Rule automation_check_cannot_fail{
    .kind = RuleKind::kFinding,
    .summary = "A check runs, and its failure is lost before anybody sees it",
    .why =
        "It costs the time of a check and gives the comfort of one, and the day it would speak it is silent.",
    .fix =
        "Take away what swallows the failure (`|| true`, continue-on-error, a pipe without pipefail, a "
        "script "
        "without `set -e`, an unread result), or delete the check.",
    .source = "Breck et al. 2017, section VI; Sculley et al. 2015, section 7",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
