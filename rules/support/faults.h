// Tests that break something on purpose and look at what the code makes of it.
#pragma once

#include <string_view>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// The place where the test hands the code a failing stand-in: side_effect, a mocked answer with an error
// status, a stopped container. Invalid if it does not. Fixtures of the test count.
Span injected_fault(const RuleInput& in, const TestCase& test);

// The assertion by which an effective test expects an error of the project's code; null if it expects none.
const TestAssertion* expected_error(const TestCase& test);

// A function of the project that the test calls and whose name holds one of the words; null if there is none.
const PyFunction* called_about(const RuleInput& in, const TestCase& test,
                               std::initializer_list<std::string_view> words);

// A refusal that only tests ask for detects nothing in the running system: takes half a point off unless code
// outside of tests calls one of the functions that the test runs, or a framework does so by a decorator.
void ask_for_product(const RuleInput& in, uint32_t test, Evidence& evidence);

}  // namespace mlgrade
