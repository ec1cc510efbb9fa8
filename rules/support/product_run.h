// Who runs a check in earnest. A unit test that calls it with made-up rows shows that the check works, not
// that it is made.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// What else counts as a run in earnest, and what does not.
struct Earnest {
  std::function<bool(uint32_t test)> test;  // a test that counts all the same, say because it reads real data
  std::function<bool(NodeId node)> elsewhere;      // a node of another side: what it runs is another matter
  std::string_view only = "which only tests run";  // said when nothing is left
};

// Sets where the evidence runs to the best node that leads to it without a test on the way: its own, or that
// of a caller (the way from there is added to the links). When nothing but tests leads there, the evidence
// runs nowhere and says so.
void run_in_earnest(const RuleInput& in, Evidence& evidence, const Earnest& earnest = {});

// All that the node runs but for tests and what only they run: those are judged one by one. Sorted.
std::vector<NodeId> run_without_tests(const RuleInput& in, NodeId node);

// How the node is come to without a test on the way: what an act (a promotion, an upload) is worth that a
// test makes with stand-ins.
Reach::By product_reach(const RuleInput& in, NodeId node);

}  // namespace mlgrade
