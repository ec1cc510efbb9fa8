// Fills the index in the order of files, so that every answer is in the order of ids.
#include "analyzer/graph/unit_index.h"

#include <algorithm>
#include <set>
#include <utility>

namespace mlgrade {
namespace {

template <typename Map, typename Key>
const typename Map::mapped_type& found_in(const Map& map, const Key& key) {
  static const typename Map::mapped_type none;
  const auto at = map.find(key);
  return at == map.end() ? none : at->second;
}

std::string key_of(UnitKind kind, std::string_view text) {
  std::string key = std::to_string(static_cast<int>(kind));
  key += '\n';
  key += text;
  return key;
}

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

// Where its runner is started: the tasks of invoke may lie in a folder of that name, and are run from above
// it.
std::string_view home_of(const FactStore& facts, const AutomationFile& file) {
  const std::string_view folder = folder_of(facts.path(file.file));
  const bool package = file.system == "invoke" && (folder == "tasks" || folder.ends_with("/tasks"));
  return package ? folder_of(folder) : folder;
}

}  // namespace

void UnitIndex::add_home(uint32_t file, UnitKind kind, std::string_view system) {
  std::string key = key_of(kind, system);
  any_home_[key].push_back(file);
  key += '\n';
  key += home_of(*facts_, facts_->automation[file]);
  homes_[key].push_back(file);
}

void UnitIndex::build(const FactStore& facts, const Graph& graph) {
  facts_ = &facts;
  graph_ = &graph;
  std::unordered_map<std::string, std::set<UnitKind>> kinds_of;  // of a system, in any of its files
  for (const AutomationFile& file : facts.automation) {
    for (const Unit& unit : file.units) kinds_of[unit.system.str()].insert(unit.kind);
  }
  for (uint32_t f = 0; f < facts.automation.size(); ++f) {
    const AutomationFile& file = facts.automation[f];
    files_at_[index_of(file.file)].push_back(f);
    files_of_[file.system.str()].push_back(f);
    std::set<std::pair<UnitKind, Name>> here;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const Unit& unit = file.units[u];
      const NodeId node = graph.unit_nodes[f][u];
      named_[key_of(unit.kind, unit.name.view())].push_back(node);
      of_system_[key_of(unit.kind, unit.system.view())].push_back(node);
      if (unit.kind == UnitKind::kTarget && unit.name.view().find('%') != std::string_view::npos)
        patterns_[f].push_back(node);
      here.emplace(unit.kind, unit.system);
    }
    // A file that only includes others stands for theirs.
    if (!file.includes.empty()) {
      for (UnitKind kind : kinds_of[file.system.str()]) here.emplace(kind, file.system);
    }
    for (const auto& [kind, system] : here) add_home(f, kind, system.view());
  }
}

const std::vector<NodeId>& UnitIndex::named(UnitKind kind, std::string_view name) const {
  return found_in(named_, key_of(kind, name));
}

std::vector<NodeId> UnitIndex::named_in(uint32_t file, UnitKind kind, std::string_view name) const {
  const std::vector<NodeId>& units = graph_->unit_nodes[file];
  if (units.empty()) return {};
  const std::vector<NodeId>& all = named(kind, name);
  return {std::lower_bound(all.begin(), all.end(), units.front()),
          std::upper_bound(all.begin(), all.end(), units.back())};
}

const std::vector<NodeId>& UnitIndex::of_system(UnitKind kind, std::string_view system) const {
  return found_in(of_system_, key_of(kind, system));
}

const std::vector<NodeId>& UnitIndex::patterns_in(uint32_t file) const { return found_in(patterns_, file); }

const std::vector<uint32_t>& UnitIndex::files_of(std::string_view system) const {
  return found_in(files_of_, std::string(system));
}

std::vector<uint32_t> UnitIndex::files_at(std::string_view path) const {
  const FileFact* file = facts_->find_file(path);
  return file == nullptr ? std::vector<uint32_t>{} : found_in(files_at_, index_of(file->id));
}

std::vector<uint32_t> UnitIndex::files_near(UnitKind kind, std::string_view system,
                                            std::string_view folder) const {
  const std::string key = key_of(kind, system);
  if (folder == "?") return found_in(any_home_, key);
  for (;;) {
    std::string here = key + '\n';
    here += folder;
    const std::vector<uint32_t>& found = found_in(homes_, here);
    if (!found.empty() || folder.empty()) return found;
    folder = folder_of(folder);
  }
}

}  // namespace mlgrade
