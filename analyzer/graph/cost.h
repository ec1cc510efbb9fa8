// The cost of a way through the graph, packed so that comparing numbers compares ways.
#pragma once

#include <cstdint>

#include "analyzer/base/truth.h"

namespace mlgrade {

struct WayCost {
  bool manual = false;
  Effect effect = Effect::kBlocking;
  bool uncertain = false;
  bool waits = false;  // a clock or an event starts it, no change of the code
  uint32_t hops = 0;
};

inline uint64_t pack(const WayCost& way) {
  return uint64_t{way.manual} << 40 | static_cast<uint64_t>(way.effect) << 36 |
         uint64_t{way.uncertain} << 35 | uint64_t{way.waits} << 34 | way.hops;
}

inline WayCost unpack(uint64_t cost) {
  return {(cost >> 40 & 1) != 0, static_cast<Effect>(cost >> 36 & 3), (cost >> 35 & 1) != 0,
          (cost >> 34 & 1) != 0, static_cast<uint32_t>(cost)};
}

}  // namespace mlgrade
