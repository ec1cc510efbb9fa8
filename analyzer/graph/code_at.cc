// Looks for the function around a line.
#include "analyzer/graph/code_at.h"

namespace mlgrade {

NodeId code_at(const Graph& graph, const Span& place) {
  const PythonModule* module = graph.facts->module_of(place.file);
  if (module == nullptr) return kNone;
  const auto m = static_cast<uint32_t>(module - graph.facts->python.data());
  uint32_t innermost = kNone;
  for (uint32_t f = 0; f < module->functions.size(); ++f) {
    const Span& span = module->functions[f].span;
    if (span.line <= place.line && place.line <= span.end_line) innermost = f;  // inner ones come later
  }
  if (innermost != kNone) return graph.node_of_function({m, innermost});
  const NodeId main = graph.node_of_main(m);
  return main != kNone ? main : graph.node_of_function({m, kNone});
}

}  // namespace mlgrade
