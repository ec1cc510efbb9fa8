// What nodes come to, asked for all nodes at once, against the walk of the graph itself.
#include "rules/support/target_sets.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "rules/support/nearest.h"

namespace mlgrade {
namespace {

using Pairs = std::vector<std::pair<NodeId, NodeId>>;

Graph graph_of(uint32_t nodes, const Pairs& pairs) {
  static const FactStore no_facts{};
  Graph graph;
  graph.facts = &no_facts;
  graph.nodes.resize(nodes);
  graph.out.resize(nodes);
  graph.in.resize(nodes);
  for (auto [from, to] : pairs) {
    graph.out[from].push_back(static_cast<uint32_t>(graph.edges.size()));
    graph.in[to].push_back(static_cast<uint32_t>(graph.edges.size()));
    graph.edges.push_back({.from = from, .to = to});
  }
  return graph;
}

bool all_edges(const Edge&, uint32_t) { return true; }

TEST(TargetSets, FollowsChainsAndCircles) {
  const Graph graph = graph_of(6, {{0, 1}, {1, 2}, {2, 1}, {2, 3}, {4, 5}});
  const std::vector<NodeId> targets{3, 1, 5};
  const TargetSets sets(graph, targets, all_edges);
  const auto has = [&](NodeId node, size_t target) { return TargetSets::has(sets.of(node), target); };
  EXPECT_TRUE(has(0, 0) && has(0, 1) && !has(0, 2));
  EXPECT_TRUE(has(2, 0) && has(2, 1) && !has(2, 2));  // 1 and 2 come to one another
  EXPECT_TRUE(has(3, 0) && !has(3, 1));               // a target comes to itself
  EXPECT_TRUE(has(4, 2) && !has(4, 0));
}

TEST(TargetSets, LeavesOutEdgesThatAreNotFollowed) {
  const Graph graph = graph_of(3, {{0, 1}, {1, 2}});
  const TargetSets sets(graph, {2}, [](const Edge&, uint32_t e) { return e != 0; });
  EXPECT_FALSE(TargetSets::has(sets.of(0), 0));
  EXPECT_TRUE(TargetSets::has(sets.of(1), 0));
}

TEST(TargetSets, AgreesWithWalksOfMadeUpGraphs) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    constexpr uint32_t kNodes = 40;
    std::uniform_int_distribution<NodeId> any(0, kNodes - 1);
    Pairs pairs;
    for (int i = 0; i < 20 + round; ++i) pairs.emplace_back(any(random), any(random));
    const Graph graph = graph_of(kNodes, pairs);
    std::vector<NodeId> targets;
    std::vector<bool> wanted(kNodes);
    for (NodeId node = 0; node < kNodes; node += 1 + any(random) % 7) {
      targets.push_back(node);
      wanted[node] = true;
    }
    const TargetSets sets(graph, targets, all_edges);
    const std::vector<Nearest> nearest = nearest_of(graph, wanted);
    for (NodeId node = 0; node < kNodes; ++node) {
      const std::vector<uint32_t> distances = graph.distances(node);
      Nearest least;
      for (size_t i = 0; i < targets.size(); ++i) {
        EXPECT_EQ(TargetSets::has(sets.of(node), i), distances[targets[i]] != kNone);
        if (distances[targets[i]] < least.distance) least = {targets[i], distances[targets[i]]};
      }
      EXPECT_EQ(nearest[node].node, least.node);
      EXPECT_EQ(nearest[node].distance, least.distance);
    }
  }
}

}  // namespace
}  // namespace mlgrade
