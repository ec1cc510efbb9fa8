// Where the answer of a comparison ends up: in the conditions that decide by it and in the arguments that it
// becomes, through names, objects, tuples, returns and parameters, from function to function.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "analyzer/engine/rule.h"
#include "rules/support/followed.h"

namespace mlgrade {

struct AnswerEnd {
  uint32_t module = kNone;
  uint32_t function = kNone;
  uint32_t condition = kNone;  // decides by the answer; or
  uint32_t call = kNone;       // is handed it
  uint32_t arg = kNone;        // as this argument
  std::vector<Link> links;     // from function to function, in order
};

class Answers {
 public:
  Answers(const RuleInput& in, Passing& passing);

  // In product code; with the comparison's own function first.
  std::vector<AnswerEnd> ends(uint32_t module, uint32_t function,
                              const std::set<uint32_t>& comparisons) const;

 private:
  struct Walk;
  void visit(Walk& walk, uint32_t module, uint32_t function, AnswerSources sources, std::vector<Link> links,
             int depth) const;

  const RuleInput& in_;
  Passing& passing_;
  std::map<PyRef, std::vector<std::pair<uint32_t, uint32_t>>> callers_;  // by function: module and call
};

}  // namespace mlgrade
