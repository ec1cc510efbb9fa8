// Somebody owns each part.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

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

// "Data Lead", "Owner of the model": who answers for which part of the system.
bool names_owned_part(std::string_view text) {
  return has_word(text, {"owner", "lead", "maintainer", "responsible"}) &&
         has_word(text, {"model",      "models",         "ml",         "data",    "pipeline",
                         "training",   "serving",        "inference",  "api",     "backend",
                         "frontend",   "infrastructure", "infra",      "devops",  "deployment",
                         "monitoring", "streaming",      "evaluation", "feature", "features"});
}

bool names_somebody(std::string_view cell) {
  const auto letters =
      std::count_if(cell.begin(), cell.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
  const bool blank = cell.starts_with('[') && cell.find("](") == std::string_view::npos;
  return letters > 1 && !blank && !has_word(cell, {"tbd", "tba", "none", "vacant", "open", "name", "todo"});
}

// A table of who leads what: two parts at least, each with a name beside it.
void add_tables(const RuleInput& in, RuleOutput& output) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const DocTable& table : document.tables) {
      const auto parts = std::count_if(table.rows.begin(), table.rows.end(), [](const auto& row) {
        return row.size() > 1 && names_owned_part(row[0]) && names_somebody(row[1]);
      });
      if (parts < 2) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = table.span;
      evidence.what = fmt::format("a table names owners of {} parts", parts);
      evidence.worth = 0.5;
      evidence.worth_why = "nothing checks that the owners are right and cover every part";
      output.evidence.push_back(std::move(evidence));
      return;
    }
  }
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
  add_tables(in, output);
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
