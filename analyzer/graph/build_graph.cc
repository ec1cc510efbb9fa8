// Builds the graph: nodes for all facts that can run, then the edges between them, then the best way to each
// node.
#include <algorithm>

#include "analyzer/graph/builder.h"

namespace mlgrade {

NodeId GraphBuilder::add_node(NodeKind kind, uint32_t owner, uint32_t index, Span span) {
  graph.nodes.push_back({kind, owner, index, span});
  return static_cast<NodeId>(graph.nodes.size() - 1);
}

void GraphBuilder::add_edge(Edge edge, EdgeNote note) {
  if (edge.from == kNone || edge.to == kNone || edge.from == edge.to) return;
  bool noted = !note.what.empty() || !note.effect_why.empty();
  auto rank = [](const Edge& e) {  // smaller is better
    return std::make_tuple(e.order_only(), e.certain == Truth::kNo, e.effect, e.certain == Truth::kUnknown);
  };
  const auto [number, fresh] =
      edge_index.try_emplace(edge.from, edge.to, static_cast<uint32_t>(graph.edges.size()));
  if (!fresh && rank(graph.edges[number]) <= rank(edge)) return;
  if (noted) {
    edge.note = static_cast<uint32_t>(graph.notes.size());
    graph.notes.push_back(std::move(note));
  }
  if (fresh) {
    graph.edges.push_back(edge);
  } else {
    graph.edges[number] = edge;
  }
}

namespace {

void add_automation_nodes(GraphBuilder& b) {
  Graph& g = b.graph;
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    auto& triggers = g.trigger_nodes.emplace_back();
    auto& units = g.unit_nodes.emplace_back();
    auto& commands = g.command_nodes.emplace_back();
    for (uint32_t i = 0; i < file.triggers.size(); ++i) {
      triggers.push_back(b.add_node(NodeKind::kTrigger, f, i, file.triggers[i].span));
    }
    for (uint32_t i = 0; i < file.units.size(); ++i) {
      units.push_back(b.add_node(NodeKind::kUnit, f, i, file.units[i].span));
    }
    for (uint32_t i = 0; i < file.commands.size(); ++i) {
      commands.push_back(b.add_node(NodeKind::kCommand, f, i, file.commands[i].span));
    }
  }
}

void add_python_nodes(GraphBuilder& b) {
  Graph& g = b.graph;
  for (uint32_t m = 0; m < b.facts.python.size(); ++m) {
    const PythonModule& module = b.facts.python[m];
    Span whole{module.file, 1, 1, 1};
    g.module_nodes.push_back(b.add_node(NodeKind::kModule, m, kNone, whole));
    g.main_nodes.push_back(b.add_node(NodeKind::kMain, m, kNone, whole));
    auto& functions = g.function_nodes.emplace_back();
    functions.reserve(module.functions.size());
    for (uint32_t i = 0; i < module.functions.size(); ++i) {
      functions.push_back(b.add_node(NodeKind::kFunction, m, i, module.functions[i].span));
    }
    if (!module.name.empty()) b.module_by_name.try_emplace(module.name, m);
    b.module_by_file.try_emplace(index_of(module.file), m);
  }
  for (uint32_t t = 0; t < b.facts.tests.size(); ++t) {
    const PyFunction* function = b.facts.function(b.facts.tests[t].function);
    Span span = function == nullptr ? Span{} : function->span;
    g.test_nodes.push_back(b.add_node(NodeKind::kTest, t, kNone, span));
  }
}

void index_edges(Graph& g) {
  std::vector<uint32_t> leaving(g.nodes.size()), coming(g.nodes.size());
  for (const Edge& edge : g.edges) {
    ++leaving[edge.from];
    ++coming[edge.to];
  }
  g.out.assign(g.nodes.size(), {});
  g.in.assign(g.nodes.size(), {});
  for (NodeId n = 0; n < g.nodes.size(); ++n) {
    g.out[n].reserve(leaving[n]);
    g.in[n].reserve(coming[n]);
  }
  for (uint32_t e = 0; e < g.edges.size(); ++e) {
    g.out[g.edges[e].from].push_back(e);
    g.in[g.edges[e].to].push_back(e);
  }
}

}  // namespace

void add_nodes(GraphBuilder& b) {
  add_automation_nodes(b);
  add_python_nodes(b);
  b.units.build(b.facts, b.graph);
  b.tests = TestIndex(b.facts);
}

const std::vector<NodeId>& find_units(const GraphBuilder& b, UnitKind kind, std::string_view name) {
  return b.units.named(kind, name);
}

uint32_t module_at(const GraphBuilder& b, std::string_view path) {
  const FileFact* file = b.facts.find_file(path);
  if (file == nullptr) return kNone;
  auto it = b.module_by_file.find(index_of(file->id));
  return it == b.module_by_file.end() ? kNone : it->second;
}

Graph build_graph(const FactStore& facts) {
  Graph graph;
  graph.facts = &facts;
  GraphBuilder b{.facts = facts, .graph = graph, .variables = variables_of(facts)};
  add_nodes(b);
  find_callbacks(b);
  link_automation(b);
  link_commands(b);
  link_actions(b);
  link_images(b);
  link_python(b);
  link_applications(b);
  link_loaded(b);
  link_outside_tests(b);
  b.edge_index = {};
  index_edges(graph);
  find_best_ways(graph);
  find_unread_runners(graph);
  std::sort(graph.file_nodes.begin(), graph.file_nodes.end());
  std::stable_sort(graph.dangling.begin(), graph.dangling.end(),
                   [](const Dangling& x, const Dangling& y) { return x.span < y.span; });
  return graph;
}

}  // namespace mlgrade
