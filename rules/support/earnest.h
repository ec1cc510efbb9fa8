// Tests that judge a model in earnest: one that is loaded, or trained on the project's own rows. A model that
// the test makes for itself from made-up rows, or a mock, shows that the code works and says nothing of a
// model that is released.
#pragma once

#include "rules/support/abilities.h"
#include "rules/support/synthetic.h"

namespace mlgrade {

class EarnestTests {
 public:
  EarnestTests(const RuleInput& in, const AbilityMap& abilities)
      : in_(in), abilities_(abilities), synthetic_(shared<SyntheticData>(in)) {}

  // The test, or a fixture of it, trains on rows that are made up or written out.
  bool trains_for_itself(uint32_t test) const;
  bool in_earnest(uint32_t test) const;

 private:
  bool mocks(const TestCase& test) const;

  const RuleInput& in_;
  const AbilityMap& abilities_;
  const SyntheticData& synthetic_;
};

}  // namespace mlgrade
