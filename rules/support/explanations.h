// Explanations of predictions: calls that compute them, of one example or over all rows. Over all rows they
// measure features (DATA-2), of one example they are a tool for finding out (INFRA-5).
#pragma once

#include <set>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct Explanation {
  uint32_t module = kNone;
  uint32_t function = kNone;  // kNone: the module's body
  uint32_t call = kNone;      // `explainer.shap_values(x)`; building the explainer explains nothing yet
  bool over_all = false;      // averaged, or drawn as a summary of many rows
  Span span;
};

// In product code and notebooks, samples left out; sorted by place.
std::vector<Explanation> explanations(const RuleInput& in);

// Resolved names of the functions through which work comes to the node, its own included.
std::set<Name> functions_leading_to(const RuleInput& in, NodeId node);

}  // namespace mlgrade
