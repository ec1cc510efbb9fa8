// A hosted model is named by an alias that its provider moves.
#include <fmt/format.h>

#include <map>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& out) {
  std::map<std::string, Finding> by_name;
  for (const ModelId& id : model_ids(in)) {
    if (id.pinning != Pinning::kFloating) continue;
    Finding& finding = by_name[id.text];
    if (finding.places.empty()) {
      finding.severity = Severity::kMedium;
      finding.message = fmt::format("`{}` is an alias: its provider decides which model answers", id.text);
    }
    finding.places.push_back({id.span, "asked here"});
  }
  for (auto& [name, finding] : by_name) out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule llm_floating_model_alias;
const Rule llm_floating_model_alias{
    .kind = RuleKind::kFinding,
    .summary = "A hosted model is named by an alias that moves",
    .why = "Answers change overnight, and neither the history nor a test says why.",
    .fix = "Name a dated snapshot, and move to the next one after an evaluation.",
    .source = "Sculley et al. 2015, section 3 (unstable data dependencies)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
