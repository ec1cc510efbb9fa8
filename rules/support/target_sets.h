// Which of some nodes each node of the graph comes to, answered for all nodes at once: asking for each by a
// walk of its own costs tests times graph.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "analyzer/graph/graph.h"

namespace mlgrade {

class TargetSets {
 public:
  using Bits = std::vector<uint64_t>;  // bit i stands for targets[i]

  // Over the edges that `follows` takes. `targets` holds each node once and no kNone.
  TargetSets(const Graph& graph, const std::vector<NodeId>& targets,
             const std::function<bool(const Edge&, uint32_t)>& follows);

  // What the node comes to, itself included.
  const Bits& of(NodeId node) const { return sets_[set_of_[node]]; }

  static bool has(const Bits& bits, size_t target) { return (bits[target / 64] >> (target % 64) & 1) != 0; }
  static void add(Bits& bits, size_t target) { bits[target / 64] |= uint64_t{1} << (target % 64); }
  static void join(Bits& bits, const Bits& more) {
    for (size_t i = 0; i < bits.size(); ++i) bits[i] |= more[i];
  }

 private:
  friend class TargetWalk;

  std::vector<Bits> sets_;        // [0] is empty; nodes that come to the same share one
  std::vector<uint32_t> set_of_;  // by node
};

}  // namespace mlgrade
