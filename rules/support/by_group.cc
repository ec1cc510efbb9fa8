// A grouping counts when a metric is computed inside it; a bar inside it, or on what it gives, makes it
// whole.
#include "rules/support/by_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "analyzer/base/dotted.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/answers.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/followed.h"
#include "rules/support/model_metrics.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade {
namespace {

constexpr size_t kMost = 15;

bool names_people(std::string_view name) {
  return has_word(name, {"gender", "genders", "sex", "race", "races", "ethnicity", "ethnicities", "age",
                         "religion", "nationality", "disability", "protected", "sensitive", "demographic",
                         "demographics", "dialect", "skin", "fairness"});
}

// A loop over groups, or groupby().apply(), with a metric in it.
struct Grouping {
  uint32_t module = kNone, function = kNone;
  uint32_t block = kNone;  // the loop's block; kNone for groupby().apply(metric)
  Span span;
  bool people = false;
};

// Rows are chosen by what the name holds: `frame[frame.region == region]`, `frame.query(f"... {region}")`.
bool selects_rows(const PythonModule& module, uint32_t function, Name name) {
  auto is = [&](const PyValue& value) { return value.kind == PyValue::Kind::kName && value.text == name; };
  for (const PyCondition& condition : conditions_in(module, function)) {
    if (condition.function != function || condition.kind != PyCondition::Kind::kFilter) continue;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      if (comparison.op == PyComparison::Op::kEqual && (is(comparison.left) || is(comparison.right)))
        return true;
    }
  }
  for (const PyBinding& binding : bindings_in(module, function)) {  // mask = frame.region == region
    if (binding.function != function) continue;
    for (uint32_t c = binding.comparisons.begin; c < binding.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      if (comparison.op == PyComparison::Op::kEqual && (is(comparison.left) || is(comparison.right)))
        return true;
    }
  }
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function || (call.method != "query" && call.method != "get_group")) continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module.args[a];
      for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
        if (module.names[r] == name) return true;
      }
    }
  }
  return false;
}

bool iterates_groups(const PythonModule& module, const PyBinding& binding) {
  if (binding.kind != PyBinding::Kind::kFor) return false;
  if (selects_rows(module, binding.function, binding.target)) return true;
  for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) {
    Name method = module.calls[c].method;
    if (method == "groupby" || method == "unique" || method == "group_by") return true;
  }
  auto named = [](std::string_view name) {
    return has_word(name, {"slice", "slices", "segment", "segments", "group", "groups", "cohort", "cohorts",
                           "subgroup", "subgroups"});
  };
  if (named(binding.target.view())) return true;
  for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
    if (named(module.names[r].view())) return true;
  }
  return false;
}

bool speaks_of_people(const PythonModule& module, const PyBinding& binding) {
  if (names_people(binding.target.view())) return true;
  for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
    if (names_people(module.names[r].view())) return true;
  }
  for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) {
    const PyCall& call = module.calls[c];
    if (names_people(call.callee.view())) return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (names_people(module.args[a].value.text.view())) return true;
    }
  }
  return false;
}

// The loop's block: the first one below the binding's that begins on its line.
uint32_t loop_block(const PythonModule& module, const PyBinding& binding) {
  for (uint32_t b : indices(module.body(binding.function).blocks)) {
    const PyBlock& block = module.blocks[b];
    bool here = block.span.line >= binding.span.line && block.span.line <= binding.span.line + 1;
    if (block.kind == PyBlock::Kind::kLoop && block.function == binding.function && here) return b;
  }
  return kNone;
}

// Tests that run once for each slice: a parameter of pytest.mark.parametrize chooses the rows.
void add_parametrized(const RuleInput& in, const QualityCalls& quality, std::vector<Grouping>& found) {
  for (const TestCase& test : in.facts.tests) {
    const PyFunction* function = in.facts.function(test.function);
    if (function == nullptr || test.parametrized < 2) continue;
    const PythonModule& module = in.facts.python[test.function.module];
    const uint32_t f = test.function.index;
    bool measured = false;
    for (uint32_t c : indices(module.body(f).calls))
      measured |= quality.is_metric(test.function.module, c) && module.calls[c].function == f;
    if (!measured) continue;
    for (const PyParam& param : function->params) {
      if (!selects_rows(module, f, param.name)) continue;
      found.push_back({test.function.module, f, function->block, function->span,
                       names_people(param.name.view()) || names_people(function->name.view())});
      break;
    }
  }
}

// A name for parts of the data that are no groups of it: how rows were split, or what is tried on them.
bool names_no_group(std::string_view name) {
  return has_word(name,
                  {"split", "splits",  "fold",       "folds",      "train",     "training", "test",   "val",
                   "valid", "dev",     "holdout",    "validation", "partition", "phase",    "stage",  "model",
                   "run",   "trial",   "seed",       "threshold",  "label",     "class",    "target", "epoch",
                   "step",  "version", "experiment", "metric",     "idx",       "index",    "sample"});
}

// The function keeps the rows that its parameter names: `rows[rows.city == city]`, a mask of the same, or
// `rows[rows.user.isin(users)]`.
bool keeps_rows(const PythonModule& module, uint32_t function, Name param) {
  const auto is_param = [&](const PyValue& value) {
    return value.kind == PyValue::Kind::kName && value.text == param;
  };
  const auto is_column = [](const PyValue& value) {
    return value.kind == PyValue::Kind::kSubscript ||
           (value.kind == PyValue::Kind::kName && value.text.view().find('.') != std::string_view::npos);
  };
  const auto picks = [&](IndexRange range) {
    return std::ranges::any_of(slice(module.comparisons, range), [&](const PyComparison& one) {
      return one.op == PyComparison::Op::kEqual &&
             ((is_column(one.left) && is_param(one.right)) || (is_param(one.left) && is_column(one.right)));
    });
  };
  const bool filters = std::ranges::any_of(conditions_in(module, function), [&](const PyCondition& c) {
    return c.function == function && c.kind == PyCondition::Kind::kFilter && picks(c.comparisons);
  });
  const bool masks = std::ranges::any_of(bindings_in(module, function), [&](const PyBinding& b) {
    return b.function == function && picks(b.comparisons);
  });
  return filters || masks || std::ranges::any_of(calls_in(module, function), [&](const PyCall& call) {
           return call.function == function && call.method == "isin" && call.args.size() == 1 &&
                  is_param(module.args[call.args.begin].value);
         });
}

// One function measures the rows that a parameter names, and is asked for several of them: one after the
// other, or in a loop.
bool asked_for_groups(const FactStore& facts, PyRef helper, uint32_t param) {
  std::set<std::pair<int, Name>> given;
  for (const PythonModule& module : facts.python) {
    for (const PyCall& call : module.calls) {
      if (call.function_ref != helper || is_sample(facts, module.file)) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyValue& value = module.args[a].value;
        if (parameter_of(facts, module, call, a) != param || value.text.empty()) continue;
        if (names_no_group(value.text.view())) return false;
        given.emplace(static_cast<int>(value.kind), value.text);
        const bool loop = std::ranges::any_of(bindings_in(module, call.function), [&](const PyBinding& b) {
          return b.kind == PyBinding::Kind::kFor && b.function == call.function && b.target == value.text;
        });
        if (loop && value.kind == PyValue::Kind::kName) return true;
      }
    }
  }
  return given.size() > 1;
}

void add_helpers(const RuleInput& in, const QualityCalls& quality, std::vector<Grouping>& found) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file)) continue;
    std::set<uint32_t> measuring;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      if (module.calls[c].function != kNone && quality.is_metric(m, c))
        measuring.insert(module.calls[c].function);
    }
    for (uint32_t f : measuring) {
      const PyFunction& function = module.functions[f];
      if (test_of(in.facts, {m, f}) != kNone) continue;
      for (uint32_t p = 0; p < function.params.size(); ++p) {
        const Name name = function.params[p].name;
        if (names_no_group(name.view()) || !keeps_rows(module, f, name)) continue;
        if (!asked_for_groups(in.facts, {m, f}, p)) continue;
        found.push_back({m, f, function.block, function.span, names_people(name.view())});
        break;
      }
    }
  }
}

std::vector<Grouping> find_groupings(const RuleInput& in, const QualityCalls& quality) {
  std::vector<Grouping> found;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file)) continue;
    for (const PyBinding& binding : module.bindings) {
      if (!iterates_groups(module, binding)) continue;
      uint32_t block = loop_block(module, binding);
      if (block == kNone) continue;
      bool measured = false;
      for (uint32_t c = 0; c < module.calls.size() && !measured; ++c) {
        measured = quality.is_metric(m, c) && block_inside(module, module.calls[c].block, block);
      }
      if (!measured) {  // measured before, and looked up here: `metrics[f"{segment}_rmse"] > bar`
        for (const QualityComparison& one : quality_comparisons(in, quality, m, binding.function))
          measured |= !one.vacuous && block_inside(module, one.block, block);
      }
      if (measured)
        found.push_back({m, binding.function, block, binding.span, speaks_of_people(module, binding)});
    }
    // groupby(...).apply(lambda g: metric(...)): the metric's call lies inside the argument.
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      bool applied = (call.method == "apply" || call.method == "agg") && call.receiver != kNone &&
                     module.calls[call.receiver].method == "groupby";
      if (!applied) continue;
      for (uint32_t inner : indices(module.body(call.function).calls)) {
        bool inside = quality.is_metric(m, inner) && module.calls[inner].function == call.function &&
                      module.calls[inner].span.line >= call.span.line &&
                      module.calls[inner].span.line <= std::max(call.span.line, call.span.end_line);
        if (!inside) continue;
        bool people = false;
        const PyCall& group = module.calls[call.receiver];
        for (uint32_t a = group.args.begin; a < group.args.end; ++a) {
          people |= names_people(module.args[a].value.text.view());
        }
        found.push_back({m, call.function, kNone, call.span, people});
        break;
      }
    }
  }
  add_parametrized(in, quality, found);
  add_helpers(in, quality, found);
  return found;
}

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
