// Arguments by keyword or place; the place of a method's parameters does not count `self`.
#include "analyzer/passes/orchestrators/passed_values.h"

#include <algorithm>

#include "analyzer/passes/orchestrators/flows.h"

namespace mlgrade::passes {

bool is_parameter(const PythonModule& module, uint32_t function, Name name) {
  if (function == kNone) return false;
  const std::vector<PyParam>& params = module.functions[function].params;
  return std::any_of(params.begin(), params.end(), [&](const PyParam& param) { return param.name == name; });
}

std::vector<Passed> Callers::passed_to(PyRef ref, Name parameter) {
  std::vector<Passed> found;
  const PyFunction* function = facts_.function(ref);
  if (function == nullptr) return found;
  uint32_t place = 0;
  while (place < function->params.size() && function->params[place].name != parameter) ++place;
  if (place == function->params.size()) return found;
  if (function->cls != kNone && place > 0) --place;
  for (uint32_t m = 0; m < facts_.python.size() && !filled_; ++m) {
    const std::vector<PyCall>& calls = facts_.python[m].calls;
    for (uint32_t c = 0; c < calls.size(); ++c) {
      if (calls[c].function_ref.valid()) calls_[calls[c].function_ref].emplace_back(m, c);
    }
  }
  filled_ = true;
  const auto known = calls_.find(ref);
  if (known == calls_.end()) return found;
  for (const auto& [m, c] : known->second) {
    const PythonModule& module = facts_.python[m];
    found.push_back({m, c, argument(module, module.calls[c], parameter.view(), place)});
  }
  return found;
}

}  // namespace mlgrade::passes
