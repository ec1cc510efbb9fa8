// What becomes of the verdict of a check after the call that makes it: it fails the program, stops what comes
// next, is returned to callers who do (or do not), or is lost. Results are followed by name inside functions,
// and through returns from function to function.
#pragma once

#include <functional>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct VerdictPath {
  UseEffect effect;        // blocking: a failure raises, exits, or keeps what follows from running
  bool published = false;  // lost, but written to a file or a tracker
  Link publication;
  std::vector<Link> links;  // from the check outwards: "returned to main", "raises"
};

// Puts what becomes of the verdict into the evidence of the check; the links of the path stay with the
// caller.
void take_verdict(const VerdictPath& path, Evidence& evidence);

// The verdict of one call. `fails` says how the call tells: by raising, or by what it returns.
VerdictPath verdict_of_call(const RuleInput& in, uint32_t module, uint32_t call, Fails fails);

// The verdict of the looks at data that a function takes: calls that `is_look` accepts and names that
// `is_look_read` accepts ("rows.columns"). Null when nothing in the function, nor its result, depends on
// them.
struct FunctionVerdict {
  bool decides = false;  // some condition, assert or return depends on the looks
  VerdictPath path;
};
FunctionVerdict verdict_of_looks(const RuleInput& in, PyRef function,
                                 const std::function<bool(uint32_t call)>& is_look,
                                 const std::function<bool(Name read)>& is_look_read);

// The `except` that catches everything raised in the block and goes on; null if none does.
const PyBlock* swallowing_except(const PythonModule& module, uint32_t block);

}  // namespace mlgrade
