// Reads tables of hazards; no rule of its own.
#include "rules/support/hazards.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr size_t kRows = 5;
constexpr size_t kColumns = 3;
constexpr double kGraveOfTen = 7, kGraveOfFive = 4, kSmallScale = 5;  // severity
constexpr double kGraveProduct = 100;  // severity x occurrence x detection, each of ten

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

std::optional<double> number_in(const std::string& cell) {
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  return end == cell.c_str() ? std::nullopt : std::optional<double>(value);
}

bool says_grave(std::string_view cell) {
  return has_word(cell, {"high", "critical", "severe", "catastrophic", "major", "serious", "grave", "fatal",
                         "unacceptable", "extreme"});
}

}  // namespace

bool is_hazard_table(const DocTable& table) { return is_analysis(table) && filled(table) >= kRows; }

void each_hazard_table(const RuleInput& in,
                       const std::function<void(const Document&, const DocTable&)>& hand_over) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const DocTable& table : document.tables) {
      if (is_hazard_table(table)) hand_over(document, table);
    }
  }
}

std::vector<size_t> grave_rows(const DocTable& table) {
  const auto column = [&](std::initializer_list<std::string_view> words) {
    const auto found = std::find_if(table.header.begin(), table.header.end(),
                                    [&](const std::string& cell) { return has_word(cell, words); });
    return static_cast<size_t>(found - table.header.begin());
  };
  size_t by = column({"severity", "sev", "criticality"});
  const bool product = by == table.header.size();
  if (product) by = column({"rpn", "priority"});
  double most = 0;
  for (const std::vector<std::string>& row : table.rows) {
    if (by < row.size()) most = std::max(most, number_in(row[by]).value_or(0));
  }
  const double bar = product ? kGraveProduct : most <= kSmallScale ? kGraveOfFive : kGraveOfTen;
  std::vector<size_t> grave, all;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    all.push_back(r);
    if (by >= table.rows[r].size()) continue;
    const std::string& cell = table.rows[r][by];
    const std::optional<double> value = number_in(cell);
    if (value ? *value >= bar : says_grave(cell)) grave.push_back(r);
  }
  return grave.empty() ? all : grave;
}

}  // namespace mlgrade
