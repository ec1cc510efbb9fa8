// What a test really runs: calls, imports and what frameworks call back, but of a service only the routes
// that it asks, and of a flow only what is run and not what is declared.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

class TestRuns {
 public:
  explicit TestRuns(const RuleInput& in);

  // Nodes that run when the test runs, itself included, sorted. Of a test that only sees how something is
  // turned away: what it calls itself.
  std::vector<NodeId> of(uint32_t test) const;

 private:
  enum class Edges : uint8_t { kRun, kDeclare, kRegister };
  bool follows(uint32_t edge, const std::vector<std::string>& requests) const;

  const RuleInput& in_;
  std::vector<Edges> edges_;              // by edge of the graph
  std::map<NodeId, std::string> routes_;  // path of the route that the function answers
  bool prefixed_ = false;                 // routers have prefixes of their own
};

}  // namespace mlgrade
