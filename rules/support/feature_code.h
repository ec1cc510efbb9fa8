// Which functions of the product make features: clean, encode, tokenise, transform, chunk, build prompts. By
// the names that people give them, as the rubric does (DATA-7); reading, writing, plotting, training and
// entry points are none.
#pragma once

#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Sorted by place. Functions of one name and body home count once each; stubs, tests, notebooks and samples
// are left out, and so are functions that only build a flow, or hand a task's work to another of these. A
// check of a frame that repairs it as well is one of them.
const std::vector<PyRef>& feature_functions(const RuleInput& in);

// True if the function's own code only moves data in or out.
bool is_io_function(const PyFunction& function);

}  // namespace mlgrade
