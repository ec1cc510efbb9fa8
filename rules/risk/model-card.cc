// What the model is for, on what it was made, and where it fails.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kSections = 3;

// A card by what it is called, by its title, or by the head that registries of models read.
bool is_card(const RuleInput& in, const Document& document) {
  const auto calls_itself = [](std::string_view text) {
    for (std::string_view phrase :
         {"model card", "model cards", "data card", "dataset card", "system card"}) {
      if (contains_phrase(text, phrase)) return true;
    }
    return has_word(text, {"modelcard", "modelcards", "datasheet", "datasheets", "factsheet"});
  };
  if (calls_itself(in.facts.path(document.file))) return true;
  const bool titled = !document.headings.empty() && document.headings.front().level == 1 &&
                      calls_itself(document.headings.front().text);
  return titled || document.front_matter.find("model-index") != nullptr ||
         document.front_matter.find("pipeline_tag") != nullptr;
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    const size_t sections = headings_with(document, {{"use", "uses", "intended", "purpose"},
                                                     {"data", "dataset", "training"},
                                                     {"metrics", "evaluation", "performance", "results"},
                                                     {"limitations", "limits", "caveats", "bias", "risks"},
                                                     {"ethical", "ethics", "considerations", "fairness"}});
    if (!is_card(in, document) || sections < kSections) continue;
    Written written;
    written.document = &document;
    written.place = Span{document.file, 1, 1, 1};
    output.evidence.push_back(written_evidence(written,
                                               fmt::format("a card with {} of its sections", sections),
                                               "written by hand; nothing holds it to the last run"));
  }
}

}  // namespace

extern const Rule risk_model_card;
const Rule risk_model_card{
    .summary = "a model card or datasheet with filled sections",
    .why = "Who uses a model outside of what it was made for cannot know it.",
    .fix =
        "Write intended and excluded uses, data, figures by group and limits, and make the figures from the "
        "last run.",
    .source =
        "Mitchell et al. 2019, Model Cards; Gebru et al. 2021, Datasheets; Kaestner, Software Engineering "
        "for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
