// Queries of the graph: finding nodes, naming them, and describing the best way to one.
#include "analyzer/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/graph/cost.h"
#include "analyzer/graph/unread_texts.h"

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

namespace {

// Tools that write what they found to a file or place of their own.
bool writes_result(const Command& command) {
  if (!command.output_file.empty()) return true;
  for (const Word& word : command.words) {
    for (std::string_view flag :
         {"--junit", "--html", "--json-report", "--cov-report", "--report", "--out", "--md", "--result"}) {
      if (word.text.starts_with(flag)) return true;
    }
  }
  return false;
}

// The first folder or variable of a path: what an output and its publication have in common.
std::string_view first_part(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  if (path.starts_with("$")) return {};
  return path.substr(0, path.find('/'));
}

// How well a publication fits what a command writes: 0 not at all, 1 as far as can be told, 2 by its path.
int fit(const Publication& publication, const Command& command) {
  std::string_view published = first_part(publication.path);
  std::string_view written = first_part(command.output_file.view());
  if (published.empty() || written.empty()) return 1;
  return published == written ? 2 : 0;
}

uint32_t top_job(const AutomationFile& file, uint32_t unit) {
  uint32_t job = unit;
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    if (file.units[at].kind != UnitKind::kWorkflow) job = at;
  }
  return job;
}

// Looks for a publication of what a command on the way writes, in the same job or script, after it: the one
// whose path fits, else the nearest to the command.
void find_publication(const Graph& g, Reach& reach) {
  const FactStore& facts = *g.facts;
  int best = 0;
  for (NodeId written : reach.nodes) {
    if (g.nodes[written].kind != NodeKind::kCommand) continue;
    const AutomationFile& home = facts.automation[g.nodes[written].owner];
    const Command& command = home.commands[g.nodes[written].index];
    if (!writes_result(command)) continue;
    for (size_t i = reach.nodes.size(); i-- > 0;) {
      const Node& node = g.nodes[reach.nodes[i]];
      if (node.kind != NodeKind::kUnit) continue;
      const AutomationFile& file = facts.automation[node.owner];
      const uint32_t job = top_job(file, node.index);
      for (const Publication& publication : file.publications) {
        if (publication.unit == kNone || top_job(file, publication.unit) != job) continue;
        if (publication.kind == Publication::Kind::kCoverage) continue;
        const bool earlier = &file == &home && publication.span.line < command.span.line;
        if (earlier || fit(publication, command) <= best) continue;
        best = fit(publication, command);
        reach.published = true;
        reach.publication = {publication.span, "publishes the result"};
      }
    }
  }
}

}  // namespace

Reach Graph::reach(NodeId node) const {
  if (node == kNone) {
    Reach none;
    none.broken = "nothing runs it";
    return none;
  }
  if (steps[node].cost == ~0ull) {
    Reach reach = describe_unreached(node);
    find_unread(*this, node, reach);
    return reach;
  }
  Reach reach;
  WayCost way = unpack(steps[node].cost);
  reach.by = way.manual ? Reach::By::kManual : Reach::By::kAutomatic;
  reach.effect = way.effect;
  reach.certain = way.uncertain ? Truth::kUnknown : Truth::kYes;
  std::vector<uint32_t> path = path_edges(node);
  NodeId start = path.empty() ? node : edges[path.front()].from;
  reach.chain.push_back({nodes[start].span, label(start)});
  reach.nodes.push_back(start);
  Effect seen = Effect::kBlocking;
  for (uint32_t e : path) {
    const Edge& edge = edges[e];
    reach.chain.push_back({edge.span.valid() ? edge.span : nodes[edge.to].span, what(edge)});
    reach.nodes.push_back(edge.to);
    if (edge.effect > seen) {
      seen = edge.effect;
      reach.defeated_at = edge.note != kNone && notes[edge.note].effect_span.valid()
                              ? notes[edge.note].effect_span
                              : edge.span;
      reach.defeated_why = edge.note != kNone ? notes[edge.note].effect_why : "";
    }
    const Node& to = nodes[edge.to];
    if (to.kind == NodeKind::kUnit && reach.broken.empty()) {
      const Unit& unit = facts->automation[to.owner].units[to.index];
      if (unit.manual) {
        reach.broken = fmt::format("{} waits for a person{}{}", label(edge.to),
                                   unit.condition.empty() ? "" : ": ", unit.condition);
        reach.broken_at = unit.condition_span.valid() ? unit.condition_span : unit.span;
      }
    }
  }
  if (reach.by == Reach::By::kManual && reach.broken.empty()) {
    const bool unapplied = nodes[start].kind == NodeKind::kTrigger &&
                           facts->automation[nodes[start].owner].triggers[nodes[start].index].once_applied;
    reach.broken = unapplied
                       ? fmt::format("nothing in the repository applies or deploys it: {}", label(start))
                       : fmt::format("started by hand only: {}", label(start));
    reach.broken_at = nodes[start].span;
  }
  if (way.uncertain && reach.broken.empty()) describe_doubt(start, path, reach);
  find_publication(*this, reach);
  return reach;
}

// The first link of a way of which it cannot be told whether it is taken.
void Graph::describe_doubt(NodeId start, const std::vector<uint32_t>& path, Reach& reach) const {
  if (nodes[start].kind == NodeKind::kTrigger) {
    const Trigger& trigger = facts->automation[nodes[start].owner].triggers[nodes[start].index];
    if (trigger.automatic == Truth::kUnknown) {
      reach.broken = trigger.why_not;
      reach.broken_at = trigger.span;
      return;
    }
  }
  for (uint32_t e : path) {
    const Edge& edge = edges[e];
    const Node& to = nodes[edge.to];
    if (edge.certain == Truth::kUnknown) {
      const std::string why = edge.note == kNone ? "" : notes[edge.note].effect_why;
      reach.broken = why.empty() ? fmt::format("{} only under a condition", what(edge)) : why;
      reach.broken_at = edge.span;
      return;
    }
    if (to.kind != NodeKind::kUnit) continue;
    const Unit& unit = facts->automation[to.owner].units[to.index];
    if (unit.runs != Truth::kUnknown) continue;
    reach.broken = unit.condition.empty() ? fmt::format("{} may not run", label(edge.to))
                                          : fmt::format("{} may not run: {}", label(edge.to), unit.condition);
    reach.broken_at = unit.condition_span.valid() ? unit.condition_span : unit.span;
    return;
  }
}

namespace {

// Nothing in the test itself keeps a run of all tests from it.
bool may_be_run(const TestCase& test) { return test.collected != Truth::kNo && test.skipped != Truth::kYes; }

}  // namespace

// Goes back from the node as far as anything leads to it, and says what is missing there.
Reach Graph::describe_unreached(NodeId node) const {
  Reach reach;
  std::vector<NodeId> passed;  // few: a chain is short
  const auto seen = [&](NodeId n) { return std::find(passed.begin(), passed.end(), n) != passed.end(); };
  NodeId at = node;
  std::vector<uint32_t> back;
  const Edge* refused = nullptr;
  while (back.size() < kMaxChainLinks) {
    passed.push_back(at);
    uint32_t best = kNone;
    for (uint32_t e : in[at]) {
      const Edge& edge = edges[e];
      if (edge.order_only() || seen(edge.from)) continue;
      auto rank =
          [&](uint32_t i) {  // a reached predecessor whose edge is refused tells most; then whatever is alive
            return std::make_pair(steps[edges[i].from].cost == ~0ull, edges[i].certain == Truth::kNo);
          };
      if (best == kNone || rank(e) < rank(best)) best = e;
    }
    if (best == kNone) break;
    back.push_back(best);
    at = edges[best].from;
    if (steps[at].cost != ~0ull) {
      refused = &edges[best];
      break;
    }
  }
  std::reverse(back.begin(), back.end());
  reach.chain.push_back({nodes[at].span, label(at)});
  reach.nodes.push_back(at);
  for (uint32_t e : back) {
    reach.chain.push_back({edges[e].span.valid() ? edges[e].span : nodes[edges[e].to].span, what(edges[e])});
    reach.nodes.push_back(edges[e].to);
    if (refused == nullptr && edges[e].certain == Truth::kNo) refused = &edges[e];
  }
  const Node& root = nodes[at];
  if (refused != nullptr) {
    const Node& to = nodes[refused->to];
    bool never = to.kind == NodeKind::kUnit && facts->automation[to.owner].units[to.index].runs == Truth::kNo;
    std::string why = refused->note != kNone ? notes[refused->note].effect_why : "";
    if (never) {
      const Unit& unit = facts->automation[to.owner].units[to.index];
      reach.broken = fmt::format("{} never runs: {}", label(refused->to), unit.condition);
      reach.broken_at = unit.condition_span.valid() ? unit.condition_span : unit.span;
    } else {
      reach.broken = why.empty() ? fmt::format("{} is never taken", what(*refused)) : why;
      reach.broken_at = refused->note != kNone && notes[refused->note].effect_span.valid()
                            ? notes[refused->note].effect_span
                            : refused->span;
    }
  } else if (root.kind == NodeKind::kTrigger) {
    const Trigger& trigger = facts->automation[root.owner].triggers[root.index];
    reach.broken = trigger.why_not.empty() ? fmt::format("{} never comes", trigger.detail) : trigger.why_not;
    reach.broken_at = trigger.span;
  } else {
    reach.broken = at == node ? fmt::format("nothing runs {}", label(at))
                              : fmt::format("nothing runs {}, which leads to it", label(at));
    reach.broken_at = root.span;
    if (root.kind == NodeKind::kTest && !unread_runners.empty() && may_be_run(facts->tests[root.owner])) {
      reach.unread = unread_runners.front().what;
      reach.unread_at = unread_runners.front().span;
      reach.broken = fmt::format("whether {} is run cannot be told: {}", label(at), reach.unread);
      reach.broken_at = reach.unread_at;
    }
  }
  return reach;
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
    std::vector<bool> seen(nodes.size(), false);
    while (!open.empty()) {
      NodeId n = open.back();
      open.pop_back();
      if (n == branch1) return true;
      if (seen[n]) continue;
      seen[n] = true;
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

// What a test replaces by a mock does not run with it.
std::vector<NodeId> Graph::replaced_by(NodeId test) const {
  std::vector<NodeId> replaced;
  if (nodes[test].kind != NodeKind::kTest) return replaced;
  for (PyRef ref : facts->tests[nodes[test].owner].mocked) {
    if (NodeId n = node_of_function(ref); n != kNone) replaced.push_back(n);
  }
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
  std::vector<bool> seen(nodes.size(), false);
  for (NodeId n : replaced_by(node)) seen[n] = true;
  std::vector<NodeId> open{node};
  seen[node] = true;
  while (!open.empty()) {
    NodeId n = open.back();
    open.pop_back();
    found.push_back(n);
    for (uint32_t e : out[n]) {
      const Edge& edge = edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || seen[edge.to]) continue;
      seen[edge.to] = true;
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
  const std::vector<bool> seen = reaching({node});
  for (NodeId n = 0; n < seen.size(); ++n) {
    if (seen[n]) found.push_back(n);
  }
  return found;
}

}  // namespace mlgrade
