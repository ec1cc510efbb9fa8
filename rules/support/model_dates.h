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

// The same of the models that the document can speak of: those below its own folder if there are any, else
// those of the system that it lies in. None for the document of one version that has no model beside it.
std::optional<ModelChange> newest_model_for(const RuleInput& in, FileId document);

// Both lie in one system, as far as folders with manifests of their own tell.
bool belong_together(const RuleInput& in, FileId a, FileId b);

// The newest change of code that trains a model.
std::optional<ModelChange> newest_training(const RuleInput& in);

}  // namespace mlgrade
