// Who could do harm, and how. The full point asks that each threat names the test or control that meets it,
// and that something keeps those names true.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/document_checks.h"
#include "rules/support/pointers.h"
#include "rules/support/product_run.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kEntries = 3;

// Below the section's heading, or anywhere in a document that is about threats as a whole.
bool inside(const Written& written, uint32_t heading) {
  if (written.heading == kNone || heading == written.heading) return true;
  const std::vector<Heading>& all = written.document->headings;
  if (heading == kNone || heading < written.heading) return false;
  for (uint32_t h = written.heading + 1; h <= heading; ++h) {
    if (all[h].level <= all[written.heading].level) return false;
  }
  return true;
}

// The table of the document that lists threats; null if there is none.
const DocTable* threats_in(const Written& written) {
  for (const DocTable& table : written.document->tables) {
    const bool about = std::any_of(table.header.begin(), table.header.end(), [](const std::string& cell) {
      return has_word(cell,
                      {"threat", "threats", "attack", "attacks", "abuse", "misuse", "stride", "linddun"});
    });
    if (about && table.rows.size() >= kEntries && inside(written, table.heading)) return &table;
  }
  return nullptr;
}

void add_written(const RuleInput& in, const Written& written, RuleOutput& output) {
  const DocTable* table = threats_in(written);
  std::string lacks = "no row names the test or control that meets its threat";
  MetRows met;
  std::vector<DocumentCheck> checks;
  if (table != nullptr) {
    std::vector<size_t> rows;
    for (size_t r = 0; r < table->rows.size(); ++r) rows.push_back(r);
    met = met_rows(in, *written.document, *table, rows);
    checks = checks_of(in, written.document->file, "checks-links");
    std::erase_if(checks, [&](const DocumentCheck& check) { return check.links_only && !met.all_linked; });
    lacks = !met.whole()     ? fmt::format("{} of {} threats are met; {}", met.met, met.asked, met.why)
            : checks.empty() ? "each threat is met, and no check keeps the links true"
                             : "";
  }
  output.evidence.push_back(
      written_evidence(written, "threats are listed",
                       lacks.empty() ? "the check that keeps its links true does not run by itself" : lacks));
  if (!lacks.empty()) return;
  for (const DocumentCheck& check : checks) {
    Evidence evidence =
        evidence_of(check, written.place, fmt::format("each of {} threats is met", met.asked));
    evidence.links.push_back({table->span, "the threats"});
    evidence.links.insert(evidence.links.end(), met.links.begin(), met.links.end());
    output.evidence.push_back(std::move(evidence));
  }
}

// A model of threats that is a program or a definition, made anew by a run.
void add_code(const RuleInput& in, RuleOutput& output) {
  for (const Use* use : product_uses(in, "models-threats")) {
    if (use->kind == Use::Kind::kBase || is_notebook(in.facts, use->file)) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} holds a model of threats", name_of(in, *use));
    evidence.worth = 0.5;
    evidence.worth_why = "nothing links its threats to tests";
    if (use->kind == Use::Kind::kFile) {
      evidence.mode = EvidenceMode::kStanding;
    } else {
      evidence.runs_at = node_of(in, *use);
      evidence.links.push_back({use->span, evidence.what});
      run_in_earnest(in, evidence);
    }
    output.evidence.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Written& written :
       written_about(in, {"threat model", "threat modelling", "threat modeling", "threat analysis",
                          "stride analysis", "stride threats", "linddun"})) {
    if (written.items >= kEntries || written.tables > 0) add_written(in, written, output);
  }
  add_code(in, output);
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
