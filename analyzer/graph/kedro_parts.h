// The nodes of a pipeline of Kedro that a runner is handed.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/graph/builder.h"

namespace mlgrade {

// Modules whose nodes the pipeline of `runner.run(pipeline=x)` is made of: x, the functions that make it, and
// the parts of `a + b`. Sorted; empty if that cannot be told.
std::vector<uint32_t> modules_of_pipeline(const GraphBuilder& b, uint32_t module, const PyCall& call);

}  // namespace mlgrade
