// Texts that run and are not read: whether one of them may come to a node that nothing else comes to.
#pragma once

#include "analyzer/graph/graph.h"

namespace mlgrade {

// Sets `unread` of a Reach by nothing, if such a text names the node or what leads to it.
void find_unread(const Graph& graph, NodeId node, Reach& reach);

}  // namespace mlgrade
