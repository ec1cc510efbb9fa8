// Ways inside the graph: from a node that runs to a place that it comes to.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/graph/graph.h"

namespace mlgrade {

// The node in whose code a place of a Python file lies: the innermost function, else the module's body. kNone
// for other files.
NodeId node_at(const Graph& graph, Span place);

// A shortest way along what is run, called, imported or handed over, one link an edge; empty if `from` is
// `to`, none if there is no way.
std::optional<std::vector<Link>> way_between(const Graph& graph, NodeId from, NodeId to);

struct Way {
  std::vector<NodeId> nodes;  // where it starts first
  std::vector<Link> links;    // one fewer: how each but the first is come to
};

// The shortest way to `to` from any of several nodes, of equal ones that from the earliest of them; tests are
// passed through only if asked for.
std::optional<Way> shortest_way(const Graph& graph, const std::vector<NodeId>& from, NodeId to,
                                bool through_tests);

}  // namespace mlgrade
