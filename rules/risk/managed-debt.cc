// Known debt is listed, or a linter asks each TODO for its number.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/paths.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kEntries = 3;

// Ruff's rules that ask for an issue behind a TODO, or for no TODO at all; "TD0" is the start of "TD003".
bool asks_for_issue(std::string_view code) {
  return code == "TD" || code == "TD0" || code == "TD00" || code == "TD003" || code == "FIX" ||
         code == "FIX0" || code == "FIX00" || code == "FIX002" || code == "ALL";
}

// What the settings of a linter say of TODOs.
struct Settings {
  Span asked;           // the line that asks; invalid: none does
  std::string why_not;  // turned off again, a phrase
};

// Keys are the path's last part without index: "select[3]" -> "select".
std::string_view last_key(std::string_view path) {
  path = path.substr(path.rfind('.') + 1);
  return path.substr(0, path.find('['));
}

bool takes_all(std::string_view pattern) {
  return pattern == "*" || pattern == "**" || pattern == "*.py" || pattern == "**/*.py";
}

// Codes in one value: ruff has lists, flake8 "T,W".
bool any_code(std::string_view value, bool (*accept)(std::string_view)) {
  while (!value.empty()) {
    const size_t end = std::min(value.find_first_of(", \n"), value.size());
    if (accept(value.substr(0, end))) return true;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return false;
}

Settings ruff_settings(const RuleInput& in) {
  Settings out;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const std::string_view name = file_name(in.facts.path(document.file));
    const bool own = name == "ruff.toml" || name == ".ruff.toml";
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      if (!own && !path.starts_with("tool.ruff")) continue;
      const std::string_view last = last_key(path);
      if (last == "select" || last == "extend-select") {
        if (asks_for_issue(key.value) && !out.asked.valid()) out.asked = key.span;
      } else if (last == "ignore" || last == "extend-ignore") {
        if (asks_for_issue(key.value) && out.why_not.empty())
          out.why_not = fmt::format("`{}` ignores {} again", last, key.value);
      } else if (path.find("per-file-ignores") != std::string_view::npos && asks_for_issue(key.value)) {
        const size_t at = path.find("per-file-ignores") + std::string_view("per-file-ignores").size();
        std::string_view pattern = path.substr(std::min(at + 1, path.size()));
        pattern = pattern.substr(0, pattern.rfind('['));
        if (takes_all(pattern)) out.why_not = fmt::format("{} is ignored in every file", key.value);
      }
    }
  }
  return out;
}

// The same in the settings of pylint, which refuses a TODO unless it is told not to.
Settings pylint_settings(const RuleInput& in) {
  Settings out;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      if (path.find("pylint") == std::string_view::npos &&
          file_name(in.facts.path(document.file)).find("pylintrc") == std::string_view::npos)
        continue;
      const auto fixme = [](std::string_view code) { return code == "fixme" || code == "W0511"; };
      if (last_key(path) == "enable" && any_code(key.value, fixme)) out.asked = key.span;
      if (last_key(path) == "disable" && any_code(key.value, fixme))
        out.why_not = "pylint is told to let each TODO pass";
    }
  }
  return out;
}

std::string_view word_at(const Command& command, size_t i) {
  return i < command.words.size() ? std::string_view(command.words[i].text) : std::string_view();
}

bool lets_all_pass(const Command& command) {
  return std::any_of(command.words.begin(), command.words.end(),
                     [](const Word& word) { return word.text.starts_with("--exit-zero"); });
}

// Codes that the command selects by itself: `ruff check --select TD,FIX`.
bool selects_itself(const Command& command) {
  for (size_t i = 0; i < command.words.size(); ++i) {
    std::string_view word = word_at(command, i);
    if (word == "--select" || word == "--extend-select") word = word_at(command, i + 1);
    const size_t equals = word.find('=');
    if (word.starts_with("--select=") || word.starts_with("--extend-select=")) word.remove_prefix(equals + 1);
    if (any_code(word, asks_for_issue)) return true;
  }
  return false;
}

bool runs_tool(std::string_view text, std::string_view tool) {
  return text.find(tool) != std::string_view::npos;
}

void add_linters(const RuleInput& in, RuleOutput& output) {
  const Settings ruff = ruff_settings(in), pylint = pylint_settings(in);
  std::vector<Evidence> found;
  for (const Use* use : uses_of(in, "lints")) {
    const bool command = use->kind == Use::Kind::kCommand;
    if (!command && use->kind != Use::Kind::kAction) continue;
    const std::string name = name_of(in, *use);
    const Command* run = command ? &in.facts.automation[use->automation].commands[use->index] : nullptr;
    const bool hooks = runs_tool(name, "pre-commit");
    const bool by_ruff = runs_tool(name, "ruff") || hooks;
    const Settings& settings = by_ruff ? ruff : pylint;
    const bool asked =
        settings.asked.valid() || (run != nullptr && runs_tool(name, "ruff") && selects_itself(*run));
    if (!asked || (!by_ruff && !runs_tool(name, "pylint"))) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} asks each TODO for its issue", name);
    evidence.runs_at = node_of(in, *use);
    evidence.links = {{use->span, evidence.what}};
    if (settings.asked.valid()) evidence.links.push_back({settings.asked, "the rule is turned on"});
    if (!settings.why_not.empty()) {
      evidence.defeat = settings.why_not;
      evidence.defeat_at = settings.asked.valid() ? settings.asked : use->span;
    }
    if (run != nullptr && lets_all_pass(*run)) {
      evidence.effect = Effect::kSwallowed;
      evidence.effect_at = use->span;
      evidence.effect_why = "`--exit-zero` lets every finding pass";
    }
    found.push_back(std::move(evidence));
  }
  keep_best(in, found, 3);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Written& written :
       written_about(in, {"technical debt", "tech debt", "debt register", "debt registry"})) {
    if (written.items < kEntries && written.tables == 0) continue;
    output.evidence.push_back(
        written_evidence(written, "debt that is known is listed", "nothing asks for its number in the code"));
  }
  add_linters(in, output);
}

}  // namespace

extern const Rule risk_managed_debt;
const Rule risk_managed_debt{
    .summary = "known technical debt is listed and has numbers",
    .why = "Debt that stands in comments only is paid by whoever trips over it.",
    .fix = "Keep a register with id, cost and owner, and let a linter ask for the id in each TODO.",
    .source = "Sculley et al. 2015; Kaestner, Software Engineering for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
