#include "analyzer/graph/ways.h"

#include <algorithm>
#include <deque>

namespace mlgrade {

NodeId node_at(const Graph& graph, Span place) {
  const PythonModule* module = place.valid() ? graph.facts->module_of(place.file) : nullptr;
  if (module == nullptr) return kNone;
  const auto m = static_cast<uint32_t>(module - graph.facts->python.data());
  uint32_t innermost = kNone;
  for (uint32_t f = 0; f < module->functions.size(); ++f) {
    const Span& span = module->functions[f].span;
    const bool inside = span.line <= place.line && place.line <= span.end_line;
    if (inside && (innermost == kNone || module->functions[innermost].span.line <= span.line)) innermost = f;
  }
  return graph.node_of_function({m, innermost});
}

std::optional<std::vector<Link>> way_between(const Graph& graph, NodeId from, NodeId to) {
  if (from == kNone || to == kNone) return std::nullopt;
  std::vector<uint32_t> entered(graph.nodes.size(), kNone);  // by node: the edge of the way
  std::deque<NodeId> open{from};
  while (!open.empty() && entered[to] == kNone && from != to) {
    const NodeId node = open.front();
    open.pop_front();
    for (const uint32_t e : graph.out[node]) {
      const Edge& edge = graph.edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || edge.to == from || entered[edge.to] != kNone)
        continue;
      entered[edge.to] = e;
      open.push_back(edge.to);
    }
  }
  std::vector<Link> way;
  for (NodeId at = to; at != from; at = graph.edges[entered[at]].from) {
    if (entered[at] == kNone) return std::nullopt;
    const Edge& edge = graph.edges[entered[at]];
    way.push_back({edge.span.valid() ? edge.span : graph.nodes[edge.to].span, graph.what(edge)});
  }
  std::reverse(way.begin(), way.end());
  return way;
}

}  // namespace mlgrade
