// Walks the graph backwards from the check, around tests.
#include "rules/support/product_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr size_t kMostNodes = 2000;

// A node that is there for tests only: a test, or a fixture and what else stands in test code.
bool of_tests(const RuleInput& in, NodeId id) {
  const Node& node = in.graph.nodes[id];
  if (node.kind == NodeKind::kTest) return true;
  bool code =
      node.kind == NodeKind::kFunction || node.kind == NodeKind::kModule || node.kind == NodeKind::kMain;
  return code && is_test_code(in.facts, in.facts.python[node.owner].file);
}

struct Way {
  Reach::By by = Reach::By::kNothing;
  Effect effect = Effect::kSwallowed;
  bool clean = false;  // no test on the way, or none but those in earnest
};

Way way_to(const RuleInput& in, NodeId node, const Earnest& earnest) {
  if (in.graph.reached_by(node) == Reach::By::kNothing)
    return {Reach::By::kNothing, Effect::kSwallowed, true};
  Reach reach = in.graph.reach(node);
  Way way{reach.by, reach.effect, true};
  for (NodeId on_way : reach.nodes) {
    const Node& n = in.graph.nodes[on_way];
    if (n.kind == NodeKind::kTest) return {way.by, way.effect, earnest.test && earnest.test(n.owner)};
    if (earnest.elsewhere && earnest.elsewhere(on_way)) way.clean = false;
  }
  return way;
}

}  // namespace

void run_in_earnest(const RuleInput& in, Evidence& evidence, const Earnest& earnest) {
  if (evidence.mode != EvidenceMode::kCheck || evidence.runs_at == kNone || evidence.runs_itself) return;
  const NodeId start = evidence.runs_at;
  if (of_tests(in, start) || way_to(in, start, earnest).clean) return;
  std::map<NodeId, uint32_t> next;  // by node: the edge that leads towards the check
  std::deque<NodeId> open{start};
  next[start] = kNone;
  NodeId best = kNone;
  auto rank = [](const Way& way) { return std::make_tuple(-static_cast<int>(way.by), way.effect); };
  Way best_way;
  while (!open.empty() && next.size() < kMostNodes) {
    NodeId at = open.front();
    open.pop_front();
    for (uint32_t e : in.graph.in[at]) {
      const Edge& edge = in.graph.edges[e];
      if (edge.order_only() || next.contains(edge.from) || of_tests(in, edge.from)) continue;
      if (earnest.elsewhere && earnest.elsewhere(edge.from)) continue;
      next[edge.from] = e;
      open.push_back(edge.from);
      Way way = way_to(in, edge.from, earnest);
      bool code = in.graph.nodes[edge.from].kind != NodeKind::kModule;
      if (!way.clean || !code || (best != kNone && rank(way) >= rank(best_way))) continue;
      best = edge.from;
      best_way = way;
    }
  }
  evidence.runs_at = best;
  if (best == kNone) {
    evidence.what += fmt::format(", {}", earnest.only);
    return;
  }
  std::vector<Link> way;
  for (NodeId at = best; at != start;) {
    const Edge& edge = in.graph.edges[next[at]];
    const bool own_body = in.graph.nodes[edge.from].kind == NodeKind::kMain && edge.kind == EdgeKind::kRuns;
    if (!own_body) way.push_back({edge.span, in.graph.what(edge)});
    if (edge.effect == Effect::kSwallowed && evidence.effect != Effect::kSwallowed) {
      evidence.effect = Effect::kSwallowed;
      evidence.effect_at = edge.span;
      evidence.effect_why = "what calls it catches every failure";
    }
    at = edge.to;
  }
  if (way.empty()) return;
  const bool placed = std::any_of(evidence.links.begin(), evidence.links.end(), [&](const Link& link) {
    return link.span.file == evidence.place.file && link.span.line == evidence.place.line;
  });
  if (!placed) way.push_back({evidence.place, evidence.what});
  evidence.links.insert(evidence.links.begin(), way.begin(), way.end());
}

Reach::By product_reach(const RuleInput& in, NodeId node) {
  Evidence evidence;
  evidence.runs_at = node;
  run_in_earnest(in, evidence);
  return evidence.runs_at == kNone ? Reach::By::kNothing : in.graph.reached_by(evidence.runs_at);
}

std::vector<NodeId> run_without_tests(const RuleInput& in, NodeId node) {
  std::vector<NodeId> found;
  std::vector<bool> seen(in.graph.nodes.size(), false);
  std::vector<NodeId> open{node};
  seen[node] = true;
  while (!open.empty()) {
    const NodeId n = open.back();
    open.pop_back();
    found.push_back(n);
    for (uint32_t e : in.graph.out[n]) {
      const Edge& edge = in.graph.edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || seen[edge.to] || of_tests(in, edge.to)) continue;
      seen[edge.to] = true;
      open.push_back(edge.to);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace mlgrade
