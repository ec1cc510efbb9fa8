// What the assertions of tests look at: how a model behaves, or what came out of a run.
#pragma once

#include <unordered_set>

#include "rules/support/abilities.h"

namespace mlgrade {

class Outcomes {
 public:
  explicit Outcomes(const RuleInput& in);  // ask for shared<Outcomes>(in)

  // Its value comes of a call that builds, trains, loads or asks a model, or measures one.
  bool of_model(const TestAssertion& assertion) const {
    return !only_there(assertion) && depends(assertion, model_);
  }
  // It looks at a prediction, a metric, or what was written; asking for a type alone is no look.
  bool of_run(const TestAssertion& assertion) const {
    return !assertion.type_only && !only_there(assertion) &&
           (depends(assertion, run_) || (assertion.on_artifact && !of_table(assertion)));
  }

  // It asks whether a file is there, or what a folder holds, and looks into none.
  bool only_there(const TestAssertion& assertion) const;

 private:
  using Names = std::unordered_set<Name>;
  static bool of_table(const TestAssertion& assertion);  // rows of data that were there before
  static bool depends(const TestAssertion& assertion, const Names& names);

  const FactStore& facts_;
  Names model_, run_;  // canonical names of calls
};

}  // namespace mlgrade
