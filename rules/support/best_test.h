// The test that speaks best for something: reached by itself before by hand, blocking before swallowed.
#pragma once

#include <cstdint>
#include <functional>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// The effective test of the project's code, data or model that `accept` takes and whose way is best; kNone if
// there is none. Of equals the first.
uint32_t best_test(const RuleInput& in, const std::function<bool(const TestCase&)>& accept);

// True for an assertion-bearing test that depends on the project: what a test has to be to speak for
// anything.
bool tests_project(const TestCase& test);

// What a change to the code starts by itself: a push, a pull request, a merge queue, a tag or a hook of the
// host.
bool starts_on_change(const RuleInput& in, NodeId node);

}  // namespace mlgrade
