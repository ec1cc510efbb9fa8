// Loops over groups, functions that are asked for one group after the other, and means by group.
#include "rules/support/groupings.h"

#include <algorithm>
#include <set>
#include <utility>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/followed.h"
#include "rules/support/tests.h"

namespace mlgrade {
namespace {

bool names_people(std::string_view name) {
  return has_word(name, {"gender", "genders", "sex", "race", "races", "ethnicity", "ethnicities", "age",
                         "religion", "nationality", "disability", "protected", "sensitive", "demographic",
                         "demographics", "dialect", "skin", "fairness"});
}

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

// `error_by_hour = scored.groupby("hour")["error"].mean()`, in code that has to do with a model.
void add_means(const FactStore& facts, const QualityCalls& quality, uint32_t m,
               std::vector<Grouping>& found) {
  const PythonModule& module = facts.python[m];
  bool of_model = false;
  for (uint32_t c = 0; c < module.calls.size() && !of_model; ++c)
    of_model = quality.is_metric(m, c) || module.calls[c].method.view().starts_with("predict");
  if (!of_model) return;
  for (const PyBinding& binding : module.bindings) {
    if (binding.value.kind != PyValue::Kind::kCall || binding.value.call >= module.calls.size()) continue;
    const PyCall& mean = module.calls[binding.value.call];
    const bool averages = mean.method == "mean" || mean.method == "median" || mean.method == "agg";
    if (!averages || mean.receiver == kNone || module.calls[mean.receiver].method != "groupby") continue;
    const std::string_view name = binding.target.view();
    const bool measure = has_word(name, {"error", "errors", "err", "mae", "rmse", "mse", "mape", "accuracy",
                                         "acc", "recall", "precision", "f1", "auc", "residual", "residuals"});
    if (!measure || has_word(name, {"rate", "log", "logs", "http"})) continue;
    const PyCall& group = module.calls[mean.receiver];
    bool people = names_people(name);
    for (uint32_t a = group.args.begin; a < group.args.end; ++a)
      people |= names_people(module.args[a].value.text.view());
    found.push_back({m, binding.function, kNone, binding.span, people});
  }
}

}  // namespace

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
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    if (!is_sample(in.facts, in.facts.python[m].file)) add_means(in.facts, quality, m, found);
  }
  add_parametrized(in, quality, found);
  add_helpers(in, quality, found);
  return found;
}

}  // namespace mlgrade
