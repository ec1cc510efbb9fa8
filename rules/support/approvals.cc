// Joins comments on pull requests with the code that measures.
#include "rules/support/approvals.h"

#include <algorithm>
#include <deque>
#include <set>

#include "rules/support/code.h"
#include "rules/support/paths.h"

namespace mlgrade {
namespace {

bool of_tests(const RuleInput& in, NodeId id) {
  const Node& node = in.graph.nodes[id];
  if (node.kind == NodeKind::kTest) return true;
  const bool code =
      node.kind == NodeKind::kFunction || node.kind == NodeKind::kModule || node.kind == NodeKind::kMain;
  return code && is_test_code(in.facts, in.facts.python[node.owner].file);
}

// All that runs when the node runs, but for what only its tests run.
std::vector<NodeId> closure_without_tests(const RuleInput& in, NodeId from) {
  std::set<NodeId> seen{from};
  std::deque<NodeId> open{from};
  while (!open.empty()) {
    const NodeId at = open.front();
    open.pop_front();
    for (uint32_t e : in.graph.out[at]) {
      const Edge& edge = in.graph.edges[e];
      if (edge.order_only() || edge.certain == Truth::kNo || of_tests(in, edge.to)) continue;
      if (seen.insert(edge.to).second) open.push_back(edge.to);
    }
  }
  return {seen.begin(), seen.end()};
}

// What is published is what the code or a command of the run writes; an unknown path may be.
bool written_there(const RuleInput& in, const std::vector<NodeId>& closure, const Publication& publication) {
  const std::string_view file = file_name(publication.path);
  if (file.empty() || file.find_first_of("$*{") != std::string_view::npos) return true;
  for (NodeId n : closure) {
    const Node& node = in.graph.nodes[n];
    if (node.kind == NodeKind::kCommand) {
      const Command& command = in.facts.automation[node.owner].commands[node.index];
      if (command.span == publication.span) continue;
      const bool named = std::any_of(command.words.begin(), command.words.end(),
                                     [&](const Word& w) { return file_name(w.text) == file; });
      if (named || file_name(command.output_file.view()) == file) return true;
    }
    if (node.kind != NodeKind::kFunction && node.kind != NodeKind::kModule && node.kind != NodeKind::kMain)
      continue;
    const PythonModule& module = in.facts.python[node.owner];
    for (const PyArg& arg : module.args) {
      if (file_name(arg.value.text.view()) == file) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<Evidence> human_approvals(const RuleInput& in, const AbilityMap& abilities,
                                      const Releases& releases) {
  std::vector<Evidence> out;
  const bool released = std::any_of(releases.all().begin(), releases.all().end(),
                                    [](const Release& r) { return r.by == Reach::By::kAutomatic; });
  if (!released) return out;
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    for (const Publication& publication : file.publications) {
      if (publication.kind != Publication::Kind::kComment || publication.unit == kNone) continue;
      uint32_t top = publication.unit;
      while (file.units[top].parent != kNone) top = file.units[top].parent;
      const std::vector<NodeId> closure = closure_without_tests(in, in.graph.node_of_unit(f, top));
      const AbleAt* measured = abilities.first_in(closure, "computes-metric");
      if (measured == nullptr || !written_there(in, closure, publication)) continue;
      Evidence evidence;
      evidence.place = publication.span;
      evidence.what = "the measures are put where a person decides on the merge that releases";
      evidence.runs_at = in.graph.node_of_unit(f, publication.unit);
      evidence.links = {{measured->span, "the quality is measured"}, {publication.span, "and commented"}};
      evidence.worth = 0.5;
      evidence.worth_why = "a person approves; nothing stops a worse model";
      out.push_back(std::move(evidence));
    }
  }
  return out;
}

}  // namespace mlgrade
