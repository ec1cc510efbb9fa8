// What retrieval is for a system around a hosted model: passages and questions are embedded by one function,
// so that both lie in one space.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/standing.h"

namespace mlgrade::rules {
namespace {

bool names_embedding(std::string_view name) {
  return has_word(name, {"embed", "embeds", "embedding", "embeddings", "embedder", "vectorize"});
}
bool names_ingest(std::string_view name) {
  return has_word(name, {"ingest", "ingestion", "index", "indexing", "indexer", "build", "populate", "load",
                         "loader", "upsert", "store", "chunk", "chunks", "documents"});
}
bool names_query(std::string_view name) {
  return has_word(
      name, {"query", "queries", "retrieve", "retriever", "retrieval", "search", "answer", "ask", "chat"});
}

// The first call of a caller whose name, or whose file's name, is of that kind.
template <typename Names>
Span called_by(const RuleInput& in, NodeId function, Names names) {
  for (uint32_t e : in.graph.in[function]) {
    const Edge& edge = in.graph.edges[e];
    const Node& node = in.graph.nodes[edge.from];
    if (edge.kind == EdgeKind::kImports || node.kind != NodeKind::kFunction) continue;
    const PythonModule& module = in.facts.python[node.owner];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    const std::string_view path = in.facts.path(module.file);
    if (names(module.functions[node.index].qualname.view()) || names(path.substr(path.rfind('/') + 1)))
      return edge.span;
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!in.facts.archetype.has(Trait::kLlmApp)) return;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      if (function.is_stub || !names_embedding(function.name.view())) continue;
      const NodeId node = in.graph.node_of_function({m, f});
      const Span ingests = called_by(in, node, names_ingest);
      const Span asks = called_by(in, node, names_query);
      if (!ingests.valid() || !asks.valid() || ingests == asks) continue;
      const std::string what =
          fmt::format("`{}` embeds passages and questions alike", function.qualname.view());
      Evidence evidence = standing_half(
          function.span, what, "shared by construction; no comparison proves that both give the same");
      evidence.links = {
          {function.span, what}, {ingests, "called when indexing"}, {asks, "called when asked"}};
      output.evidence.push_back(std::move(evidence));
      return;
    }
  }
}

}  // namespace

extern const Rule monitoring_shared_embedding;
const Rule monitoring_shared_embedding{
    .summary = "one function embeds what is indexed and what is asked",
    .why = "Two embeddings that drift apart find nothing, and nothing crashes.",
    .fix =
        "Embed passages and questions through one function, and keep the name of its model with the index.",
    .source = "Breck et al. 2017, table IV, Monitor 3, for systems that retrieve",
    .run = run,
};

}  // namespace mlgrade::rules
