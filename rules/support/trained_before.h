// A model that one command trains and keeps, and that a test of a later command loads: together they run what
// neither runs alone.
#pragma once

#include <optional>

#include "rules/support/abilities.h"

namespace mlgrade {

struct TrainedBefore {
  NodeId command = kNone;          // trains, saves, and must succeed for the test to run
  const AbleAt* trains = nullptr;  // never null
  const AbleAt* loads = nullptr;   // likewise: in the test, or what it runs
};

// None where the test trains by itself, replaces something by mocks, or asks nothing of a model that it
// loads; and where no earlier command of the same job, before the one that runs the test, saves one by the
// same tool.
std::optional<TrainedBefore> trained_before(const RuleInput& in, const AbilityMap& abilities, uint32_t test);

}  // namespace mlgrade
