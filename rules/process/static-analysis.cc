// Linters and type checkers over the project's own code.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/paths.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 5;

// Checks of documents, containers and charts: useful, but they never look at the pipeline's code.
bool looks_at_code(const Command& command) {
  for (const Word& word : command.words) {
    const std::string_view name = file_name(word.text);
    for (std::string_view other :
         {"yamllint", "hadolint", "shellcheck", "actionlint", "terraform", "tflint", "helm", "kubeconform",
          "kubeval", "conftest", "opa", "codespell", "zizmor", "sqlfluff", "promtool", "amtool", "pint"}) {
      if (name == other) return false;
    }
  }
  return true;
}

bool has_word(const Command& command, std::string_view start) {
  return std::any_of(command.words.begin(), command.words.end(),
                     [&](const Word& word) { return std::string_view(word.text).starts_with(start); });
}

// flake8 --select=E9,F63,F7,F82: what does not even compile.
bool only_syntax(const Command& command) {
  for (size_t i = 0; i < command.words.size(); ++i) {
    std::string_view word = command.words[i].text;
    if (word == "--select" && i + 1 < command.words.size()) word = command.words[i + 1].text;
    if (word.starts_with("--select=")) word.remove_prefix(9);
    if (word.starts_with("E9")) return true;
  }
  return false;
}

// black, isort and their like write the files anew and are content; only when asked to look do they fail.
bool only_rewrites(const Command& command) {
  for (const Word& word : command.words) {
    for (std::string_view asked : {"--check", "--check-only", "--diff", "-c", "-l", "--list-different",
                                   "--exit-code", "--error-on-difference", "-check"}) {
      if (word.text == asked || word.text.starts_with(std::string(asked) + "=")) return false;
    }
    if (!word.literal) return false;  // options that are not known here
  }
  return true;
}

void judge_command(const Command& command, Evidence& evidence) {
  if (has_word(command, "--exit-zero") || has_word(command, "--exit-zero-even-if-changed")) {
    evidence.effect = Effect::kSwallowed;
    evidence.effect_why = "`--exit-zero` lets every finding pass";
    evidence.effect_at = command.span;
  } else if (has_word(command, "--fix-only")) {
    evidence.worth = 0.5;
    evidence.worth_why = "it repairs what it can and lets the rest pass";
  } else if (only_syntax(command)) {
    evidence.worth = 0.5;
    evidence.worth_why = "it stops at what does not even compile, and lets the rest pass";
  }
}

std::string shown(const RuleInput& in, const Use& use) {
  const AutomationFile& file = in.facts.automation[use.automation];
  if (use.kind == Use::Kind::kAction) return file.actions[use.index].action.str();
  std::string text;
  for (const Word& word : file.commands[use.index].words) {
    if (text.size() > 40) break;
    text += (text.empty() ? "" : " ") + word.text;
  }
  return text;
}

void add_runs(const RuleInput& in, std::string_view capability, std::string_view what,
              std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, capability)) {
    const bool command = use->kind == Use::Kind::kCommand;
    if (!command && use->kind != Use::Kind::kAction) continue;
    if (command && !looks_at_code(in.facts.automation[use->automation].commands[use->index])) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("`{}` {}", shown(in, *use), what);
    evidence.runs_at = node_of(in, *use);
    if (command) judge_command(in.facts.automation[use->automation].commands[use->index], evidence);
    if (use->ability->fails == Fails::kReports && evidence.worth > 0.5) {
      evidence.worth = 0.5;
      evidence.worth_why = "it reports what it finds and stops nothing";
    }
    if (capability == "formats" && command &&
        only_rewrites(in.facts.automation[use->automation].commands[use->index])) {
      evidence.effect = Effect::kSwallowed;
      evidence.effect_why = "it writes the files anew and fails for none; `--check` would";
      evidence.effect_at = use->span;
    }
    if (capability == "formats" && evidence.worth > 0.5) {
      evidence.worth = 0.5;
      evidence.worth_why = "the layout of the code is checked, its meaning is not";
    }
    out.push_back(std::move(evidence));
  }
}

// The line that sets up a linter or type checker, as a file of its own, a section or a hook.
std::optional<Span> configured(const RuleInput& in) {
  for (const FileFact& file : in.facts.files) {
    if (file.sample || file.vendored) continue;
    for (std::string_view name : {"ruff.toml", ".ruff.toml", ".flake8", ".pylintrc", "pylintrc", "mypy.ini",
                                  ".mypy.ini", "pyrightconfig.json", ".style.yapf"}) {
      if (file_name(file.path.view()) == name) return Span{file.id, 1, 1, 1};
    }
  }
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const std::string_view name = file_name(in.facts.path(document.file));
    const bool manifest = name == "pyproject.toml" || name == "setup.cfg" || name == "tox.ini";
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      if (manifest &&
          (path.starts_with("tool.ruff") || path.starts_with("tool.mypy") ||
           path.starts_with("tool.pylint") || path.starts_with("tool.pyright") ||
           path.starts_with("flake8.") || path.starts_with("mypy.") || path.starts_with("pylint") ||
           path.starts_with("tool.black") || path.starts_with("tool.isort")))
        return key.span;
    }
  }
  for (const AutomationFile& file : in.facts.automation) {
    if (file.system != "pre-commit") continue;
    for (const ActionUse& use : file.actions) {
      for (std::string_view tool : {"ruff", "flake8", "mypy", "pylint", "pyright", "black", "isort"}) {
        if (use.action.view().find(tool) != std::string_view::npos) return use.span;
      }
    }
  }
  return std::nullopt;
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  add_runs(in, "lints", "looks for mistakes in the code", found);
  add_runs(in, "checks-types", "checks types", found);
  add_runs(in, "formats", "holds the code to one layout", found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
  if (const std::optional<Span> place = configured(in)) {
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = *place;
    evidence.what = "linters or type checks are set up for whoever runs them";
    evidence.worth = 0.5;
    evidence.worth_why = "nothing runs them on a change";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule process_static_analysis;
const Rule process_static_analysis{
    .summary = "linters and type checkers look at every change",
    .why = "A misspelt name or a wrong type in a training script shows after hours, or never.",
    .fix =
        "Run a linter and a type checker on every push and pull request and let their exit code fail the "
        "job.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
