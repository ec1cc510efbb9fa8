// Unit tests of alert rules (files for `promtool test rules`): which alert must fire, and what runs the file.
#pragma once

#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct RuleTest {
  const AlertRule* alert = nullptr;  // of the repository, of the name that must fire; never null
  Span place;                        // of the expectation
  NodeId command = kNone;            // that runs the file; kNone: nothing does
  Span command_at;
  std::string not_loaded;  // why a server may not have the rule, a phrase; empty: it has it
};

// Expectations of alerts (`exp_alerts` that is not empty) on rules that the repository has and that can fire.
std::vector<RuleTest> rule_tests(const RuleInput& in);

// Commands that run tests of rules, whatever these expect.
struct RuleTestCommand {
  NodeId node = kNone;
  const Command* command = nullptr;
};
std::vector<RuleTestCommand> rule_test_commands(const RuleInput& in);

// Evidence that the test shows: the alert fires when it must.
Evidence evidence_of(const RuleTest& test);

}  // namespace mlgrade
