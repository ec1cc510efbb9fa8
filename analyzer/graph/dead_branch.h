// Branches that a constant closes: `CHECK = False` ... `if CHECK:`. What stands in them is there and never
// runs.
#pragma once

#include <string>
#include <unordered_map>

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

struct DeadBranch {
  bool dead = false;
  std::string why;  // "`CHECK` is False"
  Span at;          // the line that gives the constant its value, else the condition
};

// Whether the block, or one around it in its function or module, never runs. A constant is a literal, or a
// name of the module (or imported from another of the repository) that is bound once, to True, False, None or
// a number.
DeadBranch dead_branch(const FactStore& facts, const PythonModule& module, uint32_t block);

// The same for many places of one module: each condition is looked up once.
class DeadBranches {
 public:
  // Both must outlive it.
  DeadBranches(const FactStore& facts, const PythonModule& module) : facts_(facts), module_(module) {}

  const DeadBranch& at(uint32_t block);

 private:
  const FactStore& facts_;
  const PythonModule& module_;
  std::unordered_map<uint32_t, DeadBranch> known_;  // by block
};

// The innermost block that holds the line; 0, the module's body, if none does.
uint32_t block_at(const PythonModule& module, uint32_t line);

}  // namespace mlgrade
