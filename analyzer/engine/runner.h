// All rules of the program, and running them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/engine/yaml_rule.h"

namespace mlgrade {

struct RuleSet {
  std::vector<LoadedRule> rules;  // sorted by id
  Catalogue catalogue;

  const LoadedRule* find(std::string_view id) const;  // null if there is none
};

// From rules/**/*.yaml as (path, tree) and the compiled rules. A mistake is a problem, and our bug.
RuleSet load_rules(const std::vector<std::pair<std::string, DataNode>>& documents,
                   std::vector<Problem>& problems);

struct RuleResults {
  std::vector<Evidence> evidence;    // by rule, then place
  std::vector<Finding> findings;     // by place, then rule
  std::vector<AlertVerdict> alerts;  // in the order of facts
};

// Runs every rule; `uses` as find_uses gives them; completes rule ids and reach; drops evidence in samples
// and vendored places, and repetitions.
RuleResults run_rules(const RuleSet& rules, const FactStore& facts, const Graph& graph,
                      const std::vector<Use>& uses, std::optional<Date> as_of);

}  // namespace mlgrade
