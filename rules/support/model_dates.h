// When the model last changed, as history tells: what was written before says nothing of what came after
// (rubric F-24).
#pragma once

#include <optional>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct ModelChange {
  FileId file = FileId::kNone;
  Date date;
};

// The newest change of a model that is committed, of a pointer to one (DVC), or of a record of its training
// (dvc.lock). None where history does not tell, or the model lies elsewhere.
std::optional<ModelChange> newest_model(const RuleInput& in);

// The newest change of code that trains a model.
std::optional<ModelChange> newest_training(const RuleInput& in);

}  // namespace mlgrade
