// Known debt is listed.
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
       written_about(in, {"technical debt", "tech debt", "debt register", "debt registry"})) {
    if (written.items < kEntries && written.tables == 0) continue;
    output.evidence.push_back(
        written_evidence(written, "debt that is known is listed", "nothing asks for its number in the code"));
  }
}

}  // namespace

extern const Rule risk_managed_debt;
const Rule risk_managed_debt{
    .summary = "known technical debt is listed and has numbers",
    .why = "Debt that stands in comments only is paid by whoever trips over it.",
    .fix = "Keep a register with id, cost and owner, and let a linter ask for the id in each TODO.",
    .source = "Sculley et al. 2015; Kaestner, Software Engineering for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
