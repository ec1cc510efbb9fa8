// Queries of the graph: finding nodes, naming them, and what runs with or before one.
#include "analyzer/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/graph/cost.h"
#include "analyzer/graph/marks.h"

namespace mlgrade {

NodeId Graph::node_of_function(PyRef ref) const {
  if (!ref.valid() || ref.module >= module_nodes.size()) return kNone;
  if (ref.index == kNone) return module_nodes[ref.module];
  return ref.index < function_nodes[ref.module].size() ? function_nodes[ref.module][ref.index] : kNone;
}

NodeId Graph::node_of_main(uint32_t module) const {
  return module < main_nodes.size() ? main_nodes[module] : kNone;
}

NodeId Graph::node_of_block(uint32_t module, uint32_t block) const {
  const PythonModule& m = facts->python[module];
  for (uint32_t at = block; at != kNone && at < m.blocks.size(); at = m.blocks[at].parent) {
    if (m.blocks[at].function != kNone) return node_of_function({module, m.blocks[at].function});
    if (m.blocks[at].kind == PyBlock::Kind::kMainGuard) return node_of_main(module);
  }
  return node_of_function({module, kNone});
}

NodeId Graph::node_of_call(uint32_t module, uint32_t call) const {
  const PyCall& c = facts->python[module].calls[call];
  if (c.wires) {
    const uint64_t key = uint64_t{module} << 32 | call;
    auto it = std::lower_bound(built_by.begin(), built_by.end(), std::pair{key, NodeId{0}});
    if (it != built_by.end() && it->first == key) return it->second;
  }
  return c.function != kNone ? node_of_function({module, c.function}) : node_of_block(module, c.block);
}

NodeId Graph::node_of_test(uint32_t test) const {
  return test < test_nodes.size() ? test_nodes[test] : kNone;
}

NodeId Graph::node_of_unit(uint32_t file, uint32_t unit) const {
  return file < unit_nodes.size() && unit < unit_nodes[file].size() ? unit_nodes[file][unit] : kNone;
}

NodeId Graph::node_of_command(uint32_t file, uint32_t command) const {
  return file < command_nodes.size() && command < command_nodes[file].size() ? command_nodes[file][command]
                                                                             : kNone;
}

NodeId Graph::node_of_file(FileId file) const {
  auto it = std::lower_bound(file_nodes.begin(), file_nodes.end(), std::pair{file, NodeId{0}});
  return it != file_nodes.end() && it->first == file ? it->second : kNone;
}

namespace {

const char* unit_word(UnitKind kind) {
  switch (kind) {
    case UnitKind::kWorkflow:
      return "workflow";
    case UnitKind::kJob:
      return "job";
    case UnitKind::kStep:
      return "step";
    case UnitKind::kAction:
      return "action";
    case UnitKind::kTarget:
      return "target";
    case UnitKind::kEnvironment:
      return "environment";
    case UnitKind::kScript:
      return "script";
    case UnitKind::kStage:
      return "stage";
    case UnitKind::kService:
      return "service";
    case UnitKind::kImage:
      return "image";
    case UnitKind::kHook:
      return "hook";
    case UnitKind::kEntryPoint:
      return "command";
    case UnitKind::kSchedule:
      return "schedule";
    case UnitKind::kDeployment:
      return "deployment";
  }
  return "unit";
}

std::string command_text(const Command& command) {
  std::string text;
  for (const Word& word : command.words) {
    if (!text.empty()) text += ' ';
    text += word.text;
  }
  constexpr size_t kWidth = 100;
  if (text.size() > kWidth) {
    text.resize(kWidth);
    text += "...";
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

std::string Graph::label(NodeId id) const {
  const Node& node = nodes[id];
  switch (node.kind) {
    case NodeKind::kTrigger:
      return facts->automation[node.owner].triggers[node.index].detail;
    case NodeKind::kUnit: {
      const Unit& unit = facts->automation[node.owner].units[node.index];
      std::string_view name = unit.title.empty() ? unit.name.view() : unit.title.view();
      return fmt::format("{} {}", unit_word(unit.kind), name);
    }
    case NodeKind::kCommand:
      return command_text(facts->automation[node.owner].commands[node.index]);
    case NodeKind::kModule:
    case NodeKind::kMain:
      return std::string(facts->path(facts->python[node.owner].file));
    case NodeKind::kFunction: {
      const PythonModule& module = facts->python[node.owner];
      return fmt::format("{} in {}", module.functions[node.index].qualname.view(), facts->path(module.file));
    }
    case NodeKind::kTest:
      return facts->tests[node.owner].id.str();
    case NodeKind::kFile:
      return std::string(facts->path(FileId{node.owner}));
  }
  return "";
}

std::string Graph::what(const Edge& edge) const {
  if (edge.note != kNone && !notes[edge.note].what.empty()) return notes[edge.note].what;
  std::string to = label(edge.to);
  switch (edge.kind) {
    case EdgeKind::kStarts:
      return fmt::format("starts {}", to);
    case EdgeKind::kContains:
      return nodes[edge.to].kind == NodeKind::kCommand ? fmt::format("runs `{}`", to) : to;
    case EdgeKind::kUses:
      return fmt::format("uses {}", to);
    case EdgeKind::kRuns:
      return fmt::format("runs {}", to);
    case EdgeKind::kCollects:
      return fmt::format("collects {}", to);
    case EdgeKind::kImports:
      return fmt::format("imports {}", to);
    case EdgeKind::kCalls:
      return fmt::format("calls {}", to);
    case EdgeKind::kRefers:
      return fmt::format("hands over {}", to);
    case EdgeKind::kNeeds:
      return fmt::format("waits for {}", to);
    case EdgeKind::kFollows:
      return fmt::format("comes after {}", to);
  }
  return to;
}

std::vector<uint32_t> Graph::path_edges(NodeId node) const {
  std::vector<uint32_t> path;
  for (uint32_t e = steps[node].edge; e != kNone; e = steps[edges[e].from].edge) path.push_back(e);
  std::reverse(path.begin(), path.end());
  return path;
}

Reach::By Graph::reached_by(NodeId node) const {
  if (node == kNone || steps[node].cost == ~0ull) return Reach::By::kNothing;
  return unpack(steps[node].cost).manual ? Reach::By::kManual : Reach::By::kAutomatic;
}

bool Graph::gates(NodeId first, NodeId second) const {
  if (first == kNone || second == kNone || steps[first].cost == ~0ull || steps[second].cost == ~0ull)
    return false;
  std::vector<uint32_t> way1 = path_edges(first), way2 = path_edges(second);
  size_t common = 0;
  while (common < way1.size() && common < way2.size() && way1[common] == way2[common]) ++common;
  if (common >= way1.size() || common >= way2.size()) return false;        // one runs inside the other
  if (edges[way1[common]].from != edges[way2[common]].from) return false;  // different triggers
  for (size_t i = common; i < way1.size(); ++i) {
    if (edges[way1[i]].effect != Effect::kBlocking || edges[way1[i]].certain == Truth::kNo) return false;
  }
  NodeId branch1 = edges[way1[common]].to, branch2 = edges[way2[common]].to;
  // Jobs run side by side unless one needs the other, directly or through others.
  const Node& b1 = nodes[branch1];
  const Node& b2 = nodes[branch2];
  auto is_job = [&](const Node& n) {
    if (n.kind != NodeKind::kUnit) return false;
    const UnitKind kind = facts->automation[n.owner].units[n.index].kind;
    return kind == UnitKind::kJob || kind == UnitKind::kStage;
  };
  if (is_job(b1) || is_job(b2)) {
    std::vector<NodeId> open{branch2};
    Marks& seen = marks_of_thread();
    seen.start(nodes.size());
    while (!open.empty()) {
      NodeId n = open.back();
      open.pop_back();
      if (n == branch1) return true;
      if (!seen.add(n)) continue;
      for (uint32_t e : out[n]) {
        if (edges[e].kind == EdgeKind::kNeeds) open.push_back(edges[e].to);
      }
    }
    return false;
  }
  const Edge& e1 = edges[way1[common]];
  const Edge& e2 = edges[way2[common]];
  bool ordered_kind = e1.kind == EdgeKind::kContains || e1.kind == EdgeKind::kRuns ||
                      e1.kind == EdgeKind::kCalls || e1.kind == EdgeKind::kUses ||
                      e1.kind == EdgeKind::kCollects;
  if (!ordered_kind) return false;
  if (b1.kind == b2.kind && b1.owner == b2.owner && b1.kind != NodeKind::kFunction)
    return b1.index < b2.index;
  return e1.span.file == e2.span.file && e1.span < e2.span;
}

namespace {

bool replaces(const MockedName& mocked, uint32_t module, std::string_view target) {
  if (mocked.module != kNone && mocked.module != module) return false;
  const std::string_view name = mocked.target.view();
  return !name.empty() && target.starts_with(name) &&
         (target.size() == name.size() || target[name.size()] == '.');
}

// Programs that code starts by a call that the test replaces: patch("subprocess.run").
void add_mocked_programs(const Graph& g, const TestCase& test, std::vector<NodeId>& out) {
  const bool any =
      std::any_of(test.mocked_names.begin(), test.mocked_names.end(), [](const MockedName& name) {
        const std::string_view target = name.target.view();
        return target.starts_with("subprocess") || target.starts_with("os") || target.starts_with("asyncio");
      });
  if (!any) return;
  for (uint32_t f = 0; f < g.facts->automation.size(); ++f) {
    const AutomationFile& file = g.facts->automation[f];
    if (file.system != "python") continue;
    for (const UnitCall& call : file.calls) {
      const std::string_view target = g.facts->python[call.module].calls[call.call].target.view();
      if (std::any_of(test.mocked_names.begin(), test.mocked_names.end(),
                      [&](const MockedName& name) { return replaces(name, call.module, target); }))
        out.push_back(g.unit_nodes[f][call.unit]);
    }
  }
}

}  // namespace

// What a test replaces by a mock does not run with it.
std::vector<NodeId> Graph::replaced_by(NodeId test) const {
  std::vector<NodeId> replaced;
  if (nodes[test].kind != NodeKind::kTest) return replaced;
  const TestCase& replacing = facts->tests[nodes[test].owner];
  for (PyRef ref : replacing.mocked) {
    if (NodeId n = node_of_function(ref); n != kNone) replaced.push_back(n);
  }
  add_mocked_programs(*this, replacing, replaced);
  return replaced;
}

std::vector<uint32_t> Graph::distances(NodeId node) const {
  std::vector<uint32_t> found(nodes.size(), kNone);
  if (node == kNone) return found;
  const std::vector<NodeId> replaced = replaced_by(node);
  for (NodeId n : replaced) found[n] = 0;
  std::vector<NodeId> open{node};
  found[node] = 0;
  for (size_t i = 0; i < open.size(); ++i) {
    const NodeId n = open[i];
    for (uint32_t e : out[n]) {
      const Edge& edge = edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || found[edge.to] != kNone) continue;
      found[edge.to] = found[n] + 1;
      open.push_back(edge.to);
    }
  }
  for (NodeId n : replaced) found[n] = kNone;
  return found;
}

std::vector<NodeId> Graph::closure(NodeId node) const {
  std::vector<NodeId> found;
  if (node == kNone) return found;
  Marks& seen = marks_of_thread();
  seen.start(nodes.size());
  for (NodeId n : replaced_by(node)) seen.add(n);
  std::vector<NodeId> open{node};
  seen.add(node);
  while (!open.empty()) {
    NodeId n = open.back();
    open.pop_back();
    found.push_back(n);
    for (uint32_t e : out[n]) {
      const Edge& edge = edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || !seen.add(edge.to)) continue;
      open.push_back(edge.to);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<bool> Graph::reaching(const std::vector<NodeId>& targets) const {
  std::vector<bool> seen(nodes.size(), false);
  std::vector<NodeId> open;
  for (NodeId target : targets) {
    if (target == kNone || seen[target]) continue;
    seen[target] = true;
    open.push_back(target);
  }
  while (!open.empty()) {
    const NodeId n = open.back();
    open.pop_back();
    for (uint32_t e : in[n]) {
      const Edge& edge = edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || seen[edge.from]) continue;
      seen[edge.from] = true;
      open.push_back(edge.from);
    }
  }
  return seen;
}

std::vector<NodeId> Graph::callers(NodeId node) const {
  std::vector<NodeId> found;
  if (node == kNone) return found;
  Marks& seen = marks_of_thread();
  seen.start(nodes.size());
  seen.add(node);
  found.push_back(node);
  for (size_t i = 0; i < found.size(); ++i) {
    for (uint32_t e : in[found[i]]) {
      const Edge& edge = edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || !seen.add(edge.from)) continue;
      found.push_back(edge.from);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace mlgrade
