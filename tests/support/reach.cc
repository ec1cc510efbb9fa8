// Collects facts, links them and asks the graph.
#include "tests/support/reach.h"

#include <tuple>

#include "analyzer/graph/graph.h"
#include "analyzer/passes/pass.h"

namespace mlgrade {
namespace {

struct World {
  FactStore facts;
  Graph graph;

  explicit World(RepoFiles files) : facts(collect_facts(memory_repo(std::move(files)), 1)) {
    graph = build_graph(facts);
  }

  // The best reached command of that program; kNone if there is none.
  NodeId command(std::string_view program) const {
    NodeId best = kNone;
    std::tuple<int, int, int> rank;
    for (uint32_t f = 0; f < facts.automation.size(); ++f) {
      const AutomationFile& file = facts.automation[f];
      for (uint32_t c = 0; c < file.commands.size(); ++c) {
        if (file.commands[c].words.empty() || file.commands[c].words[0].text != program) continue;
        const NodeId node = graph.node_of_command(f, c);
        const Reach reach = graph.reach(node);
        const std::tuple<int, int, int> own = {-static_cast<int>(reach.by), static_cast<int>(reach.effect),
                                               -static_cast<int>(reach.certain)};
        if (best != kNone && own >= rank) continue;
        best = node;
        rank = own;
      }
    }
    return best;
  }
};

}  // namespace

std::string reach_of(RepoFiles files, std::string_view program) {
  const World world(std::move(files));
  const NodeId node = world.command(program);
  if (node == kNone) return "no command";
  const Reach reach = world.graph.reach(node);
  if (reach.by == Reach::By::kNothing) return "nothing";
  std::string text = reach.by == Reach::By::kManual ? "manual" : "automatic";
  if (reach.effect == Effect::kReporting) text += " reporting";
  if (reach.effect == Effect::kSwallowed) text += " swallowed";
  if (reach.certain == Truth::kUnknown) text += " maybe";
  return text;
}

std::string why_not(RepoFiles files, std::string_view program) {
  const World world(std::move(files));
  const NodeId node = world.command(program);
  if (node == kNone) return "no command";
  const Reach reach = world.graph.reach(node);
  return reach.effect == Effect::kBlocking ? reach.broken : reach.defeated_why;
}

std::vector<std::string> dangling_of(RepoFiles files) {
  const World world(std::move(files));
  std::vector<std::string> out;
  for (const Dangling& dangling : world.graph.dangling) {
    out.push_back(std::string(world.facts.path(dangling.span.file)) + ":" +
                  std::to_string(dangling.span.line) + " " + dangling.target);
  }
  return out;
}

bool gates(RepoFiles files, std::string_view first, std::string_view second) {
  const World world(std::move(files));
  return world.graph.gates(world.command(first), world.command(second));
}

}  // namespace mlgrade
