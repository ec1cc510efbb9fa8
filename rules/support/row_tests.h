// Tests that look at rows of data, told from tests of what code makes of rows.
#pragma once

#include <functional>
#include <set>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// A function that checks, by its name: "validate_rows", "schema_of".
bool names_check(std::string_view name);

// What the project makes of the rows is asserted, not the rows: by a feature function, or by any other that
// neither reads nor checks. What a fixture runs without handing it on (a seed, a file that is prepared) does
// not matter.
bool asserts_on_product(const RuleInput& in, const TestCase& test, const std::set<PyRef>& features);

// The test makes its rows itself: by a frame that it or a fixture builds or writes, behind a mock, in a
// folder of its own.
bool makes_rows(const FactStore& facts, const TestCase& test);

// Conditions of the function that look at what the service or the model answers: rows went in, answers came
// out. Empty if it asks for none.
std::function<bool(uint32_t condition)> looks_at_answers(const RuleInput& in, PyRef function);

// The tests of one file speak of one table: one of them lists the columns, others look into some.
std::vector<PyRef> tests_beside(const FactStore& facts, PyRef function);

}  // namespace mlgrade
