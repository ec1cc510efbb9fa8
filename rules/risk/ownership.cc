// Somebody owns each part.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/base/glob.h"
#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

bool is_everything(std::string_view pattern) {
  return pattern == "*" || pattern == "/" || pattern == "**" || pattern == "/*" || pattern == "/**";
}

bool matches(std::string_view pattern, std::string_view path) {
  const bool rooted = pattern.starts_with('/');
  if (rooted) pattern.remove_prefix(1);
  std::string p(pattern);
  if (p.ends_with('/')) p += "**";
  return glob_match(p, path) || glob_match(p + "/**", path) ||
         (!rooted && (glob_match("**/" + p, path) || glob_match("**/" + p + "/**", path)));
}

bool matches_some(const RuleInput& in, std::string_view pattern) {
  return std::any_of(in.facts.files.begin(), in.facts.files.end(),
                     [&](const FileFact& file) { return matches(pattern, file.path.view()); });
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const OwnerRule& rule : in.facts.owners) {
    if (!rule.effective_place || rule.owners.empty() || is_sample(in.facts, rule.span.file)) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = rule.span;
    evidence.what = fmt::format("{} owns {}", rule.owners.front(), rule.pattern);
    evidence.worth = 0.5;
    evidence.worth_why = "nothing checks that the owners are right and cover every part";
    const bool all = is_everything(rule.pattern);
    if (all) {
      evidence.defeat = "everything belongs to the same, so no part has an owner of its own";
      evidence.defeat_at = rule.span;
    } else if (!matches_some(in, rule.pattern)) {
      evidence.defeat = fmt::format("no file matches {}", rule.pattern);
      evidence.defeat_at = rule.span;
    }
    const bool done = evidence.defeat.empty();
    output.evidence.push_back(std::move(evidence));
    if (done) return;
  }
}

}  // namespace

extern const Rule risk_ownership;
const Rule risk_ownership{
    .summary = "the parts of the system have owners",
    .why = "What everybody owns is mended by nobody.",
    .fix = "Name owners of model, data, serving and alerts in CODEOWNERS, and check the file in CI.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (ownership)",
    .run = run,
};

}  // namespace mlgrade::rules
