// Who could do harm, and how.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kEntries = 3;

void run(const RuleInput& in, RuleOutput& output) {
  for (const Written& written :
       written_about(in, {"threat model", "threat modelling", "threat modeling", "threat analysis",
                          "stride analysis", "stride threats", "linddun"})) {
    if (written.items < kEntries && written.tables == 0) continue;
    output.evidence.push_back(written_evidence(written, "threats are listed", "nothing links them to tests"));
  }
}

}  // namespace

extern const Rule risk_threat_model;
const Rule risk_threat_model{
    .summary = "threats against data, model and service are listed",
    .why = "Training data, labels and model files are doors that a usual review does not look at.",
    .fix = "Draw what flows where, list the threats at each crossing, and link each to a test or control.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (threat modelling)",
    .run = run,
};

}  // namespace mlgrade::rules
