// Dijkstra's algorithm from all triggers at once. The cost of a way is, in this order: is a person needed,
// what becomes of a failure, is every link certain, does it wait for a clock or start on a change, how many
// links. None of these shrinks along a way, so the order is safe.
#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>

#include "analyzer/graph/builder.h"
#include "analyzer/graph/cost.h"

namespace mlgrade {
namespace {

uint64_t extend(uint64_t cost, const Graph& g, const Edge& edge) {
  WayCost way = unpack(cost);
  way.effect = worst(way.effect, edge.effect);
  way.uncertain = way.uncertain || edge.certain == Truth::kUnknown;
  const Node& to = g.nodes[edge.to];
  if (to.kind == NodeKind::kUnit) {
    const Unit& unit = g.facts->automation[to.owner].units[to.index];
    way.manual = way.manual || unit.manual;
    way.uncertain = way.uncertain || unit.runs == Truth::kUnknown;
  }
  ++way.hops;
  return pack(way);
}

bool passable(const Graph& g, const Edge& edge) {
  if (edge.order_only() || edge.certain == Truth::kNo) return false;
  const Node& to = g.nodes[edge.to];
  return to.kind != NodeKind::kUnit || g.facts->automation[to.owner].units[to.index].runs != Truth::kNo;
}

using Entry = std::pair<uint64_t, NodeId>;
using Queue = std::priority_queue<Entry, std::vector<Entry>, std::greater<>>;

void spread(Graph& graph, Queue& queue) {
  while (!queue.empty()) {
    auto [cost, n] = queue.top();
    queue.pop();
    if (cost != graph.steps[n].cost) continue;
    for (uint32_t e : graph.out[n]) {
      const Edge& edge = graph.edges[e];
      if (!passable(graph, edge)) continue;
      uint64_t next = extend(cost, graph, edge);
      if (next >= graph.steps[edge.to].cost) continue;
      graph.steps[edge.to] = {e, next};
      queue.emplace(next, edge.to);
    }
  }
}

}  // namespace

void find_best_ways(Graph& graph) {
  graph.steps.assign(graph.nodes.size(), {});
  Queue queue;
  std::vector<NodeId> waiting;  // triggers that work once something applies their unit
  for (NodeId n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.kind != NodeKind::kTrigger) continue;
    const Trigger& trigger = graph.facts->automation[node.owner].triggers[node.index];
    if (trigger.kind == TriggerKind::kCalled) continue;
    bool manual = trigger.kind == TriggerKind::kManual || trigger.kind == TriggerKind::kHook;
    if (trigger.automatic == Truth::kNo && !manual) continue;
    if (trigger.once_applied) {
      waiting.push_back(n);
      continue;
    }
    const bool waits = trigger.kind == TriggerKind::kSchedule || trigger.kind == TriggerKind::kEvent;
    graph.steps[n].cost = pack({manual, Effect::kBlocking, trigger.automatic == Truth::kUnknown, waits, 0});
    queue.emplace(graph.steps[n].cost, n);
  }
  spread(graph, queue);
  // The way through what applies the unit is the whole chain; where there is none, a person has to apply it.
  for (NodeId n : waiting) {
    const Node& node = graph.nodes[n];
    const Trigger& trigger = graph.facts->automation[node.owner].triggers[node.index];
    if (trigger.unit == kNone) continue;
    if (graph.reached_by(graph.node_of_unit(node.owner, trigger.unit)) != Reach::By::kNothing) continue;
    graph.steps[n].cost = pack({true, Effect::kBlocking, trigger.automatic == Truth::kUnknown, true, 0});
    queue.emplace(graph.steps[n].cost, n);
  }
  spread(graph, queue);
}

}  // namespace mlgrade
