// The nearest of some nodes, for all nodes of the graph at once.
#pragma once

#include <vector>

#include "analyzer/graph/graph.h"

namespace mlgrade {

struct Nearest {
  NodeId node = kNone;        // of equally near ones the lowest; kNone: it comes to none
  uint32_t distance = kNone;  // edges on the shortest way
};

// By node: the nearest wanted one that runs when it runs. `wanted`: by node.
std::vector<Nearest> nearest_of(const Graph& graph, const std::vector<bool>& wanted);

}  // namespace mlgrade
