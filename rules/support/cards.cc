// Tells documents by their names; no rule of its own.
#include "rules/support/cards.h"

#include "rules/support/code.h"
#include "rules/support/results.h"
#include "rules/support/written.h"

namespace mlgrade {

bool names_card(std::string_view text) {
  return has_word(text, {"modelcard", "modelcards", "datasheet", "datasheets", "factsheet"}) ||
         contains_phrase(text, "model card") || contains_phrase(text, "model cards") ||
         contains_phrase(text, "data card") || contains_phrase(text, "dataset card") ||
         contains_phrase(text, "system card");
}

bool is_card(const FactStore& facts, const Document& document) {
  const bool titled = !document.headings.empty() && document.headings.front().level == 1 &&
                      names_card(document.headings.front().text);
  return names_card(facts.path(document.file)) || titled ||
         document.front_matter.find("model-index") != nullptr ||
         document.front_matter.find("pipeline_tag") != nullptr;
}

size_t card_sections(const Document& document) {
  return headings_with(document, {{"use", "uses", "intended", "purpose"},
                                  {"data", "dataset", "training"},
                                  {"metrics", "evaluation", "performance", "results"},
                                  {"limitations", "limits", "caveats", "bias", "risks"},
                                  {"ethical", "ethics", "considerations", "fairness"}});
}

std::string_view kind_of_document(std::string_view path) {
  if (names_card(path)) return "a model card";
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
