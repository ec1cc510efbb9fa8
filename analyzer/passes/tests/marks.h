// What marks a test: pytest.mark.*, unittest.skip*, hypothesis.given, wherever they are put.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

// One mark on a test function, its class, or its module.
struct Mark {
  Name name;  // canonical: "pytest.mark.skipif", "unittest.skip", "hypothesis.given"
  uint32_t module = kNone;
  uint32_t call = kNone;  // with its arguments, in that module; kNone if it is not called
  Span span;
};

// What `pytestmark` puts on all tests of a module.
std::vector<Mark> marks_of_module(const FactStore& facts, uint32_t module);

// Innermost first, those of the module that collects the test last. `cls`: the class through which it is
// collected, invalid for a plain function.
std::vector<Mark> marks_of(const FactStore& facts, PyRef function, PyRef cls,
                           const std::vector<Mark>& of_module);

// Whether something leaves a test out, and what.
struct Skip {
  Truth skipped = Truth::kNo;
  Span at;
  std::string why;
  Name variable;  // the environment variable that decides by itself
  bool if_set = false;

  void worsen(Truth truth, const Span& span, std::string text) {
    if (truth != Truth::kNo) variable = Name();  // of several reasons none decides by itself
    if (truth <= skipped) return;
    skipped = truth;
    at = span;
    why = std::move(text);
  }

  // Unknown, but for this variable: skipped where it is set (or where it is not).
  void depend(const Span& span, Name decides, bool set, std::string text) {
    const bool first = skipped == Truth::kNo;
    worsen(Truth::kUnknown, span, std::move(text));
    if (first) variable = decides, if_set = set;
  }

  void worsen(const Skip& other) {
    if (!other.variable.empty()) return depend(other.at, other.variable, other.if_set, other.why);
    worsen(other.skipped, other.at, other.why);
  }
};

// An environment variable that decides a condition by itself, and whether it holds where the variable is not
// set.
struct VariableCondition {
  Name variable;  // empty: something else decides, or more than that
  Truth unset = Truth::kUnknown;
};
VariableCondition variable_condition(const PythonModule& module, const PyCondition& condition);

void apply_mark(const FactStore& facts, const Mark& mark, bool xfail_strict, Skip& skip);

// pytest.skip() and its relatives in the body of a function (index kNone: of the module).
void apply_skip_calls(const FactStore& facts, PyRef function, Skip& skip);

// Number of cases of a parametrize mark; 0 if it cannot be told.
uint32_t parametrize_cases(const FactStore& facts, const Mark& mark);

// The names that a parametrize mark fills: "x, y".
std::vector<std::string_view> parametrize_names(const FactStore& facts, const Mark& mark);

// What decides a condition on these lines if that is no business of the code: "the environment variable X",
// "the platform", "a GPU"; else empty.
std::string environment_condition(const PythonModule& module, const Span& span, IndexRange reads);

// The innermost branch, loop or `except` around a block, within its function; kNone if the block always runs.
uint32_t deciding_block(const PythonModule& module, uint32_t block);

}  // namespace mlgrade::passes
