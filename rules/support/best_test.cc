#include "rules/support/best_test.h"

#include <tuple>

namespace mlgrade {

bool tests_project(const TestCase& test) {
  return test.effective && test.collected != Truth::kNo && test.skipped != Truth::kYes &&
         (test.on_artifacts || !test.project_functions.empty());
}

uint32_t best_test(const RuleInput& in, const std::function<bool(const TestCase&)>& accept) {
  using Rank = std::tuple<int, Effect, Truth>;
  uint32_t best = kNone;
  Rank best_rank{};
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!tests_project(test)) continue;
    const NodeId node = in.graph.node_of_test(t);
    const Reach::By by = in.graph.reached_by(node);
    const bool worse = by == Reach::By::kNothing || -static_cast<int>(by) > std::get<0>(best_rank);
    if ((best != kNone && worse) || !accept(test)) continue;
    Rank rank{-static_cast<int>(by), Effect::kBlocking, Truth::kYes};
    if (by != Reach::By::kNothing) {
      const Reach reach = in.graph.reach(node);
      rank = {-static_cast<int>(by), reach.effect, reach.certain};
    }
    if (best != kNone && !(rank < best_rank)) continue;
    best = t;
    best_rank = rank;
    if (by == Reach::By::kAutomatic && std::get<1>(rank) == Effect::kBlocking &&
        std::get<2>(rank) == Truth::kYes)
      break;
  }
  return best;
}

bool starts_on_change(const RuleInput& in, NodeId node) {
  const Reach reach = in.graph.reach(node);
  if (reach.by != Reach::By::kAutomatic || reach.nodes.empty()) return false;
  const Node& start = in.graph.nodes[reach.nodes.front()];
  if (start.kind != NodeKind::kTrigger) return false;
  switch (in.facts.automation[start.owner].triggers[start.index].kind) {
    case TriggerKind::kPush:
    case TriggerKind::kPullRequest:
    case TriggerKind::kMergeQueue:
    case TriggerKind::kTag:
    case TriggerKind::kHook:
      return true;
    default:
      return false;
  }
}

}  // namespace mlgrade
