// The same prompt is written down in several places.
#include <fmt/format.h>

#include <map>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kLong = 60;  // bytes; shorter texts are alike by chance

void run(const RuleInput& in, RuleOutput& out) {
  if (!is_llm_app(in)) return;
  const std::vector<PromptText> texts = prompt_texts(in);
  std::map<std::string_view, std::vector<const PromptText*>> by_text;
  for (const PromptText& text : texts) {
    if (text.text.size() >= kLong) by_text[text.text].push_back(&text);
  }
  for (const auto& [text, copies] : by_text) {
    std::set<std::pair<uint32_t, uint32_t>> places;
    for (const PromptText* copy : copies) places.insert({copy->module, copy->span.line});
    if (places.size() < 2) continue;
    Finding finding;
    finding.severity = Severity::kLow;
    finding.message = fmt::format("the same prompt is written down {} times", places.size());
    std::set<std::pair<uint32_t, uint32_t>> said;
    for (const PromptText* copy : copies) {
      if (said.insert({copy->module, copy->span.line}).second)
        finding.places.push_back({copy->span, "a copy"});
    }
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule llm_prompt_copies;
const Rule llm_prompt_copies{
    .kind = RuleKind::kFinding,
    .summary = "The same prompt is written down several times",
    .why = "One copy is mended, the others are not, and the evaluation asks a third.",
    .fix = "Keep the prompt once and import it.",
    .source = "Sculley et al. 2015, section 6 (configuration debt)",
    .severity = Severity::kLow,
    .run = run,
};

}  // namespace mlgrade::rules
