// What a check of data asks for: columns, types, nulls, ranges, sets, uniqueness, distributions; as the
// libraries' own words say it, and as home-grown code looks at a frame.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct DataRules {
  int columns = 0, types = 0, nulls = 0, ranges = 0, sets = 0, unique = 0, distributions = 0;

  int value_kinds() const {
    return (nulls > 0) + (ranges > 0) + (sets > 0) + (unique > 0) + (distributions > 0);
  }
  bool any() const { return columns + types > 0 || value_kinds() > 0; }
  // Names or types, and what values may be; or value rules of several kinds, which name their columns.
  bool rich() const { return ((columns > 0 || types > 0) && value_kinds() > 0) || value_kinds() >= 2; }
  DataRules& operator+=(const DataRules& other);
};

// "columns, types, nulls"
std::string describe(const DataRules& rules);
// Why a check with these rules is only part of a schema; empty when it is whole.
std::string lacking(const DataRules& rules);

// The rules of a name like expect_column_values_to_not_be_null, ExpectColumnValuesToBeBetween, not_null,
// accepted_values, missing_count(age).
DataRules rules_of_word(std::string_view word);

// Families of libraries that declare rules in words of their own.
enum class SchemaFamily { kExpectations, kPandera, kSoda, kDbt };

// All rules that the repository (samples apart) declares with the family, in code and in files.
DataRules declared_rules(const RuleInput& in, SchemaFamily family);

// A call that asks a frame of Great Expectations' own kind: df.expect_column_values_to_be_unique(...).
bool is_expectation_call(const PyCall& call);

// What home-grown code of the function looks at. A look is a call (df.isnull()) or a name (df.columns).
bool is_data_look(const PyCall& call);
bool is_data_look(Name read);
// Conditions that `left_out` takes look at something else than rows.
DataRules looks_of_function(const PythonModule& module, uint32_t function,
                            const std::function<bool(uint32_t condition)>& left_out = {});

// Of the columns that the functions list (at least four, in literals or in constants of the project), how
// many they look into one by one. Empty when they look into half of them or more, into all by a loop, or when
// nothing is listed: "values of 2 of 16 columns".
std::string few_columns(const FactStore& facts, const std::vector<PyRef>& functions);

}  // namespace mlgrade
