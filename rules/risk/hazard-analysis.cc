// Tables of what can go wrong: part, failure, effect, and what is done about it.
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

constexpr size_t kRows = 5;
constexpr size_t kColumns = 3;

// Rows that speak of a system that learns.
size_t about_system(const DocTable& table) {
  return static_cast<size_t>(
      std::count_if(table.rows.begin(), table.rows.end(), [](const std::vector<std::string>& row) {
        return std::any_of(row.begin(), row.end(), [](const std::string& cell) {
          return has_word(cell,
                          {"model",  "models",  "prediction", "predictions", "predicted", "predicts", "label",
                           "labels", "feature", "features",   "answer",      "answers",   "training", "drift",
                           "bias",   "llm",     "prompt",     "prompts",     "inputs",    "outputs"});
        });
      }));
}

// Columns of an analysis of hazards. A project's own risks have the same ones, so a table of risks must say
// causes or speak of the system.
bool is_analysis(const DocTable& table) {
  const auto about = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(table.header.begin(), table.header.end(),
                       [&](const std::string& cell) { return has_word(cell, words); });
  };
  const bool failure = about({"failure", "failures", "fault", "faults", "hazard", "hazards", "threat",
                              "threats", "harm", "harms", "event", "events"});
  const bool risk = about({"risk", "risks"});
  const bool cause = about({"cause", "causes", "detection", "detected"});
  if (!failure && !(risk && (cause || about_system(table) >= kColumns))) return false;
  const size_t columns =
      1 + static_cast<size_t>(cause) +
      about({"effect", "effects", "consequence", "consequences", "impact", "impacts", "harm", "harms"}) +
      about({"severity", "rpn", "likelihood", "probability", "occurrence"}) +
      about({"mitigation", "mitigations", "control", "controls", "safeguard", "safeguards", "action",
             "actions", "response", "responses"});
  return columns >= kColumns && table.rows.size() >= kRows;
}

size_t filled(const DocTable& table) {
  return static_cast<size_t>(
      std::count_if(table.rows.begin(), table.rows.end(), [](const std::vector<std::string>& row) {
        return std::count_if(row.begin(), row.end(),
                             [](const std::string& cell) { return cell.size() > 2; }) >= 3;
      }));
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const DocTable& table : document.tables) {
      if (!is_analysis(table) || filled(table) < kRows) continue;
      Written written;
      written.document = &document;
      written.place = table.span;
      output.evidence.push_back(written_evidence(
          written, fmt::format("{} ways to fail, with what follows from them", table.rows.size()),
          "nothing checks that each is met by code, a test or an alert"));
    }
  }
}

}  // namespace

extern const Rule risk_hazard_analysis;
const Rule risk_hazard_analysis{
    .summary = "what can go wrong is listed with effect and mitigation",
    .why = "The smart toaster may burn the toast, but must not burn down the kitchen.",
    .fix = "List for each part how it can fail, what follows, how bad that is, and what is done about it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (risk analysis: FMEA, FTA, HAZOP)",
    .run = run,
};

}  // namespace mlgrade::rules
