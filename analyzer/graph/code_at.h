// Which code a place stands in.
#pragma once

#include "analyzer/graph/graph.h"

namespace mlgrade {

// The innermost function around the place, else the program or the body of its module; kNone if the file is
// no Python.
NodeId code_at(const Graph& graph, const Span& place);

}  // namespace mlgrade
