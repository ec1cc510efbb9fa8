// Where values go inside functions: which names carry what a call returned, what a name was made of, and
// which conditions and assertions look at them. Within one function, in source order, without branches told
// apart.
#pragma once

#include <functional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// Dotted names that, at some point of the function, hold a value made from what `is_source` accepts (a call
// by its index). Follows assignments, unpacking, items, attributes, loops and `with`; names read in arguments
// count. `function` kNone: the module's body.
struct Carriers {
  std::unordered_set<Name> names;
  bool carries(const PythonModule& module, IndexRange reads) const;
  bool carries(const PyValue& value) const;
};

Carriers carriers_of(const PythonModule& module, uint32_t function,
                     const std::function<bool(uint32_t call)>& is_source);

// A comparison that decides something, with the condition it stands in.
struct Decision {
  uint32_t condition = kNone;
  uint32_t comparison = kNone;  // kNone: the condition is a bare value or call
  bool fails = false;           // an assert, or an `if` one of whose branches raises or exits
};

// Conditions of the function that look at the carriers, directly or by a call that `is_source` accepts inside
// them.
std::vector<Decision> decisions_on(const PythonModule& module, uint32_t function, const Carriers& carriers,
                                   const std::function<bool(uint32_t call)>& is_source);

// True if one branch of this condition (an assert, an if) raises or exits; not where yet another condition
// inside it decides about that.
bool condition_fails(const PythonModule& module, uint32_t condition);
// The same for one branch of it: the block of an `if` or `else`.
bool branch_fails(const PythonModule& module, uint32_t branch);

// The number that a comparison compares with: a literal, or a constant that the module or function binds
// once. Null if it is none.
const double* compared_number(const PythonModule& module, const PyComparison& comparison, double& scratch);

// `block` lies inside `outer` (or is it).
bool block_inside(const PythonModule& module, uint32_t block, uint32_t outer);

}  // namespace mlgrade
