// Tables of what can go wrong: part, failure, effect, and what is done about it. The full point asks that
// each grave row names a test, alert or guard that is at work, and that something keeps those links true.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/document_checks.h"
#include "rules/support/hazards.h"
#include "rules/support/model_dates.h"
#include "rules/support/pointers.h"
#include "rules/support/results.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

void add_table(const RuleInput& in, const Document& document, const DocTable& table, RuleOutput& output) {
  const std::vector<size_t> grave = grave_rows(table);
  const MetRows met = met_rows(in, document, table, grave);
  std::vector<DocumentCheck> checks = checks_of(in, document.file, "checks-links");
  std::erase_if(checks, [&](const DocumentCheck& check) { return check.links_only && !met.all_linked; });
  const std::optional<ModelChange> model = newest_model_for(in, document.file);
  const std::optional<Date> touched = last_commit(in.facts, document.file);
  const bool older = model && touched && *touched < model->date;
  Written written;
  written.document = &document;
  written.place = table.span;
  std::string lacks;
  if (!met.whole()) {
    lacks = fmt::format("{} of {} grave rows are met; {}", met.met, met.asked, met.why);
  } else if (checks.empty()) {
    lacks = "each grave row is met, and no check keeps the links true";
  } else if (older) {
    lacks = fmt::format("it is of {}, and {} of {}", format_date(*touched), in.facts.path(model->file),
                        format_date(model->date));
  }
  const std::string what = fmt::format("{} ways to fail, with what follows from them", table.rows.size());
  output.evidence.push_back(written_evidence(
      written, what, lacks.empty() ? "the check that keeps its links true does not run by itself" : lacks));
  if (!lacks.empty()) return;
  for (const DocumentCheck& check : checks) {
    Evidence evidence =
        evidence_of(check, table.span, fmt::format("{}; each of {} grave ones is met", what, met.asked));
    evidence.links.push_back({table.span, what});
    evidence.links.insert(evidence.links.end(), met.links.begin(), met.links.end());
    output.evidence.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  each_hazard_table(
      in, [&](const Document& document, const DocTable& table) { add_table(in, document, table, output); });
}

}  // namespace

extern const Rule risk_hazard_analysis;
const Rule risk_hazard_analysis{
    .summary = "what can go wrong is listed with effect and mitigation, and each grave row is met",
    .why = "The smart toaster may burn the toast, but must not burn down the kitchen.",
    .fix =
        "List for each part how it can fail, what follows, how bad that is, and what is done about it, "
        "with a link to the test, alert or guard that does it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (risk analysis: FMEA, FTA, HAZOP)",
    .run = run,
};

}  // namespace mlgrade::rules
