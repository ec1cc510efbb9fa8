// Questions about configuration documents: manifests by kind, values by path.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Kubernetes-like manifests of a kind, outside samples.
std::vector<const ConfigDocument*> manifests(const FactStore& facts, std::string_view kind);

// First key whose dotted path, list indices left out, matches the pattern (dotted_match); null if none does.
const ConfigKey* find_key(const ConfigDocument& document, std::string_view pattern);
std::vector<const ConfigKey*> find_keys(const ConfigDocument& document, std::string_view pattern);

// The node of the manifest file, or of a unit that it defines: what an apply command reaches; kNone if
// nothing names it. `line`: of the object that is meant; what another document of the file deploys (an Argo
// CD Application) lies elsewhere. 0: any.
NodeId node_of_manifest(const RuleInput& in, FileId file, uint32_t line = 0);

// A manifest that no workflow applies may still be applied by hand: it then stands for half a point at most
// (rubric F-25).
void stand_if_unapplied(const RuleInput& in, Evidence& evidence);

// A CloudFormation or SAM resource of a type: the mapping under `Resources`.
struct Resource {
  const ConfigDocument* document = nullptr;
  const DataNode* node = nullptr;
  std::string_view name;
};
std::vector<Resource> cloudformation(const FactStore& facts, std::string_view type);

}  // namespace mlgrade
