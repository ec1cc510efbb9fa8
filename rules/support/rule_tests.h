// Unit tests of alert rules: files for `promtool test rules`, and the commands that run them.
#pragma once

#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// A case that expects an alert to fire.
struct AlertTest {
  Name alert;
  Span at;
};

// Cases with a list of expected alerts that is not empty, outside samples.
std::vector<AlertTest> alert_tests(const FactStore& facts);

struct RuleTestRun {
  NodeId node = kNone;
  Span span;
};

// Commands that run such files.
std::vector<RuleTestRun> rule_test_runs(const RuleInput& in);

}  // namespace mlgrade
