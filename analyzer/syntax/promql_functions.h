// The functions and aggregations of PromQL, and what they are given.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "analyzer/syntax/promql.h"

namespace mlgrade {

struct PromFunction {
  std::string_view name;
  std::string_view args;  // a letter each: s scalar, v instant vector, m range vector, t string
  int8_t optional = 0;    // of these at the end; -1: the last one any number of times, also never
  PromType returns = PromType::kVector;
};

const PromFunction* promql_function(std::string_view name);  // null: not known here

// "sum": no parameter, "topk": 's', "count_values": 't'; '\0' where the name is no aggregation.
char promql_aggregation(std::string_view name);

}  // namespace mlgrade
