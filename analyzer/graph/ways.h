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

}  // namespace mlgrade
