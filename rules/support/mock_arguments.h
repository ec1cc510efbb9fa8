// Stand-ins that a test hands over: `evaluate(model=MagicMock())`, a fixture that returns one, a setUp that
// keeps one. What the code does with the parameter, it does with the mock.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

class MockArguments {
 public:
  explicit MockArguments(const RuleInput& in);  // ask for shared<MockArguments>(in)

  bool any(uint32_t test) const { return !by_test_[test].empty(); }
  // The call is a method of what the test has handed over as a mock.
  bool receives(uint32_t test, uint32_t module, uint32_t call) const;

 private:
  using Names = std::map<PyRef, std::set<Name>>;  // dotted, by function; "self.model" under each method

  const RuleInput& in_;
  std::vector<Names> by_test_;  // by TestCase
};

// The test, one of `in`, has a mock in the place of something: it patches a name, or hands one over.
bool replaces_anything(const RuleInput& in, const TestCase& test);

}  // namespace mlgrade
