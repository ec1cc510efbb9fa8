// What kind of system a repository holds, from what it is seen to do (rubric section 2, archetype detection).
#pragma once

#include <vector>

#include "analyzer/engine/catalogue.h"
#include "analyzer/facts/repository.h"

namespace mlgrade {

// Traits with the place that shows each. A trait is never guessed from a name in a README; but where most
// code is in languages that are not analysed, a word in a README or manifest is enough not to say that there
// is no ML.
Archetype detect_archetype(const FactStore& facts, const Catalogue& catalogue, const std::vector<Use>& uses);

}  // namespace mlgrade
