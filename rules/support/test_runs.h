// What a test really runs: calls, imports and what frameworks call back, but of a service only the routes
// that it asks, and of a flow only what is run and not what is declared.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/engine/rule.h"
#include "rules/support/target_sets.h"

namespace mlgrade {

class TestRuns {
 public:
  // `asked`: the nodes that there will be questions about.
  TestRuns(const RuleInput& in, std::vector<NodeId> asked);

  // Those of the asked nodes that run when the test runs. Of a test that only sees how something is turned
  // away: what it calls itself.
  std::vector<NodeId> of(uint32_t test) const;

 private:
  enum class Edges : uint8_t { kRun, kDeclare, kRegister };
  struct Route {
    size_t registered = 0;              // where: into targets_
    NodeId handler = kNone;             // the function that answers it
    std::vector<std::string> segments;  // of its path
  };

  void find_routes();
  const TargetSets& sets(bool outside) const;
  void add_routes(uint32_t test, TargetSets::Bits& found) const;
  std::vector<NodeId> asked_in(const TargetSets::Bits& found) const;

  const RuleInput& in_;
  size_t asked_ = 0;  // so many of the targets are asked for; the others register routes
  std::vector<NodeId> targets_;
  std::vector<Edges> edges_;  // by edge of the graph
  std::vector<Route> routes_;
  bool prefixed_ = false;                              // routers have prefixes of their own
  mutable std::optional<TargetSets> whole_, outside_;  // made when asked for
};

}  // namespace mlgrade
