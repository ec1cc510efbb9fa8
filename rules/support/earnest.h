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

// The test puts away again what it makes: it removes files, or works in a folder of its own.
bool clears_away(const FactStore& facts, const TestCase& test);

// The test replaces a function that trains, or that comes to one that does: what else of the code trains is
// not what the test is about.
bool mocks_training(const RuleInput& in, const AbilityMap& abilities, const TestCase& test);

// All that the test asserts is that something is refused: how far the run came before is not seen.
bool asserts_only_refusal(const TestCase& test);

}  // namespace mlgrade
