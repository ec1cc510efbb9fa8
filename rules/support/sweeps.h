// Searches over settings that a file describes for a tool to run: a sweep of Weights & Biases, a sweep job of
// Azure ML, an Experiment of Katib, a sweeper of Hydra.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct Sweep {
  const ConfigDocument* document = nullptr;  // never null
  Span span;
  std::string_view tool;
  bool single = false;  // every setting has one value only
  Span used;            // where what it found is taken further; invalid if the document does not say
};

// Outside samples, in the order of the files.
std::vector<Sweep> sweeps(const FactStore& facts);

}  // namespace mlgrade
