// What the system is for is measured, not only the model.
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

constexpr size_t kEntries = 2;

void run(const RuleInput& in, RuleOutput& output) {
  for (const Written& written : written_about(in, {"kpi", "kpis", "business metrics", "business metric",
                                                   "success metrics", "key performance indicators"})) {
    if (written.items < kEntries && written.tables == 0 && written.paragraphs < kEntries) continue;
    output.evidence.push_back(
        written_evidence(written, "goals of the system are named", "nothing measures them in production"));
  }
}

}  // namespace

extern const Rule production_system_goals;
const Rule production_system_goals{
    .summary = "measures of what the system is for are named",
    .why = "A better model may make the product worse.",
    .fix = "Put the goal of the system beside the quality of the model in each experiment and dashboard.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (goals)",
    .run = run,
};

}  // namespace mlgrade::rules
