// Places of code where rows are taken group by group and a measure of quality is computed for each.
#pragma once

#include <vector>

#include "analyzer/engine/rule.h"
#include "rules/support/model_metrics.h"

namespace mlgrade {

// A loop over groups, a function that is asked for each, groupby().apply() or groupby().mean().
struct Grouping {
  uint32_t module = kNone, function = kNone;
  uint32_t block = kNone;  // the loop's block; kNone for a single expression
  Span span;
  bool people = false;
};

// In the order of kinds and places; notebooks are among them, samples are not.
std::vector<Grouping> find_groupings(const RuleInput& in, const QualityCalls& quality);

}  // namespace mlgrade
