// Drills that were held by hand, as documents tell of them: what was broken, when, and what was seen.
#pragma once

#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// An entry with a date and something to tell: a section, a row of a table, or a document of its own.
struct HeldDrill {
  FileId file = FileId::kNone;
  Span place;
  Date date;
  std::string text;     // what is told, in lower case
  std::string missing;  // a script that it names and that does not exist; the entry is then void
};

// In documents that are called logs of drills, in the order of places. Templates tell nothing.
std::vector<HeldDrill> held_drills(const RuleInput& in);

}  // namespace mlgrade
