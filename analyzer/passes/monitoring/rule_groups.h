// Groups of alerting and recording rules as Prometheus writes them.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/facts/monitoring.h"

namespace mlgrade {

struct RuleGroups {
  std::vector<AlertRule> alerts;
  std::vector<RecordingRule> recordings;

  bool empty() const { return alerts.empty() && recordings.empty(); }
  void mark_loaded(Truth loaded, const char* why, Span at);
};

// `groups` is the list; null or anything else gives nothing. `shift` is added to each line.
RuleGroups read_rule_groups(const DataNode* groups, FileId file, uint32_t shift);

// A duration of Prometheus in whole seconds; 0 if it is none.
uint32_t rule_seconds(std::string_view text);

}  // namespace mlgrade
