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

void run(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    const std::string_view path = in.facts.path(document.file);
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    const bool named = has_word(path, {"modelcard", "modelcards", "datasheet", "datasheets", "factsheet"}) ||
                       contains_phrase(path, "model card") || contains_phrase(path, "model cards") ||
                       contains_phrase(path, "data card") || contains_phrase(path, "dataset card") ||
                       contains_phrase(path, "system card");
    const size_t sections = headings_with(document, {{"use", "uses", "intended", "purpose"},
                                                     {"data", "dataset", "training"},
                                                     {"metrics", "evaluation", "performance", "results"},
                                                     {"limitations", "limits", "caveats", "bias", "risks"},
                                                     {"ethical", "ethics", "considerations", "fairness"}});
    if (!named || sections < kSections) continue;
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
