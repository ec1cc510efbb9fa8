// Kubernetes objects as units: workloads and their containers, cron objects, Argo workflows, and the GitOps
// objects that apply other manifests. Used for manifests as they stand and for those that a chart renders.
#pragma once

#include <string_view>

#include "analyzer/base/data_tree.h"
#include "analyzer/facts/automation.h"

namespace mlgrade {

// Adds what one object means; nothing for a kind that runs nothing. `root` has apiVersion and kind.
void add_kubernetes_object(AutomationFile& out, const DataNode& root);

// workloads.cc, for the other files of this folder.
uint32_t add_object(AutomationFile& out, UnitKind kind, const DataNode& root);  // named by its metadata
void add_container(AutomationFile& out, uint32_t unit, const DataNode& container);
void add_pod(AutomationFile& out, uint32_t unit, const DataNode* pod);
// `suspend: true` leaves the unit to a person; else the cron expressions under `key` start it once applied.
void add_cron(AutomationFile& out, uint32_t unit, const DataNode& spec, std::string_view key);
bool is_on(const DataNode* flag);  // true, unquoted

bool add_argo(AutomationFile& out, const DataNode& root, std::string_view kind);  // argo.cc
bool add_gitops(AutomationFile& out, const DataNode& root, std::string_view kind,
                std::string_view group);  // gitops.cc

}  // namespace mlgrade
