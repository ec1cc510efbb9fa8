// A grouping counts when a metric is computed inside it; a bar inside it, or on what it gives, makes it
// whole.
#include "rules/support/by_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "analyzer/base/dotted.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/answers.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/groupings.h"
#include "rules/support/model_metrics.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade {
namespace {

constexpr size_t kMost = 15;

// A bar on the figures of groups, with the code that holds them to it.
struct GroupBar {
  uint32_t module = kNone, function = kNone;
  uint32_t block = kNone;
  Span span;
};

class Bars {
 public:
  Bars(const RuleInput& in, const QualityCalls& quality, const AbilityMap& abilities)
      : in_(in), quality_(quality), answers_(in, quality.passing()), earnest_(in, abilities) {}

  // Inside the loop, on the result in the same function, or in a caller of it. `is_source`: the call that
  // measures by group, if a tool does.
  bool find(const Grouping& grouping, const std::function<bool(uint32_t)>& is_source, GroupBar& at) const {
    if (grouping.block != kNone && in_loop(grouping, at)) return true;
    if (is_source && fails_on(grouping.module, grouping.function, is_source, at)) return true;
    if (grouping.function == kNone) return false;
    const PyRef self{grouping.module, grouping.function};
    for (uint32_t m = 0; m < in_.facts.python.size(); ++m) {
      const PythonModule& caller = in_.facts.python[m];
      auto calls_it = [&](uint32_t c) { return caller.calls[c].function_ref == self; };
      for (uint32_t c = 0; c < caller.calls.size(); ++c) {
        if (calls_it(c) && counts(m, caller.calls[c].function) &&
            fails_on(m, caller.calls[c].function, calls_it, at))
          return true;
      }
    }
    return false;
  }

  // A test shows something of a model's groups only where it judges a model in earnest.
  bool in_earnest(uint32_t test) const { return earnest_.in_earnest(test); }

 private:
  bool counts(uint32_t m, uint32_t function) const {
    const uint32_t test = test_of(in_.facts, {m, function});
    return test == kNone ? !is_test_code(in_.facts, in_.facts.python[m].file) : earnest_.in_earnest(test);
  }

  bool in_loop(const Grouping& grouping, GroupBar& at) const {
    const PythonModule& module = in_.facts.python[grouping.module];
    for (const QualityComparison& one :
         quality_comparisons(in_, quality_, grouping.module, grouping.function)) {
      if (one.vacuous || !block_inside(module, one.block, grouping.block)) continue;
      if (one.condition != kNone && condition_fails(module, one.condition)) {
        at = {grouping.module, grouping.function, module.conditions[one.condition].block, one.span};
        return true;
      }
      for (const AnswerEnd& end : answers_.ends(grouping.module, grouping.function, {one.comparison})) {
        if (end.condition == kNone || !decides(end)) continue;
        at = {end.module, end.function, in_.facts.python[end.module].conditions[end.condition].block,
              one.span};
        return true;
      }
    }
    return false;
  }

  // The answer fails something, or says whether the project's own code runs.
  bool decides(const AnswerEnd& end) const {
    const PythonModule& module = in_.facts.python[end.module];
    if (condition_fails(module, end.condition)) return true;
    return std::ranges::any_of(calls_in(module, end.function), [&](const PyCall& call) {
      if (call.function != end.function || !call.function_ref.valid()) return false;
      for (uint32_t b = call.block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent) {
        if (module.blocks[b].condition == end.condition) return true;
      }
      return false;
    });
  }

  // A figure of a group on one side, by value: not how many groups there are.
  bool is_figure(const PythonModule& module, const Carriers& carriers, const PyValue& value,
                 const std::function<bool(uint32_t)>& is_source) const {
    if (value.kind != PyValue::Kind::kCall) return carriers.carries(value);
    if (is_source(value.call)) return true;
    const PyCall& call = module.calls[value.call];
    if (has_word(call.method.view(),
                 {"len", "count", "keys", "size", "type", "isinstance", "hasattr", "str"}))
      return false;
    bool given = carriers.names.contains(Name(head_of(call.callee.view())));
    for (uint32_t a = call.args.begin; a < call.args.end && !given; ++a)
      given = carriers.carries(module.args[a].value) || carriers.carries(module, module.args[a].reads);
    return given;
  }

  // `if not result.passed`: a verdict of the tool's own.
  static bool is_verdict(const PyValue& value) {
    return has_word(value.text.view(), {"passed", "pass", "success", "ok", "fair", "failed", "failures",
                                        "violations", "violated", "breaches", "within", "acceptable"});
  }

  // A decision that can fail, made on the figures that `is_source` calls give: by their order, or by equality
  // with a number.
  bool fails_on(uint32_t m, uint32_t function, const std::function<bool(uint32_t)>& is_source,
                GroupBar& at) const {
    const PythonModule& module = in_.facts.python[m];
    const Carriers carriers = carriers_of(module, function, is_source);
    for (const Decision& decision : decisions_on(module, function, carriers, is_source)) {
      if (!decision.fails) continue;
      const PyCondition& condition = module.conditions[decision.condition];
      if (decision.comparison == kNone) {
        if (!is_verdict(condition.value)) continue;
      } else {
        const PyComparison& comparison = module.comparisons[decision.comparison];
        using Op = PyComparison::Op;
        const bool order = comparison.op == Op::kLess || comparison.op == Op::kLessEqual ||
                           comparison.op == Op::kGreater || comparison.op == Op::kGreaterEqual;
        double bar = 0;
        const bool number = compared_number(module, comparison, bar) != nullptr;
        const bool equality = comparison.op == Op::kEqual && number;
        const bool figure = is_figure(module, carriers, comparison.left, is_source) ||
                            is_figure(module, carriers, comparison.right, is_source);
        const bool share = number && bar == 1 && comparison.op == Op::kLessEqual;  // as every share is
        if ((!order && !equality) || (number && bar == 0) || share || !figure) continue;
      }
      at = {m, function, condition.block, condition.span};
      return true;
    }
    return false;
  }

  const RuleInput& in_;
  const QualityCalls& quality_;
  Answers answers_;
  EarnestTests earnest_;
};

// What runs the grouping: the bar's own code if there is a bar, else the place itself.
Evidence evidence_of(const RuleInput& in, const Bars& bars, const Grouping& grouping, NodeId node,
                     const std::function<bool(uint32_t)>& is_source, std::string what) {
  GroupBar bar;
  const bool held = bars.find(grouping, is_source, bar);
  const uint32_t home = test_of(in.facts, {grouping.module, grouping.function});
  const uint32_t judge = held ? test_of(in.facts, {bar.module, bar.function}) : home;
  Evidence evidence;
  if (judge != kNone) {
    evidence = test_evidence(in, judge, std::move(what), {{grouping.span, "by group"}});
  } else {
    evidence.place = grouping.span;
    evidence.what = std::move(what);
    evidence.runs_at = held ? in.graph.node_of_block(bar.module, bar.block) : node;
    evidence.links.push_back({grouping.span, "by group"});
  }
  if (held) {
    evidence.links.push_back({bar.span, "holds it to a bar"});
  } else {
    evidence.worth = 0.5;
    evidence.worth_why = "no bar for any group";
  }
  if (home != kNone && !bars.in_earnest(home)) {
    evidence.defeat = "the test judges no model of the project, only one made for the test";
    evidence.defeat_at = evidence.place;
  }
  Earnest earnest;  // figures that only a test sees are reported to nobody
  earnest.test = [&](uint32_t test) { return held && bars.in_earnest(test); };
  if (judge == kNone) run_in_earnest(in, evidence, earnest);
  return evidence;
}

}  // namespace

std::vector<Evidence> group_evidence(const RuleInput& in,
                                     std::initializer_list<std::string_view> capabilities, GroupKind kind) {
  const QualityCalls quality(in);
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const Bars bars(in, quality, abilities);
  std::vector<Evidence> out;
  for (std::string_view capability : capabilities) {
    for (const Use* use : uses_of(in, capability)) {
      NodeId node = node_of(in, *use);
      if (node == kNone) continue;
      std::string what = fmt::format("{} measures by group", name_of(in, *use));
      if (is_notebook(in.facts, use->file)) {
        if (executed_cell(in.facts, use->span) != nullptr)
          out.push_back(notebook_evidence(in, use->span, what));
        continue;
      }
      Grouping grouping{use->function.module, kNone, kNone, use->span, false};
      std::function<bool(uint32_t)> is_source;
      if (const PyCall* call = call_of(in, *use)) {
        grouping.function = call->function;
        is_source = [index = use->call](uint32_t c) { return c == index; };
      } else {
        grouping.function = use->function.index;
      }
      out.push_back(evidence_of(in, bars, grouping, node, is_source, std::move(what)));
    }
  }
  for (const Grouping& grouping : find_groupings(in, quality)) {
    if (kind == GroupKind::kPeople && !grouping.people) continue;
    const PythonModule& module = in.facts.python[grouping.module];
    if (module.is_notebook) {
      if (executed_cell(in.facts, grouping.span) != nullptr) {
        out.push_back(notebook_evidence(in, grouping.span, "a metric by group in a notebook"));
      }
      continue;
    }
    NodeId node = grouping.function != kNone ? in.graph.node_of_function({grouping.module, grouping.function})
                                             : in.graph.node_of_block(grouping.module, 0);
    out.push_back(evidence_of(in, bars, grouping, node, nullptr, "a metric is computed for each group"));
  }
  keep_best(in, out, kMost);
  return out;
}

}  // namespace mlgrade
