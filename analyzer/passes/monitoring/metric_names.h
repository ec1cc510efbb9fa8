// How a metric of a client library is called where it is scraped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/monitoring.h"

namespace mlgrade {

// What a constructor makes: the kind of metric, and the endings of its series.
struct MetricConstructor {
  std::string_view name;
  std::string_view kind;
  std::vector<std::string_view> endings;
  bool instrument() const { return name.starts_with("create_"); }  // of OpenTelemetry
};

// By the last part of its dotted name; null: none.
const MetricConstructor* metric_constructor(std::string_view name);

// The series of a metric of that name. `unit` as given to the constructor.
// Sources: prometheus_client appends _total to counters; OpenTelemetry's data model for Prometheus replaces
// what is no name, and appends unit and _total, which a collector may be told not to do.
std::vector<Name> exposed_series(const MetricConstructor& made, std::string name, std::string_view unit);

}  // namespace mlgrade
