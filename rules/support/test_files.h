// Tests as findings speak of them: grouped by file and cause, with the marks of tests that we cannot judge.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Tests of one file that have the same thing wrong with them.
struct TestGroup {
  std::string why;
  std::vector<uint32_t> tests;  // into facts.tests
};
using TestGroups = std::map<std::pair<FileId, std::string>, TestGroup>;  // by file and reason

// It would be run if its file were: collected by some command or configuration, and not skipped for good.
bool is_live_test(const RuleInput& in, uint32_t test);

// Something in the test may check what we do not follow: a helper or fixture whose name speaks of checking, a
// benchmark, a snapshot, a schema test, a page under test.
bool may_check_otherwise(const RuleInput& in, const TestCase& test);

// Functions that are called by name somewhere: helpers, or tests of a script that runs its own.
class CalledFunctions {
 public:
  explicit CalledFunctions(const RuleInput& in);  // ask for shared<CalledFunctions>(in)
  bool contains(PyRef function) const { return called_[function.module][function.index]; }

 private:
  std::vector<std::vector<bool>> called_;  // by module and function
};

// One finding for a group: "<lead>: test_a, test_b", the tests as places with their own reasons.
Finding group_finding(const RuleInput& in, const TestGroup& group, const std::string& lead);

}  // namespace mlgrade
