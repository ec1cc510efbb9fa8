// Describes the best way to a node link by link, or how far back something leads to it and what is missing
// there.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "analyzer/base/limits.h"
#include "analyzer/graph/cost.h"
#include "analyzer/graph/graph.h"
#include "analyzer/graph/marks.h"
#include "analyzer/graph/unread_texts.h"

namespace mlgrade {

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
  Marks& seen = marks_of_thread();
  seen.start(nodes.size());
  NodeId at = node;
  std::vector<uint32_t> back;
  const Edge* refused = nullptr;
  while (back.size() < kMaxChainLinks) {
    seen.add(at);
    uint32_t best = kNone;
    for (uint32_t e : in[at]) {
      const Edge& edge = edges[e];
      if (edge.order_only() || seen.has(edge.from)) continue;
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

}  // namespace mlgrade
