// Scanners of dependencies, secrets and model files, and linters that forbid unsafe loading.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"
#include "rules/support/measures.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

struct Subject {
  std::string_view capability;
  std::string_view part;
  std::string_view what;
};

constexpr Subject kSubjects[] = {
    {"scans-dependencies", "dependencies", "looks for holes in dependencies"},
    {"scans-secrets", "secrets", "looks for secrets"},
    {"scans-models", "model files", "looks into files of models"},
};

bool says(const RuleInput& in, const Use& use, std::initializer_list<std::string_view> texts) {
  const AutomationFile& file = in.facts.automation[use.automation];
  std::string text = use.kind == Use::Kind::kCommand ? words_as_text(file.commands[use.index])
                                                     : file.actions[use.index].action.str();
  if (use.kind == Use::Kind::kAction) {
    for (const auto& [key, word] : file.actions[use.index].with) text += " " + key + "=" + word.text;
  }
  return std::any_of(texts.begin(), texts.end(),
                     [&](std::string_view one) { return text.find(one) != std::string::npos; });
}

// What takes the scanner's teeth: an option that lets all pass, or a list that excuses all that there is.
void weigh(const RuleInput& in, const Use& use, Evidence& evidence) {
  if (use.kind == Use::Kind::kCall) return;
  if (says(in, use,
           {"--exit-zero", "--exit-code 0", "exit-code=0", "--no-fail", "soft_fail=true", "--soft-fail"})) {
    evidence.effect = Effect::kSwallowed;
    evidence.effect_at = use.span;
    evidence.effect_why = "an option lets every finding pass";
  } else if (says(in, use, {"bandit"}) && says(in, use, {"--baseline", " -b "})) {
    evidence.defeat = "what a baseline lists is let pass, and nothing shows that somebody works it off";
    evidence.defeat_at = use.span;
    evidence.remedy = "Mend what the baseline lists, or excuse each line where it stands with a reason.";
  } else if (use.ability->fails == Fails::kReports) {
    evidence.worth = 0.5;
    evidence.worth_why = "it only reports";
  }
}

Evidence scan(const RuleInput& in, const Use& use, const Subject& subject) {
  Evidence evidence;
  evidence.place = use.span;
  evidence.what = fmt::format("{} {}", name_of(in, use), subject.what);
  evidence.runs_at = node_of(in, use);
  evidence.part = subject.part;
  evidence.links.push_back({use.span, evidence.what});
  weigh(in, use, evidence);
  return evidence;
}

// Linters that know loading which runs code: bandit, ruff's S rules, semgrep, CodeQL.
bool forbids_loading(const RuleInput& in, const Use& use) {
  const std::string name = name_of(in, use);
  for (std::string_view tool : {"bandit", "semgrep", "codeql-action/analyze"}) {
    if (name.find(tool) != std::string::npos) return true;
  }
  if (name.find("ruff") == std::string::npos) return false;
  if (use.kind == Use::Kind::kCommand &&
      says(in, use, {"--select S", "--select=S", ",S", "S301", "--extend-select S"}))
    return true;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      const bool selects =
          path.find("select[") != std::string_view::npos &&
          (path.starts_with("tool.ruff") || path.starts_with("lint.") || path.starts_with("select["));
      if (selects && (key.value == "S" || key.value == "ALL" || key.value.starts_with("S3"))) return true;
    }
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Subject& subject : kSubjects) {
    std::vector<Evidence> found;
    for (const Use* use : uses_of(in, subject.capability)) {
      const bool step = use->kind == Use::Kind::kCommand || use->kind == Use::Kind::kAction;
      if (step) found.push_back(scan(in, *use, subject));
    }
    keep_best(in, found, 3);
    std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
  }
  std::vector<Evidence> bans;
  for (const Use* use : uses_of(in, "lints")) {
    const bool step = use->kind == Use::Kind::kCommand || use->kind == Use::Kind::kAction;
    if (step && forbids_loading(in, *use))
      bans.push_back(scan(in, *use, {"lints", "unsafe loading", "refuses unsafe loading"}));
  }
  keep_best(in, bans, 3);
  std::move(bans.begin(), bans.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_security_scans;
const Rule quality_security_scans{
    .summary = "dependencies, secrets, model files and unsafe loading are looked for",
    .why = "A model file is a program, and a leaked key opens all stores.",
    .fix =
        "Run scanners of dependencies, secrets and model files and a linter against unsafe loading in CI, "
        "and let "
        "them fail.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: security)",
    .run = run,
};

}  // namespace mlgrade::rules
