// Functions that choose one of several by a name: `steps = {"fit": fit, "score": lambda: score(1)}`, then
// `steps[name]()`; or `if name == "fit": fit()` and the like for other names. Who calls such a function with
// a constant runs that entry and no other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

class Dispatches {
 public:
  explicit Dispatches(const FactStore& facts);

  // The call, or the mention of a function, stands in a table, or is that of an entry: the choosing function
  // does not run it by itself.
  bool holds(uint32_t module, uint32_t call) const;
  bool holds(uint32_t module, const PyReference& reference) const;

  // What a call of a choosing function runs: one entry, none if no entry has that name, all if the name is
  // not known.
  std::vector<PyRef> taken_by(uint32_t module, const PyCall& call) const;
  std::vector<PyRef> all_of(PyRef function) const;  // empty for a function that chooses nothing

 private:
  struct Table {
    uint32_t binding = kNone;     // of the dictionary
    uint32_t param = kNone;       // of branches: the parameter that they ask
    std::vector<uint32_t> calls;  // in the branches; sorted
    std::vector<std::pair<std::string, std::vector<PyRef>>> entries;
  };
  void add(uint32_t module, uint32_t function, uint32_t binding);
  void add_branches(uint32_t module, uint32_t function);
  std::vector<PyRef> taken_branch(const Table& table, uint32_t module, const PyCall& call) const;

  const FactStore& facts_;
  std::map<PyRef, Table> tables_;
};

}  // namespace mlgrade
