// Rows that are checked one by one: a function that checks makes an object of a pydantic model from each,
// `Row(**row)`, which raises on what the model does not allow.
#pragma once

#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// One piece for each such function of product code that a loop over rows comes to; requests, settings and
// answers of language models are no rows. Whole where the model says types and more, and a refusal is not
// caught.
std::vector<Evidence> row_model_evidence(const RuleInput& in);

}  // namespace mlgrade
