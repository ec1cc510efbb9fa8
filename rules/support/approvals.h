// Releases that a person decides on: measures of the model are put before somebody's eyes, or its decisions
// are kept.
#pragma once

#include <vector>

#include "rules/support/abilities.h"
#include "rules/support/releases.h"

namespace mlgrade {

// A pull request gets the measures as a comment, and merging releases. Half a point at most.
std::vector<Evidence> human_approvals(const RuleInput& in, const AbilityMap& abilities,
                                      const Releases& releases);

}  // namespace mlgrade
