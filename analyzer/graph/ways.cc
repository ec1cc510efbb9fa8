#include "analyzer/graph/ways.h"

#include <algorithm>

#include "analyzer/graph/marks.h"

namespace mlgrade {
namespace {

// The nearest function before it that may hold what stands behind it: the one around it, past its class.
uint32_t around(const PythonModule& module, uint32_t function) {
  const PyFunction& at = module.functions[function];
  if (at.parent != kNone) return at.parent;
  return at.cls == kNone ? kNone : module.classes[at.cls].function;
}

}  // namespace

NodeId node_at(const Graph& graph, Span place) {
  const PythonModule* module = place.valid() ? graph.facts->module_of(place.file) : nullptr;
  if (module == nullptr) return kNone;
  const auto m = static_cast<uint32_t>(module - graph.facts->python.data());
  // Functions stand in the order of their first lines, inner ones behind the outer.
  const auto& functions = module->functions;
  auto after = std::upper_bound(functions.begin(), functions.end(), place.line,
                                [](uint32_t line, const PyFunction& f) { return line < f.span.line; });
  uint32_t innermost =
      after == functions.begin() ? kNone : static_cast<uint32_t>(after - functions.begin()) - 1;
  while (innermost != kNone && functions[innermost].span.end_line < place.line)
    innermost = around(*module, innermost);
  return graph.node_of_function({m, innermost});
}

std::optional<Way> shortest_way(const Graph& graph, const std::vector<NodeId>& from, NodeId to,
                                bool through_tests) {
  struct Step {
    NodeId node;
    uint32_t edge;  // by which the walk came to it; kNone: it starts here
    size_t before;  // the step that it came from
  };
  if (to == kNone) return std::nullopt;
  Marks& seen = marks_of_thread();
  seen.start(graph.nodes.size());
  std::vector<Step> steps;
  for (NodeId start : from) {
    if (start != kNone && seen.add(start)) steps.push_back({start, kNone, 0});
  }
  const auto told = [&](size_t last) {
    Way way;
    for (size_t at = last;; at = steps[at].before) {
      way.nodes.push_back(steps[at].node);
      if (steps[at].edge == kNone) break;
      const Edge& edge = graph.edges[steps[at].edge];
      way.links.push_back({edge.span.valid() ? edge.span : graph.nodes[edge.to].span, graph.what(edge)});
    }
    std::reverse(way.nodes.begin(), way.nodes.end());
    std::reverse(way.links.begin(), way.links.end());
    return way;
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].node == to) return told(i);
    for (const uint32_t e : graph.out[steps[i].node]) {
      const Edge& edge = graph.edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo) continue;
      if (!through_tests && graph.nodes[edge.to].kind == NodeKind::kTest && edge.to != to) continue;
      if (seen.add(edge.to)) steps.push_back({edge.to, e, i});
    }
  }
  return std::nullopt;
}

std::optional<std::vector<Link>> way_between(const Graph& graph, NodeId from, NodeId to) {
  std::optional<Way> way = shortest_way(graph, {from}, to, true);
  if (!way) return std::nullopt;
  return std::move(way->links);
}

}  // namespace mlgrade
