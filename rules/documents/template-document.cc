// Documents that people would rely on and that were never filled in.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/cards.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

constexpr uint32_t kSure = 3;  // places to fill in

// Templates that are kept as such for others to copy.
bool is_kept_template(std::string_view path) {
  return has_word(path,
                  {"template", "templates", "example", "examples", "sample", "skeleton", "cookiecutter"});
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    const std::string_view path = in.facts.path(document.file);
    const std::string_view kind = kind_of_document(path);
    if (kind.empty() || is_sample(in.facts, document.file) || is_kept_template(path)) continue;
    const bool headings_only =
        document.placeholders == 0 && document.words < 5 && document.headings.size() > 2;
    if (!document.is_template() || (document.placeholders < 2 && !headings_only)) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence = document.placeholders >= kSure ? Confidence::kHigh : Confidence::kMedium;
    const Span at{document.file, 1, 1, 1};
    finding.message = headings_only ? fmt::format("{} is {} of headings alone", path, kind)
                                    : fmt::format("{} is {} with {} places that nobody filled in", path, kind,
                                                  document.placeholders);
    finding.places = {{at, std::string(kind)}};
    output.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule documents_template_document;
const Rule documents_template_document{
    .kind = RuleKind::kFinding,
    .summary = "A card, runbook, risk table or drill log is still a template",
    .why = "Whoever needs it finds headings, and whoever counts documents finds one.",
    .fix = "Fill it in for this system, or take it away.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (documentation, risk analysis)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
