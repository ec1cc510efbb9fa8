// The table of functions, as of Prometheus 3.
#include "analyzer/syntax/promql_functions.h"

#include <algorithm>
#include <iterator>

namespace mlgrade {
namespace {

constexpr PromType kScalar = PromType::kScalar;
constexpr PromType kVector = PromType::kVector;

constexpr PromFunction kFunctions[] = {
    {"abs", "v", 0, kVector},
    {"absent", "v", 0, kVector},
    {"absent_over_time", "m", 0, kVector},
    {"acos", "v", 0, kVector},
    {"acosh", "v", 0, kVector},
    {"asin", "v", 0, kVector},
    {"asinh", "v", 0, kVector},
    {"atan", "v", 0, kVector},
    {"atanh", "v", 0, kVector},
    {"avg_over_time", "m", 0, kVector},
    {"ceil", "v", 0, kVector},
    {"changes", "m", 0, kVector},
    {"clamp", "vss", 0, kVector},
    {"clamp_max", "vs", 0, kVector},
    {"clamp_min", "vs", 0, kVector},
    {"cos", "v", 0, kVector},
    {"cosh", "v", 0, kVector},
    {"count_over_time", "m", 0, kVector},
    {"day_of_month", "v", 1, kVector},
    {"day_of_week", "v", 1, kVector},
    {"day_of_year", "v", 1, kVector},
    {"days_in_month", "v", 1, kVector},
    {"deg", "v", 0, kVector},
    {"delta", "m", 0, kVector},
    {"deriv", "m", 0, kVector},
    {"double_exponential_smoothing", "mss", 0, kVector},
    {"exp", "v", 0, kVector},
    {"first_over_time", "m", 0, kVector},
    {"floor", "v", 0, kVector},
    {"histogram_avg", "v", 0, kVector},
    {"histogram_count", "v", 0, kVector},
    {"histogram_fraction", "ssv", 0, kVector},
    {"histogram_quantile", "sv", 0, kVector},
    {"histogram_stddev", "v", 0, kVector},
    {"histogram_stdvar", "v", 0, kVector},
    {"histogram_sum", "v", 0, kVector},
    {"holt_winters", "mss", 0, kVector},
    {"hour", "v", 1, kVector},
    {"idelta", "m", 0, kVector},
    {"increase", "m", 0, kVector},
    {"info", "vv", 1, kVector},
    {"irate", "m", 0, kVector},
    {"label_join", "vttt", -1, kVector},
    {"label_replace", "vtttt", 0, kVector},
    {"last_over_time", "m", 0, kVector},
    {"ln", "v", 0, kVector},
    {"log10", "v", 0, kVector},
    {"log2", "v", 0, kVector},
    {"mad_over_time", "m", 0, kVector},
    {"max_over_time", "m", 0, kVector},
    {"min_over_time", "m", 0, kVector},
    {"minute", "v", 1, kVector},
    {"month", "v", 1, kVector},
    {"pi", "", 0, kScalar},
    {"predict_linear", "ms", 0, kVector},
    {"present_over_time", "m", 0, kVector},
    {"quantile_over_time", "sm", 0, kVector},
    {"rad", "v", 0, kVector},
    {"rate", "m", 0, kVector},
    {"resets", "m", 0, kVector},
    {"round", "vs", 1, kVector},
    {"scalar", "v", 0, kScalar},
    {"sgn", "v", 0, kVector},
    {"sin", "v", 0, kVector},
    {"sinh", "v", 0, kVector},
    {"sort", "v", 0, kVector},
    {"sort_by_label", "vt", -1, kVector},
    {"sort_by_label_desc", "vt", -1, kVector},
    {"sort_desc", "v", 0, kVector},
    {"sqrt", "v", 0, kVector},
    {"stddev_over_time", "m", 0, kVector},
    {"stdvar_over_time", "m", 0, kVector},
    {"sum_over_time", "m", 0, kVector},
    {"tan", "v", 0, kVector},
    {"tanh", "v", 0, kVector},
    {"time", "", 0, kScalar},
    {"timestamp", "v", 0, kVector},
    {"ts_of_last_over_time", "m", 0, kVector},
    {"ts_of_max_over_time", "m", 0, kVector},
    {"ts_of_min_over_time", "m", 0, kVector},
    {"vector", "s", 0, kVector},
    {"year", "v", 1, kVector},
};

struct Aggregation {
  std::string_view name;
  char parameter;
};

constexpr Aggregation kAggregations[] = {
    {"avg", '-'},    {"bottomk", 's'},     {"count", '-'}, {"count_values", 't'}, {"group", '-'},
    {"limitk", 's'}, {"limit_ratio", 's'}, {"max", '-'},   {"min", '-'},          {"quantile", 's'},
    {"stddev", '-'}, {"stdvar", '-'},      {"sum", '-'},   {"topk", 's'},
};

}  // namespace

const PromFunction* promql_function(std::string_view name) {
  const auto found = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                  [&](const PromFunction& one) { return one.name == name; });
  return found == std::end(kFunctions) ? nullptr : found;
}

char promql_aggregation(std::string_view name) {
  for (const Aggregation& one : kAggregations) {
    if (one.name == name) return one.parameter;
  }
  return '\0';
}

}  // namespace mlgrade
