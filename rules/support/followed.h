// Names of one function that carry an answer: what was made from it, flags set in a branch on it, lists that
// collect because of it. A call of the repository carries on only what its function gives back.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>

#include "rules/support/flow.h"

namespace mlgrade {

// Which part of a function's result carries what is followed.
struct Handed {
  bool whole = false;
  std::set<uint32_t> positions;      // of a tuple: `return accepted, metrics`
  std::set<std::string> attributes;  // of an object: Decision(accepted=...)
  bool any() const { return whole || !positions.empty() || !attributes.empty(); }
};

// Where an answer comes from inside a function.
struct AnswerSources {
  std::function<bool(uint32_t call)> is_call;  // calls whose result is (part of) the answer; may be empty
  std::function<bool(Name read)> is_read;      // names that are it; may be empty
  std::map<uint32_t, Handed> calls;            // likewise, with the part of the result
  std::set<uint32_t> comparisons;              // into PythonModule::comparisons
  std::set<Name> names;                        // parameters
  bool by_branch = true;  // what is set or returned in a branch on the answer carries it, too
  bool parts = true;      // objects and mappings carry it in the parts that were given it, else as wholes
};

// Says what functions of the repository give back of what they are handed. Remembers its answers.
class Passing {
 public:
  explicit Passing(const FactStore& facts) : facts_(facts) {}
  const FactStore& facts() const { return facts_; }
  // The part of the function's result that carries the parameter. By value only: `return x` inside `if
  // param:` does not count.
  Handed handed(PyRef function, uint32_t param, bool by_branch);

 private:
  const FactStore& facts_;
  std::map<std::tuple<PyRef, uint32_t, bool>, Handed> known_;
  int depth_ = 0;
};

// The parameter of the called function that an argument fills; kNone if that cannot be told.
uint32_t parameter_of(const FactStore& facts, const PythonModule& module, const PyCall& call, uint32_t arg);

class Followed {
 public:
  // `function` kNone: the module's body.
  Followed(Passing& passing, uint32_t module, uint32_t function, AnswerSources sources);

  const PythonModule& module() const { return module_; }
  uint32_t function() const { return function_; }
  const std::unordered_set<Name>& names() const { return carriers_.names; }

  bool carries(IndexRange reads, IndexRange calls) const;
  bool carries(const PyValue& value) const;
  bool carries(const PyArg& arg) const;
  bool looks(uint32_t condition) const;      // the condition depends on it
  bool decided_block(uint32_t block) const;  // stands in a branch of such a condition
  Handed returned() const;                   // what callers get of it

 private:
  bool is_source(uint32_t call) const;
  bool has_source(IndexRange comparisons) const;
  uint32_t first_line() const;
  // The read is only handed to a call that does not give it back.
  bool kept_inside(IndexRange calls, uint32_t read) const;
  bool gives_back(const PyCall& call, uint32_t arg) const;
  void spread();
  bool bind(const PyBinding& binding);
  bool bind_parts(const PyBinding& binding);
  bool bind_object(const PyBinding& binding, const PyCall& call);
  void give_elements(const PyValue& list, Handed& out) const;
  void give_keys(const PyValue& dict, Handed& out) const;
  void give_attributes(const PyCall& made, Handed& out) const;

  Passing& passing_;
  const PythonModule& module_;
  uint32_t function_;
  AnswerSources sources_;
  uint32_t first_line_ = 0;  // of what brings it; 0: it may be there from the start, or come round a loop
  Carriers carriers_;
};

}  // namespace mlgrade
