// Two values that are one and the same under two names (rubric F-19): the reference held against itself, a
// champion that is its own challenger.
#pragma once

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// Both come, through plain assignments in the function (kNone: the module's body), from the same name, or
// from calls of the same function with the same constant or equal arguments. Calls whose results differ each
// time (samples, requests, clocks) are never the same; neither is what is not understood.
bool same_value(const PythonModule& module, uint32_t function, const PyValue& a, const PyValue& b);

}  // namespace mlgrade
