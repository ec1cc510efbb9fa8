// What keeps telemetry within bounds and free of persons, in code and in collectors.
#pragma once

#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// A processor of an OpenTelemetry collector that stands in a pipeline.
struct Processor {
  std::string_view name;  // "tail_sampling/errors"
  const DataNode* settings = nullptr;
  Span at;        // its settings
  Span pipeline;  // the pipeline that it stands in
};
std::vector<Processor> piped_processors(const FactStore& facts);

// One way in which telemetry has an end.
struct TelemetryBound {
  enum class Kind { kSampled, kBounded, kKept };
  Kind kind = Kind::kSampled;
  std::string what;
  Span at;
  NodeId node = kNone;  // code, or the manifest that holds it; kNone: neither
};
std::vector<TelemetryBound> telemetry_bounds(const RuleInput& in);

// The number that a value stands for: a constant, a name bound to one, the default of an environment variable
// that is made a number. NaN: unknown.
double number_of(const PythonModule& module, const PyValue& value, int depth = 0);

// The value of a keyword argument; null if the call has none.
const PyValue* keyword_of(const PythonModule& module, const PyCall& call, std::string_view keyword);

}  // namespace mlgrade
