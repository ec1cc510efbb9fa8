// What a request has to be for the service to take it.
#pragma once

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// The class of the repository that a resolved name stands for; invalid if there is none.
PyRef class_named(const FactStore& facts, Name target);

// The field or validator by which the class, or one that its fields hold, refuses values that a model would
// be asked about; an invalid span if it takes them all.
Span bound_of_request(const FactStore& facts, PyRef cls);

}  // namespace mlgrade
