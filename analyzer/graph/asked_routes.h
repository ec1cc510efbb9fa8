// Which functions of the repository a test runs by putting requests to its application.
#pragma once

#include "analyzer/facts/fact_store.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

// Adds to TestCase::project_functions what runs behind the routes that the test asks for by their paths:
// `client.post("/predict")` runs the handler of "/predict" and all that it calls. Paths that are not written
// out add nothing. `facts` are those that the graph was built from.
void add_asked_functions(const Graph& graph, FactStore& facts);

}  // namespace mlgrade
