// What stands in the repository and needs no run to count: worth half a point at most, for a reason.
#pragma once

#include <string>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Evidence of kind kStanding at `place`, worth half because of `why`.
Evidence standing_half(Span place, std::string what, std::string why);

}  // namespace mlgrade
