// One walk backwards from all wanted nodes together, a distance at a time.
#include "rules/support/nearest.h"

#include <algorithm>
#include <utility>

namespace mlgrade {

std::vector<Nearest> nearest_of(const Graph& graph, const std::vector<bool>& wanted) {
  std::vector<Nearest> found(graph.nodes.size());
  std::vector<NodeId> now, next;
  for (NodeId node = 0; node < wanted.size(); ++node) {
    if (!wanted[node]) continue;
    found[node] = {node, 0};
    now.push_back(node);
  }
  for (uint32_t distance = 1; !now.empty(); ++distance, std::swap(now, next)) {
    next.clear();
    for (NodeId node : now) {
      for (uint32_t e : graph.in[node]) {
        const Edge& edge = graph.edges[e];
        if (edge.order_only() || edge.certain == Truth::kNo) continue;
        Nearest& from = found[edge.from];
        if (from.node == kNone) {
          from = {found[node].node, distance};
          next.push_back(edge.from);
        } else if (from.distance == distance) {
          from.node = std::min(from.node, found[node].node);
        }
      }
    }
  }
  return found;
}

}  // namespace mlgrade
