// Commands and actions of automation that are checks: they run tests, hold a model to a bar, or run a tool
// that exits with a failure. What findings about automation speak of.
#pragma once

#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct CheckStep {
  enum class Kind { kTests, kGate, kTool };  // collects tests; runs a bar on a measure; a checking tool
  Kind kind = Kind::kTests;
  NodeId node = kNone;  // the command, or the unit that uses the action
  uint32_t file = kNone;
  uint32_t unit = kNone;
  Span span;
  std::string name;  // "`pytest tests`"
  Name tool;         // kTool: which, and what it checks
  Name capability;
};

// Outside samples, in the order of places.
const std::vector<CheckStep>& check_steps(const RuleInput& in);

// A file of a system that starts by itself what it holds: workflows and jobs, not targets and scripts.
bool is_ci(const AutomationFile& file);

// The outermost unit below the workflow that holds the unit; kNone stays kNone.
uint32_t job_of(const AutomationFile& file, uint32_t unit);

// What a person calls the unit: its title, else its name.
std::string_view title_of(const Unit& unit);

// "`pytest tests --cov`", cut to a sane width.
std::string quoted_command(const Command& command);

// "1 test", "3 tests".
std::string counted(size_t count, std::string_view one);

// "a, b, c and 4 more".
std::string listed(const std::vector<std::string>& names, size_t most = 4);

}  // namespace mlgrade
