// Looks at the commands on the way to the test, and at those that stand before them.
#include "rules/support/trained_before.h"

#include <algorithm>
#include <vector>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/mock_arguments.h"
#include "rules/support/product_run.h"

namespace mlgrade {
namespace {

// The job that the command is a part of: what runs on one machine, one after the other.
uint32_t job_of(const AutomationFile& file, uint32_t command) {
  uint32_t unit = file.commands[command].unit;
  while (unit != kNone && file.units[unit].kind == UnitKind::kStep && file.units[unit].parent != kNone)
    unit = file.units[unit].parent;
  return unit;
}

// A place of the project's code in the closure that saves a model with the tool.
bool saves_by(const RuleInput& in, const AbilityMap& abilities, const std::vector<NodeId>& closure,
              Name tool) {
  return abilities.first_in(closure, "saves-model", [&](const AbleAt& able) {
    return able.use == nullptr || able.use->tool != tool || is_test_code(in.facts, able.span.file);
  }) != nullptr;
}

// A method that models have is called, on an object of no known kind: what a file gave back.
bool asks_object(const RuleInput& in, const std::vector<NodeId>& closure) {
  return std::any_of(closure.begin(), closure.end(), [&](NodeId n) {
    const Node& node = in.graph.nodes[n];
    const PyRef ref = node.kind == NodeKind::kFunction ? PyRef{node.owner, node.index}
                      : node.kind == NodeKind::kTest   ? in.facts.tests[node.owner].function
                                                       : PyRef{};
    if (in.facts.function(ref) == nullptr) return false;
    return std::ranges::any_of(calls_in(in.facts.python[ref.module], ref.index), [&](const PyCall& call) {
      return !call.function_ref.valid() && (call.method == "predict" || call.method == "predict_proba" ||
                                            call.method == "decision_function");
    });
  });
}

}  // namespace

std::optional<TrainedBefore> trained_before(const RuleInput& in, const AbilityMap& abilities, uint32_t test) {
  const TestCase& one = in.facts.tests[test];
  const NodeId node = in.graph.node_of_test(test);
  if (!abilities.can(node, "loads-model") || abilities.can(node, "trains-model") ||
      replaces_anything(in, one))
    return std::nullopt;
  TrainedBefore found;
  found.loads = abilities.first(node, "loads-model");
  if (found.loads == nullptr || found.loads->use == nullptr) return std::nullopt;
  for (NodeId on_way : in.graph.reach(node).nodes) {
    const Node& runs = in.graph.nodes[on_way];
    if (runs.kind != NodeKind::kCommand) continue;
    const AutomationFile& file = in.facts.automation[runs.owner];
    for (uint32_t c = 0; c < runs.index; ++c) {
      const NodeId command = in.graph.node_of_command(runs.owner, c);
      if (!abilities.can(command, "trains-model") || job_of(file, c) != job_of(file, runs.index) ||
          !in.graph.gates(command, node))
        continue;
      const std::vector<NodeId> closure = run_without_tests(in, command);
      found.trains = abilities.first_in(closure, "trains-model");
      if (found.trains == nullptr || !saves_by(in, abilities, closure, found.loads->use->tool)) continue;
      if (!abilities.can(node, "predicts") && !asks_object(in, in.graph.closure(node))) return std::nullopt;
      found.command = command;
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace mlgrade
