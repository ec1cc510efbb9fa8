// Alerts as evidence: a rule that a server loads, on a metric that code updates, with somebody at the end of
// its route.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// The metric definition that exports a series name; null if the repository's code exports none of that name.
const MetricDefinition* metric_of(const FactStore& facts, Name series);

// What an alert is worth whose metric is set at start-up only: a constant tells nothing (void, or half where
// it may still be of use), but the time of training is right from the start (fine).
enum class SetOnce { kVoid, kHalf, kFine };

// Every place that sets it runs once, as the program starts: a module's body, a start-up handler.
bool set_at_start(const FactStore& facts, const MetricDefinition& metric);

// A configuration of Prometheus that services of compose files see, of which none is started by itself.
bool started_by_hand(const RuleInput& in, FileId server);

// Something that is deployed here, or starts by itself, runs code that sets it; true as well where the graph
// cannot tell: no process of the repository is seen to run Python.
bool runs_deployed(const RuleInput& in, const MetricDefinition& metric);

// Evidence for every alert whose expression reads a series that `on_topic` accepts. Each link that is missing
// (not loaded, exported nowhere, set once, no receiver, cannot fire) defeats it or caps it at half a point
// (rubric F-16 to F-18).
std::vector<Evidence> alert_evidence(const RuleInput& in,
                                     const std::function<bool(std::string_view series)>& on_topic,
                                     const std::string& what, SetOnce once = SetOnce::kHalf);

}  // namespace mlgrade
