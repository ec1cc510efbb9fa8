// Tells documents by their names; no rule of its own.
#include "rules/support/cards.h"

#include "rules/support/code.h"
#include "rules/support/results.h"
#include "rules/support/written.h"

namespace mlgrade {

bool is_card(std::string_view path) {
  return has_word(path, {"modelcard", "modelcards", "datasheet", "datasheets", "factsheet"}) ||
         contains_phrase(path, "model card") || contains_phrase(path, "model cards") ||
         contains_phrase(path, "data card") || contains_phrase(path, "dataset card") ||
         contains_phrase(path, "system card");
}

bool is_card(std::string_view path, const Document& document) {
  const bool titled = !document.headings.empty() && document.headings.front().level == 1 &&
                      is_card(document.headings.front().text);
  const auto has = [&](std::string_view key) { return document.front_matter.find(key) != nullptr; };
  if (is_card(path) || titled || has("model-index") || has("pipeline_tag")) return true;
  const size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (name != "README.md") return false;
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  const std::string_view last =
      folder.substr(folder.rfind('/') == std::string_view::npos ? 0 : folder.rfind('/') + 1);
  const bool front = has("library_name") || has("base_model");
  return (front || last == "models" || last == "model") &&
         headings_with(document, {{"limitations", "limits", "caveats", "bias", "risks"}}) > 0 &&
         headings_with(document, {{"use", "uses", "intended", "purpose"}}) > 0;
}

size_t card_sections(const Document& document) {
  return headings_with(document, {{"use", "uses", "intended", "purpose"},
                                  {"data", "dataset", "training"},
                                  {"metrics", "evaluation", "performance", "results"},
                                  {"limitations", "limits", "caveats", "bias", "risks"},
                                  {"ethical", "ethics", "considerations", "fairness"}});
}

std::string_view kind_of_document(std::string_view path) {
  if (is_card(path)) return "a model card";
  if (has_word(path, {"runbook", "runbooks"})) return "a runbook";
  if (contains_phrase(path, "threat model")) return "a threat model";
  if (has_word(path, {"fmea", "hazop", "stpa", "hazards"}) || contains_phrase(path, "hazard analysis") ||
      contains_phrase(path, "risk register") || contains_phrase(path, "risk analysis") ||
      contains_phrase(path, "risk assessment"))
    return "an analysis of risks";
  if (has_word(path, {"postmortem", "postmortems"}) || contains_phrase(path, "post mortem"))
    return "a report of an incident";
  if (contains_phrase(path, "fire drill") || contains_phrase(path, "fire drills") ||
      has_word(path, {"gameday", "gamedays", "drills"}))
    return "a log of drills";
  return "";
}

}  // namespace mlgrade
