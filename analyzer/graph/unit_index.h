// Where units are, by what commands and links ask for: their name, their system, their file, the folder they
// are run in. Filled once, so that a question costs what its answer is long.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

class UnitIndex {
 public:
  // After the graph has its nodes of units. Both must outlive the index.
  void build(const FactStore& facts, const Graph& graph);

  const std::vector<NodeId>& named(UnitKind kind, std::string_view name) const;  // in the order of ids
  std::vector<NodeId> named_in(uint32_t file, UnitKind kind, std::string_view name) const;
  const std::vector<NodeId>& of_system(UnitKind kind, std::string_view system) const;
  const std::vector<NodeId>& patterns_in(uint32_t file) const;  // targets like %.o

  const std::vector<uint32_t>& files_of(std::string_view system) const;  // into facts.automation
  std::vector<uint32_t> files_at(std::string_view path) const;

  // The files with units of a system that a run in `folder` finds: there, else in the nearest folder above.
  // "?", an unknown folder, may be any.
  std::vector<uint32_t> files_near(UnitKind kind, std::string_view system, std::string_view folder) const;

 private:
  void add_home(uint32_t file, UnitKind kind, std::string_view system);

  const FactStore* facts_ = nullptr;
  const Graph* graph_ = nullptr;
  std::unordered_map<std::string, std::vector<NodeId>> named_;       // "kind\nname"
  std::unordered_map<std::string, std::vector<NodeId>> of_system_;   // "kind\nsystem"
  std::unordered_map<uint32_t, std::vector<NodeId>> patterns_;       // by file
  std::unordered_map<std::string, std::vector<uint32_t>> files_of_;  // system
  std::unordered_map<uint32_t, std::vector<uint32_t>> files_at_;     // FileId
  std::unordered_map<std::string, std::vector<uint32_t>> homes_;     // "kind\nsystem\nfolder"
  std::unordered_map<std::string, std::vector<uint32_t>> any_home_;  // "kind\nsystem"
};

}  // namespace mlgrade
