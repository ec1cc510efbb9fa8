// The energy of training or answering is measured, and bounded.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/measures.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_energy(std::string_view name) {
  return has_word(name, {"emissions", "energy", "joules", "kwh", "co2", "carbon", "watts"});
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<const Use*> uses = uses_of(in, "measures-energy");
  std::vector<Evidence> found = alert_evidence(in, is_energy, "alert on the energy of runs");
  for (const Use* use : uses) {
    if (is_test_code(in.facts, use->file)) continue;
    add_measured(in, *use, fmt::format("{} measures energy", name_of(in, *use)), "no bound on it", found);
  }
  // Elsewhere energy is what a model predicts.
  if (!uses.empty()) add_bars(in, {is_energy, {}, true}, "the energy of a run is held to a bound", found);
  for (const FileFact& file : in.facts.files) {  // codecarbon's own log
    const std::string_view path = file.path.view();
    const bool log = path.substr(path.rfind('/') + 1) == "emissions.csv" && !file.sample && !file.vendored;
    if (log && !uses.empty() && file.bytes > 0)
      found.push_back(evidence_of(
          RecordedResult{Span{file.id, 1, 1, 1}, file.path.str(), file.last_commit, Confidence::kMedium},
          "the energy of runs is kept"));
  }
  for (const RecordedResult& result :
       results_about(in, {"energy consumption", "carbon footprint", "environmental impact", "co2 emissions",
                          "carbon emissions"})) {
    found.push_back(evidence_of(result, "the energy of a run is kept"));
  }
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_energy;
const Rule quality_energy{
    .summary = "the energy of training or answering is measured and bounded",
    .why = "What nobody measures grows with each larger model.",
    .fix = "Measure each training's energy, write it down with the run, and fail or alert over a bound.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: energy)",
    .run = run,
};

}  // namespace mlgrade::rules
