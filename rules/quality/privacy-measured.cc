// What a model gives away about its rows is measured: a privacy budget, an attack on membership.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/measures.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  for (const Use* use : uses_of(in, "measures-privacy")) {
    add_measured(in, *use, fmt::format("{} measures what the model gives away", name_of(in, *use)),
                 "no bar on what it gives away", found);
  }
  const Bar bar{
      [](std::string_view name) {
        return has_word(name, {"epsilon", "membership"}) && !has_word(name, {"adam", "eps", "greedy"});
      },
      {},
      true};
  // The name alone is no privacy: elsewhere epsilon is a step or a tolerance.
  if (!uses_of(in, "measures-privacy").empty())
    add_bars(in, bar, "a bar holds what the model gives away", found);
  for (const RecordedResult& result :
       results_about(in, {"membership inference", "privacy audit", "privacy risk", "privacy attack"})) {
    found.push_back(evidence_of(result, "figures of what the model gives away are kept"));
  }
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_privacy_measured;
const Rule quality_privacy_measured{
    .summary = "what the model gives away about its rows is measured",
    .why = "A model remembers rare rows, and answers with them.",
    .fix = "Log the privacy budget of each training or attack membership in CI, and fail over a bar.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: privacy)",
    .run = run,
};

}  // namespace mlgrade::rules
