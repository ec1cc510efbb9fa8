// Grave hazards that nothing in the repository meets.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/hazards.h"
#include "rules/support/pointers.h"

namespace mlgrade::rules {
namespace {

void add_table(const RuleInput& in, const Document& document, const DocTable& table, RuleOutput& output) {
  Finding finding;
  bool wrong = false;  // a row names something that does not hold
  for (size_t row : grave_rows(table)) {
    const MetRows met = met_rows(in, document, table, {row});
    if (met.whole()) continue;
    wrong |= met.named;
    finding.places.push_back({row_span(table, row), met.why.substr(met.why.find(": ") + 2)});
  }
  if (finding.places.empty()) return;
  finding.severity = Severity::kMedium;
  finding.confidence = wrong ? Confidence::kHigh : Confidence::kMedium;
  finding.message = finding.places.size() == 1
                        ? fmt::format("a grave hazard is met by nothing: {}", finding.places.front().note)
                        : fmt::format("{} grave hazards are met by nothing; the first: {}",
                                      finding.places.size(), finding.places.front().note);
  output.findings.push_back(std::move(finding));
}

void run(const RuleInput& in, RuleOutput& output) {
  each_hazard_table(
      in, [&](const Document& document, const DocTable& table) { add_table(in, document, table, output); });
}

}  // namespace

extern const Rule documents_unlinked_risk;
const Rule documents_unlinked_risk{
    .kind = RuleKind::kFinding,
    .summary = "A grave hazard has no mitigation in code, test or alert",
    .why = "What is written down as met is met by a sentence.",
    .fix = "Name in its row the test, alert or guard that meets it, and let that run.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (documentation, risk analysis)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
