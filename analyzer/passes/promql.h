// What a PromQL expression reads, and whether it can tell good from bad.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/base/name.h"
#include "analyzer/facts/monitoring.h"
#include "analyzer/syntax/promql.h"

namespace mlgrade {

// The expression as a fact. A text with template marks ({{ }}, {% %}) is unknown.
Query read_promql(std::string_view expression, PromqlOptions options = {});

// Names of the series that the query reads, in order, each once.
std::vector<Name> series_of(const Query& query);

// Whether the expression gives a result: kNo never, kYes whenever its series exist.
struct PromqlVerdict {
  Truth holds = Truth::kUnknown;
  std::string why;            // a phrase, when known
  uint32_t event_window = 0;  // see Query
};
PromqlVerdict judge_promql(const ParsedPromql& parsed);

}  // namespace mlgrade
