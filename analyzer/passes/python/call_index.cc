#include "analyzer/passes/python/call_index.h"

#include <algorithm>
#include <unordered_set>

#include "analyzer/facts/test_paths.h"

namespace mlgrade::passes {
namespace {

std::string_view last_word(std::string_view callee) { return callee.substr(callee.rfind('.') + 1); }

}  // namespace

CallIndex::CallIndex(const FactStore& facts) {
  std::unordered_set<std::string_view> wanted;
  for (const PythonModule& module : facts.python) {
    for (const PyFunction& function : module.functions) wanted.insert(function.name.view());
    for (const PyClass& cls : module.classes) wanted.insert(cls.name.view());
  }
  std::vector<uint32_t> order(facts.python.size());
  for (uint32_t m = 0; m < order.size(); ++m) order[m] = m;
  std::stable_partition(order.begin(), order.end(),
                        [&](uint32_t m) { return !is_test_path(facts.path(facts.python[m].file)); });
  for (const uint32_t m : order) {
    const std::vector<PyCall>& calls = facts.python[m].calls;
    for (uint32_t c = 0; c < calls.size(); ++c) {
      const std::string_view name = last_word(calls[c].callee.view());
      if (!wanted.contains(name)) continue;
      std::vector<Place>& places = places_[name];
      if (places.size() <= kMostPlaces) places.push_back({m, c});
    }
  }
}

std::span<const CallIndex::Place> CallIndex::calls_named(std::string_view name) const {
  const auto it = places_.find(name);
  if (it == places_.end() || it->second.size() > kMostPlaces) return {};
  return it->second;
}

}  // namespace mlgrade::passes
