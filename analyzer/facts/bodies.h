// The facts of one function's body, without a walk over the whole module. Those of functions inside it lie
// there, too: ask each for its `function`. kNone: all of the module.
#pragma once

#include <ranges>
#include <span>
#include <vector>

#include "analyzer/facts/python.h"

namespace mlgrade {

template <typename Fact>
std::span<const Fact> slice(const std::vector<Fact>& facts, IndexRange range) {
  return std::span(facts).subspan(range.begin, range.size());
}

inline auto indices(IndexRange range) { return std::views::iota(range.begin, range.end); }

inline std::span<const PyBlock> blocks_in(const PythonModule& module, uint32_t function) {
  return slice(module.blocks, module.body(function).blocks);
}
inline std::span<const PyCall> calls_in(const PythonModule& module, uint32_t function) {
  return slice(module.calls, module.body(function).calls);
}
inline std::span<const PyCondition> conditions_in(const PythonModule& module, uint32_t function) {
  return slice(module.conditions, module.body(function).conditions);
}
inline std::span<const PyAssert> asserts_in(const PythonModule& module, uint32_t function) {
  return slice(module.asserts, module.body(function).asserts);
}
inline std::span<const PyBinding> bindings_in(const PythonModule& module, uint32_t function) {
  return slice(module.bindings, module.body(function).bindings);
}
inline std::span<const PyJump> jumps_in(const PythonModule& module, uint32_t function) {
  return slice(module.jumps, module.body(function).jumps);
}

}  // namespace mlgrade
