// Tests that break something on purpose and look at what the code makes of it.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// The place where the test hands the code a failing stand-in: side_effect, a mocked answer with an error
// status, a stopped container, a stand-in of its own (a class or function of the tests) that raises. Invalid
// if it does not. Fixtures of the test and its setUp count.
Span injected_fault(const RuleInput& in, const TestCase& test);

// The assertion by which an effective test expects an error of the project's code; null if it expects none.
const TestAssertion* expected_error(const TestCase& test);

// The same, of what is handed in: that a file is not there says nothing of what stands in it.
const TestAssertion* expected_refusal(const RuleInput& in, const TestCase& test);

// A function of the project that the test calls and whose name holds one of the words; null if there is none.
const PyFunction* called_about(const RuleInput& in, const TestCase& test,
                               std::initializer_list<std::string_view> words);

// A refusal that only tests ask for detects nothing in the running system: takes half a point off unless code
// outside of tests calls one of the functions that the test runs, or a framework does so by a decorator.
void ask_for_product(const RuleInput& in, uint32_t test, Evidence& evidence);

// Where product code limits what a failure of another system costs: a request that waits a limited time and
// whose failure goes on, a bounded number of tries.
struct FailureLimit {
  NodeId node = kNone;  // of the code that it guards
  Span place;
  std::string what;
  bool of_program = false;  // it waits for a program on this machine, not for another system
  bool sends = false;       // it tells something or asks whether somebody is there; nothing is fetched
};
std::vector<FailureLimit> failure_limits(const RuleInput& in);

// The first of the limits whose code the test runs; null if it runs none.
const FailureLimit* limit_run_by(const RuleInput& in, const std::vector<FailureLimit>& limits,
                                 const TestCase& test);

}  // namespace mlgrade
