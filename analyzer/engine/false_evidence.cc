// Looks at the lines of a piece of evidence that lie in Python code.
#include "analyzer/engine/false_evidence.h"

#include <algorithm>

#include "analyzer/graph/dead_branch.h"

namespace mlgrade {
namespace {

const PythonModule* code_at(const FactStore& facts, const Span& span) {
  if (!span.valid() || span.file == FileId::kNone) return nullptr;
  const PythonModule* module = facts.module_of(span.file);
  return module == nullptr || module->is_notebook ? nullptr : module;
}

void cap(Evidence& evidence, std::string why) {
  if (evidence.worth < 1) return;
  evidence.worth = 0.5;
  evidence.worth_why = std::move(why);
}

// The optional import through which the line calls; null if it calls through none.
const PyImport* optional_import(const PythonModule& module, uint32_t line) {
  for (const PyCall& call : module.calls) {
    if (call.span.line != line) continue;
    const std::string_view callee = call.callee.view();
    const std::string_view head = callee.substr(0, callee.find('.'));
    for (const PyImport& import : module.imports) {
      if (import.optional && import.project_module == kNone && import.bound == head) return &import;
    }
  }
  return nullptr;
}

}  // namespace

PlaceJudge::PlaceJudge(const FactStore& facts, const Catalogue& catalogue)
    : facts_(facts), catalogue_(catalogue) {
  for (const Dependency& dependency : facts.dependencies) {
    has_manifest_ |= dependency.ecosystem == "pypi" || dependency.ecosystem == "conda";
    locked_ |= dependency.locked && dependency.ecosystem == "pypi";
  }
}

// A manifest, a lock or a command names a distribution that has the import.
bool PlaceJudge::is_installed(std::string_view import) const {
  const std::string_view root = import.substr(0, import.find('.'));
  std::vector<std::string_view> distributions{root};
  for (const Tool& tool : catalogue_.tools) {
    if (std::find(tool.imports.begin(), tool.imports.end(), root) == tool.imports.end()) continue;
    distributions.insert(distributions.end(), tool.distributions.begin(), tool.distributions.end());
  }
  const auto is_one = [&](std::string_view name) {
    return std::find(distributions.begin(), distributions.end(), name) != distributions.end();
  };
  if (std::any_of(facts_.dependencies.begin(), facts_.dependencies.end(),
                  [&](const Dependency& d) { return is_one(d.name.view()); })) {
    return true;
  }
  for (const AutomationFile& file : facts_.automation) {
    for (const Command& command : file.commands) {
      for (const Word& word : command.words) {
        const std::string_view text = word.text;
        if (is_one(text.substr(0, text.find_first_of("=<>~[!")))) return true;
      }
    }
  }
  return false;
}

bool PlaceJudge::weigh_branch(Evidence& evidence, const Span& span) const {
  const PythonModule* module = code_at(facts_, span);
  if (module == nullptr) return false;
  const DeadBranch branch = dead_branch(facts_, *module, block_at(*module, span.line));
  if (!branch.dead) return false;
  evidence.defeat = "the branch it stands in never runs: " + branch.why;
  evidence.defeat_at = branch.at;
  return true;
}

bool PlaceJudge::weigh_optional(Evidence& evidence, const Span& span) const {
  const PythonModule* module = code_at(facts_, span);
  if (module == nullptr || !has_manifest_) return false;
  const PyImport* import = optional_import(*module, span.line);
  if (import == nullptr || is_installed(import->module.view())) return false;
  const std::string name(import->module.view().substr(0, import->module.view().find('.')));
  if (locked_) {
    evidence.defeat =
        name + " is used only where it is installed, and no manifest, lock or command installs it";
    evidence.defeat_at = import->span;
  } else {
    cap(evidence, name + " is used only where it is installed, and no manifest names it");
  }
  return true;
}

void PlaceJudge::weigh_version(Evidence& evidence) const {
  const PythonModule* module = code_at(facts_, evidence.place);
  if (module == nullptr) return;
  const RemovedUse removed = removed_use(facts_, catalogue_, *module);
  if (removed.api == nullptr) return;
  cap(evidence, "likely broken: " + removed.distribution.str() + " " + removed.api->since +
                    " and later have no " + std::string(removed.name) +
                    ", and no requirement keeps them out");
}

void PlaceJudge::weigh(Evidence& evidence) const {
  const bool runs = evidence.mode == EvidenceMode::kCheck || evidence.mode == EvidenceMode::kStanding;
  if (!runs || !evidence.defeat.empty()) return;
  if (weigh_branch(evidence, evidence.place)) return;
  for (const Link& link : evidence.links) {
    if (weigh_branch(evidence, link.span)) return;
  }
  if (evidence.mode != EvidenceMode::kCheck) return;
  if (weigh_optional(evidence, evidence.place) && !evidence.defeat.empty()) return;
  for (const Link& link : evidence.links) {
    if (weigh_optional(evidence, link.span)) break;
  }
  if (evidence.defeat.empty()) weigh_version(evidence);
}

}  // namespace mlgrade
