// Looks through ConfigDocument facts.
#include "rules/support/config.h"

#include <algorithm>
#include <string>

#include "analyzer/base/glob.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

std::string without_indices(std::string_view path) {
  std::string out;
  bool inside = false;
  for (char c : path) {
    if (c == '[') inside = true;
    if (!inside) out += c;
    if (c == ']') inside = false;
  }
  return out;
}

}  // namespace

std::vector<const ConfigDocument*> manifests(const FactStore& facts, std::string_view kind) {
  std::vector<const ConfigDocument*> found;
  for (const ConfigDocument& document : facts.configs) {
    if (!is_sample(facts, document.file) && document.root.get("kind") == kind) found.push_back(&document);
  }
  return found;
}

const ConfigKey* find_key(const ConfigDocument& document, std::string_view pattern) {
  for (const ConfigKey& key : document.keys) {
    if (dotted_match(pattern, without_indices(key.path.view()))) return &key;
  }
  return nullptr;
}

std::vector<const ConfigKey*> find_keys(const ConfigDocument& document, std::string_view pattern) {
  std::vector<const ConfigKey*> found;
  for (const ConfigKey& key : document.keys) {
    if (dotted_match(pattern, without_indices(key.path.view()))) found.push_back(&key);
  }
  return found;
}

NodeId node_of_manifest(const RuleInput& in, FileId file, uint32_t line) {
  const auto document_at = [&](uint32_t at) {
    uint32_t found = 0;
    for (const ConfigDocument& document : in.facts.configs) {
      if (document.file == file && document.root.line <= at) found = std::max(found, document.index + 1);
    }
    return found;
  };
  NodeId best = in.graph.node_of_file(file);
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    if (in.facts.automation[f].file != file) continue;
    for (uint32_t u = 0; u < in.facts.automation[f].units.size(); ++u) {
      const Unit& unit = in.facts.automation[f].units[u];
      const bool elsewhere =
          line != 0 && unit.kind == UnitKind::kDeployment && document_at(unit.span.line) != document_at(line);
      if (elsewhere) continue;
      NodeId node = in.graph.node_of_unit(f, u);
      if (best == kNone || in.graph.reached_by(node) > in.graph.reached_by(best)) best = node;
    }
  }
  return best;
}

void stand_if_unapplied(const RuleInput& in, Evidence& evidence) {
  if (evidence.mode != EvidenceMode::kCheck || evidence.runs_itself || !evidence.defeat.empty()) return;
  if (in.graph.reached_by(evidence.runs_at) != Reach::By::kNothing) return;
  evidence.mode = EvidenceMode::kStanding;
  if (evidence.worth_why.empty()) evidence.worth_why = "nothing in the repository applies the manifest";
  evidence.worth = 0.5;
  evidence.confidence = Confidence::kMedium;
}

std::vector<Resource> cloudformation(const FactStore& facts, std::string_view type) {
  std::vector<Resource> found;
  for (const ConfigDocument& document : facts.configs) {
    const DataNode* resources = document.root.find("Resources");
    if (resources == nullptr || !resources->is_mapping() || is_sample(facts, document.file)) continue;
    for (const auto& entry : resources->entries) {
      if (entry.second.get("Type") == type) found.push_back({&document, &entry.second, entry.first});
    }
  }
  return found;
}

}  // namespace mlgrade
