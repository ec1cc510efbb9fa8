// Whether something that runs by itself tells when a stage of the workflow goes wrong in operation.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/engine/alert_verdicts.h"
#include "analyzer/engine/evidence.h"
#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// What may watch a stage: an entry of `watched_by` in rubric/stages.yaml.
//   alerts                 an alert that can fire, on a metric that the stage's own files set
//   absence                an alert that tells when a series is gone
//   topic/rule             a check that is evidence of the rule
//   topic/rule#its part    the same, where the evidence speaks for that part of an item
struct Watcher {
  std::string rule;  // "alerts" and "absence" are no rules
  std::string part;  // "": any
};

Watcher parse_watcher(std::string_view text);

struct StageWatch {
  std::string what;
  Span at;
};

struct WatchInput {
  const FactStore& facts;
  const std::vector<Evidence>& evidence;
  const std::vector<AlertVerdict>& alerts;
  std::function<bool(NodeId)> runs;  // by itself, and not for a test
};

// The first that watches; `files` are those that the stage's places lie in, sorted. What may not fire,
// reaches nobody, is partial or in doubt watches nothing.
std::optional<StageWatch> watch_of(const std::vector<Watcher>& watchers, const std::vector<FileId>& files,
                                   const WatchInput& in);

}  // namespace mlgrade
