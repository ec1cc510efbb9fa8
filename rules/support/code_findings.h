// What findings about code share: which code they look at, and one finding a file.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Code that is the project's own product: no tests, no samples. `notebooks`: those, too.
bool is_looked_at(const RuleInput& in, const PythonModule& module, bool notebooks);

// Calls of such code, in the order of files and calls.
void each_call(const RuleInput& in, bool notebooks,
               const std::function<void(uint32_t module, const PyCall& call)>& look);

// A method of a table or column of pandas, as far as it can be resolved.
bool is_pandas(const PyCall& call);

// The name is bound to a table or column of pandas in the function or in the module's body.
bool is_pandas_table(const PythonModule& module, std::string_view name, uint32_t function);

// The keyword argument; null if the call has none. A call with **arguments may have any.
const PyArg* argument(const PythonModule& module, const PyCall& call, std::string_view keyword);
bool has_unpacked(const PythonModule& module, const PyCall& call);

// The function counts, logs or tells of what it leaves out: rows dropped, values repaired, errors met.
bool tells_of_losses(const PythonModule& module, uint32_t function);

struct Hit {
  Span at;
  std::string what;
};
// One finding for each file, with the first hit's words and all places.
void report_by_file(std::vector<Hit> hits, Severity severity, Confidence confidence, RuleOutput& output);

}  // namespace mlgrade
