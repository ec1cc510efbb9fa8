// .pre-commit-config.yaml: hooks; those of the repository itself with their commands.
#include <algorithm>

#include "analyzer/passes/ci_support.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

bool wants(const FileFact& file) {
  return file.path == ".pre-commit-config.yaml" || file.path == ".pre-commit-config.yml";
}

// Hooks for `git commit` or `git push` run by themselves for whoever installed them; others only when called.
void read_stages(const DataNode& hook, const DataNode& root, AutomationFile& out, uint32_t unit) {
  const DataNode* stages = hook.find("stages");
  if (stages == nullptr) stages = root.find("default_stages");
  if (stages == nullptr) return;
  const std::vector<std::string> names = stages->strings();
  if (!names.empty() &&
      std::all_of(names.begin(), names.end(), [](const auto& n) { return n == "manual"; })) {
    out.units[unit].manual = true;
    out.units[unit].condition = "stages: [manual]";
    out.units[unit].condition_span = line_span(out.file, stages->line);
  }
}

void add_hook(const DataNode& repo, const DataNode& hook, const DataNode& root, AutomationFile& out) {
  const uint32_t unit = add_unit(out, UnitKind::kHook, hook.get("id"), hook.line_of("id"));
  out.units[unit].title = Name(hook.get("name", hook.get("id")));
  read_stages(hook, root, out, unit);
  const std::string_view source = repo.get("repo");
  if (source != "local" && source != "meta") {
    ActionUse use;
    use.unit = unit;
    use.action = Name(std::string(source) + "#" + std::string(hook.get("id")));
    use.version = Name(repo.get("rev"));
    use.span = line_span(out.file, hook.line_of("id"));
    if (const DataNode* args = hook.find("args")) {
      for (const std::string& arg : args->strings()) use.with.emplace_back("args", Word{arg, true});
    }
    out.actions.push_back(std::move(use));
    return;
  }
  const DataNode* entry = hook.find("entry");
  if (entry == nullptr || !entry->is_scalar()) return;
  std::string text = entry->text;
  if (const DataNode* args = hook.find("args")) {
    for (const std::string& arg : args->strings()) text += " '" + arg + "'";
  }
  const bool runs = hook.get("language") != "pygrep" && hook.get("language") != "fail";
  if (runs) add_script(out, unit, {std::move(text), text_line(*entry), false, false});
}

// pre-commit.ci runs the hooks on every push and pull request where its app is installed. A `ci:` block is
// written for it alone; whether the app is there, the history tells (passes/pre_commit_ci.cc).
void add_service(const DataNode& root, AutomationFile& out) {
  const DataNode* ci = root.find("ci");
  const uint32_t line = ci == nullptr ? 1 : root.line_of("ci");
  const auto hooks = static_cast<uint32_t>(out.units.size());
  const uint32_t unit = add_unit(out, UnitKind::kWorkflow, "pre-commit.ci", line);
  if (ci != nullptr) {
    add_doubtful_trigger(out, unit, TriggerKind::kPullRequest, "on pull request (pre-commit.ci)", line,
                         Truth::kUnknown,
                         "whether pre-commit.ci is installed does not show in the repository");
  }
  std::vector<std::string> skipped;
  if (ci != nullptr) {
    for (const DataNode* name : scalar_lines(ci->find("skip"))) skipped.push_back(name->text);
  }
  for (uint32_t hook = 0; hook < hooks; ++hook) {
    const std::string name = out.units[hook].name.str();
    if (out.units[hook].manual || std::find(skipped.begin(), skipped.end(), name) != skipped.end()) continue;
    add_link(out, unit, LinkKind::kRuns, UnitKind::kHook, name, out.units[hook].span.line).same_file = true;
  }
}

void run(const SourceFile& file, FileFacts& out) {
  const ParsedData data = parse_yaml(file.text, file.id);
  AutomationFile automation = automation_file(file, "pre-commit");
  automation.analysable = !data.documents.empty();
  if (const DataNode* repos = data.root().find("repos")) {
    for (const DataNode& repo : repos->items) {
      const DataNode* hooks = repo.find("hooks");
      if (hooks == nullptr) continue;
      for (const DataNode& hook : hooks->items) add_hook(repo, hook, data.root(), automation);
    }
  }
  add_service(data.root(), automation);
  out.automation.push_back(std::move(automation));
}

}  // namespace

extern const FilePass pre_commit;
const FilePass pre_commit = {"pre_commit", "hooks of pre-commit", wants, run};

}  // namespace mlgrade::passes
