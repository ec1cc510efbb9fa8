// What callers hand to a parameter: flows that a function puts together for whoever calls it.
#pragma once

#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

struct Passed {
  uint32_t module = kNone;  // of the call
  uint32_t call = kNone;
  const PyValue* value = nullptr;  // null: not given there, its default holds
};

bool is_parameter(const PythonModule& module, uint32_t function, Name name);

// One for each call of the function in the repository, in the order of modules.
std::vector<Passed> passed_to(const FactStore& facts, PyRef function, Name parameter);

}  // namespace mlgrade::passes
