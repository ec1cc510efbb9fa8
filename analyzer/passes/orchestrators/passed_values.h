// What callers hand to a parameter: flows that a function puts together for whoever calls it.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

struct Passed {
  uint32_t module = kNone;  // of the call
  uint32_t call = kNone;
  const PyValue* value = nullptr;  // null: not given there, its default holds
};

bool is_parameter(const PythonModule& module, uint32_t function, Name name);

// Who calls what: looked up once, when it is first asked for.
class Callers {
 public:
  explicit Callers(const FactStore& facts) : facts_(facts) {}  // which must outlive it, its calls unchanged

  // One for each call of the function in the repository, in the order of modules.
  std::vector<Passed> passed_to(PyRef function, Name parameter);

 private:
  const FactStore& facts_;
  bool filled_ = false;
  std::map<PyRef, std::vector<std::pair<uint32_t, uint32_t>>> calls_;  // of a function: module and call
};

}  // namespace mlgrade::passes
