// Word tables for the rules that data is held to.
#include "rules/support/data_rules.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

bool holds(std::string_view name, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return contains_phrase(name, phrase); });
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view last_part(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

const PyArg* keyword(const PythonModule& m, const PyCall& call, std::string_view name) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (m.args[a].keyword == name) return &m.args[a];
  }
  return nullptr;
}

bool is_true(const PyArg* arg) { return arg != nullptr && arg->value.text == "True"; }
bool is_false(const PyArg* arg) { return arg != nullptr && arg->value.text == "False"; }

DataRules expectations_in(const PythonModule& m) {
  DataRules rules;
  for (const PyCall& call : m.calls) {
    std::string_view name = last_part(call.callee.view());
    if (call.function_ref.valid()) continue;
    if (is_expectation_call(call) || (name.starts_with("Expect") && name.size() > 12)) {
      rules += rules_of_word(name);
    }
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = m.args[a];
      bool names_it = arg.keyword == "expectation_type" || arg.keyword == "type";
      if (names_it && arg.value.text.view().starts_with("expect_"))
        rules += rules_of_word(arg.value.text.view());
    }
  }
  return rules;
}

void add_keywords(const PythonModule& m, const PyCall& call, DataRules& rules) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    std::string_view name = m.args[a].keyword.view();
    rules.ranges += one_of(name, {"ge", "gt", "le", "lt", "in_range", "between"});
    rules.sets +=
        one_of(name, {"isin", "eq", "str_matches", "str_contains", "str_startswith", "str_length", "regex"});
  }
  rules.nulls += is_false(keyword(m, call, "nullable"));
  rules.unique += is_true(keyword(m, call, "unique"));
}

bool of_pandera(const PyCall& call) {
  std::string_view target = call.target.view();
  return target == "pandera" || target.starts_with("pandera.");
}

DataRules pandera_in(const PythonModule& m) {
  DataRules rules;
  for (const PyCall& call : m.calls) {
    if (!of_pandera(call)) continue;
    std::string_view name = last_part(call.target.view());
    if (one_of(name, {"Column", "Index", "SeriesSchema"})) {
      ++rules.columns;
      bool typed = keyword(m, call, "dtype") != nullptr ||
                   (!call.args.empty() && m.args[call.args.begin].keyword.empty() &&
                    m.args[call.args.begin].value.kind != PyValue::Kind::kNone);
      rules.types += typed;
      add_keywords(m, call, rules);
    } else if (name == "Field") {
      add_keywords(m, call, rules);
    } else if (one_of(name, {"ge", "gt", "le", "lt", "in_range", "between", "greater_than", "less_than",
                             "greater_than_or_equal_to", "less_than_or_equal_to"})) {
      ++rules.ranges;
    } else if (one_of(name, {"isin", "notin", "eq", "equal_to", "str_matches", "str_contains", "str_length",
                             "str_startswith", "str_endswith"})) {
      ++rules.sets;
    } else if (one_of(name, {"Check", "Hypothesis", "two_sample_ttest"})) {
      ++rules.ranges;
    }
  }
  for (const PyClass& c : m.classes) {
    bool series = std::any_of(c.fields.begin(), c.fields.end(), [&](const PyField& field) {
      return field.value.kind == PyValue::Kind::kCall && field.value.call < m.calls.size() &&
             of_pandera(m.calls[field.value.call]);
    });
    bool model = series || std::any_of(c.base_targets.begin(), c.base_targets.end(), [](Name base) {
                   return base.view().starts_with("pandera") &&
                          one_of(last_part(base.view()), {"DataFrameModel", "SchemaModel"});
                 });
    for (const PyField& field : c.fields) rules.types += model && !field.annotation.empty();
  }
  for (const PyFunction& f : m.functions) {
    for (const PyDecorator& d : f.decorators) {
      std::string_view name = last_part(d.target.view());
      rules.ranges += d.target.view().starts_with("pandera") && one_of(name, {"check", "dataframe_check"});
    }
  }
  return rules;
}

bool in_soda(const ConfigKey& key) { return contains_phrase(key.path.view(), "checks for"); }

bool in_dbt(const ConfigKey& key) {
  std::string_view path = key.path.view();
  bool table = path.starts_with("models[") || path.starts_with("sources[") || path.starts_with("seeds[");
  return table && (path.find("tests[") != std::string_view::npos);
}

DataRules configured(const RuleInput& in, SchemaFamily family) {
  DataRules rules;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      std::string_view name = last_part(key.path.view());
      bool named = (name == "expectation_type" || name == "type") &&
                   std::string_view(key.value).starts_with("expect_");
      if (family == SchemaFamily::kExpectations && named) rules += rules_of_word(key.value);
      if ((family == SchemaFamily::kSoda && in_soda(key)) || (family == SchemaFamily::kDbt && in_dbt(key))) {
        rules += rules_of_word(key.value);
        rules += rules_of_word(key.path.view());
      }
    }
  }
  return rules;
}

// `df["age"].min()`, `frame.age.max()`: of a column, not of any list.
bool of_column(const PyCall& call) {
  std::string_view callee = call.callee.view();
  return callee.find("[]") != std::string_view::npos;
}

void add_call(const PyCall& call, DataRules& rules) {
  std::string_view name = call.method.view();
  rules.nulls += one_of(name, {"isnull", "isna", "notnull", "notna"});
  rules.ranges +=
      name == "between" || (one_of(name, {"min", "max", "lt", "gt", "le", "ge"}) && of_column(call));
  rules.sets += name == "isin" || (one_of(name, {"unique", "nunique"}) && of_column(call));
  rules.unique += name == "duplicated";
  rules.distributions +=
      (one_of(name, {"mean", "std", "quantile", "median", "value_counts"}) && of_column(call)) ||
      one_of(last_part(call.target.view()), {"ks_2samp", "entropy", "chisquare", "wasserstein_distance"});
  rules.types += name == "select_dtypes" || call.target.view().starts_with("pandas.api.types.");
}

void add_reads(const PythonModule& m, IndexRange reads, DataRules& rules) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    std::string_view name = m.names[r].view();
    rules.columns += name.ends_with(".columns") || name.find(".columns.") != std::string_view::npos;
    rules.types += name.ends_with(".dtypes") || name.ends_with(".dtype");
    rules.unique += name.ends_with(".is_unique");
  }
}

void add_comparisons(const PythonModule& m, IndexRange range, DataRules& rules) {
  for (uint32_t i = range.begin; i < range.end; ++i) {
    const PyComparison& c = m.comparisons[i];
    bool order = c.op == PyComparison::Op::kLess || c.op == PyComparison::Op::kLessEqual ||
                 c.op == PyComparison::Op::kGreater || c.op == PyComparison::Op::kGreaterEqual;
    rules.ranges +=
        order && (c.left.kind == PyValue::Kind::kSubscript || c.right.kind == PyValue::Kind::kSubscript);
  }
}

}  // namespace

DataRules& DataRules::operator+=(const DataRules& other) {
  columns += other.columns;
  types += other.types;
  nulls += other.nulls;
  ranges += other.ranges;
  sets += other.sets;
  unique += other.unique;
  distributions += other.distributions;
  return *this;
}

std::string describe(const DataRules& rules) {
  std::string text;
  for (auto [count, word] : {std::pair{rules.columns, "columns"},
                             {rules.types, "types"},
                             {rules.nulls, "nulls"},
                             {rules.ranges, "ranges"},
                             {rules.sets, "sets of values"},
                             {rules.unique, "uniqueness"},
                             {rules.distributions, "distributions"}}) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::string(word);
  }
  return text.empty() ? "nothing that can be read here" : text;
}

std::string lacking(const DataRules& rules) {
  if (rules.rich()) return "";
  if (rules.value_kinds() == 0) {
    return rules.any() ? describe(rules) + " only: no ranges, sets, null or distribution rules"
                       : "its rules are not in the repository";
  }
  return describe(rules) + " only: no columns or types, and no other rule about values";
}

DataRules rules_of_word(std::string_view word) {
  DataRules rules;
  if (holds(word, {"of type", "type list", "data type", "wrong type", "schema"})) ++rules.types;
  if (holds(word, {"columns to match", "to exist", "column count", "missing column", "required columns",
                   "when required column missing"})) {
    ++rules.columns;
  }
  if (holds(word, {"not be null", "be null", "not null", "missing count", "missing percent", "at least"}))
    ++rules.nulls;
  bool shape = holds(word, {"mean to be", "median to be", "stdev to be", "quantile", "kl divergence",
                            "proportion", "chisquare", "avg", "stddev", "proportion of unique"});
  if (shape) ++rules.distributions;
  if (!shape &&
      holds(word, {"between", "min to be", "max to be", "greater than", "less than", "accepted range", "min",
                   "max", "valid min", "valid max", "invalid percent", "increasing"})) {
    ++rules.ranges;
  }
  if (holds(word, {"in set", "distinct values", "regex", "like pattern", "accepted values", "relationships",
                   "valid values", "valid format", "invalid count", "strftime", "value lengths"})) {
    ++rules.sets;
  }
  if (!shape && holds(word, {"be unique", "unique", "duplicate count", "compound columns"})) ++rules.unique;
  return rules;
}

DataRules declared_rules(const RuleInput& in, SchemaFamily family) {
  DataRules rules = configured(in, family);
  for (const PythonModule& m : in.facts.python) {
    if (is_sample(in.facts, m.file)) continue;
    if (family == SchemaFamily::kExpectations) rules += expectations_in(m);
    if (family == SchemaFamily::kPandera) rules += pandera_in(m);
  }
  return rules;
}

bool is_expectation_call(const PyCall& call) {
  std::string_view name = call.method.view();
  return name.starts_with("expect_") && !call.function_ref.valid() &&
         (name.starts_with("expect_column_") || name.starts_with("expect_table_") ||
          name.starts_with("expect_compound_") || name.starts_with("expect_multicolumn_") ||
          name.starts_with("expect_select_"));
}

bool is_data_look(const PyCall& call) {
  DataRules rules;
  add_call(call, rules);
  // `(df["age"] < 0).any()`: the comparison is the look, the call its verdict.
  bool verdict = one_of(call.method.view(), {"any", "all"}) && call.callee.view().starts_with("?");
  return rules.any() || verdict;
}

bool is_data_look(Name read) {
  std::string_view name = read.view();
  return name.ends_with(".columns") || name.find(".columns.") != std::string_view::npos ||
         name.ends_with(".dtypes") || name.ends_with(".dtype") || name.ends_with(".is_unique");
}

DataRules looks_of_function(const PythonModule& m, uint32_t function,
                            const std::function<bool(uint32_t condition)>& left_out) {
  DataRules rules;
  for (const PyCall& call : calls_in(m, function)) {
    if (call.function != function) continue;
    add_call(call, rules);
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) add_reads(m, m.args[a].reads, rules);
  }
  for (uint32_t i : indices(m.body(function).conditions)) {
    const PyCondition& c = m.conditions[i];
    if (c.function != function || (left_out && left_out(i))) continue;
    add_reads(m, c.reads, rules);
    add_comparisons(m, c.comparisons, rules);
  }
  for (const PyBinding& b : bindings_in(m, function)) {
    if (b.function != function) continue;
    add_reads(m, b.reads, rules);
    add_comparisons(m, b.comparisons, rules);
  }
  for (const PyJump& j : jumps_in(m, function)) {
    if (j.function != function) continue;
    add_reads(m, j.reads, rules);
    add_comparisons(m, j.comparisons, rules);
  }
  return rules;
}

namespace {

// How far the looks of some functions go.
struct Coverage {
  std::set<Name> listed;  // names of columns
  int looked = 0;         // looks into one column
  bool wide = false;      // a look into all columns at once, or into each of a loop
};

void add_strings(const PythonModule& m, const PyValue& value, std::set<Name>& out) {
  if (value.kind != PyValue::Kind::kList) return;
  const IndexRange elements = value.elements();
  for (uint32_t e = elements.begin; e < elements.end && e < m.values.size(); ++e) {
    if (m.values[e].kind == PyValue::Kind::kString) out.insert(m.values[e].text);
  }
}

// The list that a name of the module stands for: a constant of its own, or one that it imports.
void add_constant(const FactStore& facts, const PythonModule& m, Name name, std::set<Name>& out) {
  for (const PyBinding& b : m.bindings) {
    if (b.function == kNone && b.target == name) add_strings(m, b.value, out);
  }
  for (const PyImport& import : m.imports) {
    if (import.bound != name || import.project_module == kNone) continue;
    const PythonModule& home = facts.python[import.project_module];
    for (const PyBinding& b : home.bindings) {
      if (b.function == kNone && b.target == import.name) add_strings(home, b.value, out);
    }
  }
}

bool in_loop(const PythonModule& m, uint32_t block) {
  for (uint32_t at = block; at != kNone && at < m.blocks.size(); at = m.blocks[at].parent) {
    if (m.blocks[at].kind == PyBlock::Kind::kLoop) return true;
    if (m.blocks[at].kind == PyBlock::Kind::kFunction) return false;
  }
  return false;
}

// `all(df[c].notna().all() for c in columns)`: the builtin goes over many.
bool in_comprehension(const PythonModule& m, const PyCall& call) {
  return std::ranges::any_of(calls_in(m, call.function), [&](const PyCall& outer) {
    return outer.function == call.function && (outer.callee == "all" || outer.callee == "any") &&
           outer.span.line <= call.span.line &&
           call.span.line <= std::max(outer.span.line, outer.span.end_line);
  });
}

void add_coverage(const FactStore& facts, PyRef ref, Coverage& coverage) {
  const PythonModule& m = facts.python[ref.module];
  std::set<Name> read;
  const auto add_names = [&](IndexRange range) {
    for (uint32_t r = range.begin; r < range.end; ++r) read.insert(m.names[r]);
  };
  for (const PyBinding& b : bindings_in(m, ref.index)) {
    if (b.function != ref.index) continue;
    add_strings(m, b.value, coverage.listed);
    add_names(b.reads);
  }
  for (const PyCondition& c : conditions_in(m, ref.index)) {
    if (c.function != ref.index) continue;
    add_names(c.reads);
    for (uint32_t i = c.comparisons.begin; i < c.comparisons.end; ++i) {
      const PyComparison& comparison = m.comparisons[i];
      const bool order = comparison.op <= PyComparison::Op::kGreaterEqual;
      const bool column = comparison.left.kind == PyValue::Kind::kSubscript;
      if (!order || !column) continue;
      coverage.wide |= in_loop(m, c.block);
      ++coverage.looked;
    }
  }
  for (const PyCall& call : calls_in(m, ref.index)) {
    if (call.function != ref.index) continue;
    DataRules rules;
    add_call(call, rules);
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      add_names(m.args[a].reads);
      add_strings(m, m.args[a].value, coverage.listed);
    }
    if (rules.value_kinds() == 0) continue;
    const bool one = of_column(call) && !in_loop(m, call.block) && !in_comprehension(m, call);
    if (one) {
      ++coverage.looked;
    } else {
      coverage.wide = true;
    }
  }
  for (Name name : read) add_constant(facts, m, name, coverage.listed);
}

}  // namespace

std::string few_columns(const FactStore& facts, const std::vector<PyRef>& functions) {
  constexpr size_t kFewest = 4;
  Coverage coverage;
  for (PyRef ref : functions) {
    if (facts.function(ref) != nullptr) add_coverage(facts, ref, coverage);
  }
  const size_t listed = coverage.listed.size();
  const auto looked = static_cast<size_t>(coverage.looked);
  if (coverage.wide || listed < kFewest || looked == 0 || looked * 2 >= listed) return {};
  return "values of at most " + std::to_string(looked) + " of " + std::to_string(listed) + " columns";
}

}  // namespace mlgrade
