// What is fitted inside a transformer is no model of its own.
#pragma once

#include <vector>

#include "analyzer/engine/catalogue.h"

namespace mlgrade {

// An estimator that a class with `fit` and `transform`, and without any way to answer, fits for itself (a
// detector of outliers, clusters as features) fits a transformer, and what it says in `transform` transforms.
// Where nothing else in the repository trains, it is the model, and stays one.
void settle_transformers(const FactStore& facts, std::vector<Use>& uses);

}  // namespace mlgrade
