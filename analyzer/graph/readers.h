// Who looks at what a module keeps: functions in a table (`STEPS = [load, train]`) run where the table is
// read, not where it is written.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

class Readers {
 public:
  using Question = std::pair<uint32_t, Name>;  // a module, and a name of its top level

  // Looks once for the readers of all that will be asked.
  Readers(const FactStore& facts, std::vector<Question> questions);

  // Functions, here and in modules that import it, that read the name; sorted. Empty if it was not asked for.
  const std::vector<PyRef>& of(uint32_t module, Name name) const;

 private:
  std::vector<Question> questions_;          // sorted
  std::vector<std::vector<PyRef>> answers_;  // parallel
};

}  // namespace mlgrade
