// The path of a test stands in its id, before the first "::".
#include "analyzer/graph/test_index.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace mlgrade {

std::string_view TestIndex::path_of(uint32_t test) const {
  const std::string_view id = facts_->tests[test].id.view();
  return id.substr(0, id.find("::"));
}

TestIndex::TestIndex(const FactStore& facts) : facts_(&facts), by_path_(facts.tests.size()) {
  std::iota(by_path_.begin(), by_path_.end(), 0U);
  std::stable_sort(by_path_.begin(), by_path_.end(),
                   [&](uint32_t a, uint32_t b) { return path_of(a) < path_of(b); });
}

std::vector<uint32_t> TestIndex::below(std::string_view path) const {
  if (path.empty()) return all();
  std::vector<uint32_t> found;
  const auto add = [&](std::string_view start, bool whole) {
    auto at = std::lower_bound(by_path_.begin(), by_path_.end(), start,
                               [&](uint32_t test, std::string_view text) { return path_of(test) < text; });
    for (; at != by_path_.end(); ++at) {
      const std::string_view here = path_of(*at);
      if (whole ? here != start : !here.starts_with(start)) break;
      found.push_back(*at);
    }
  };
  add(path, true);
  add(std::string(path) + "/", false);
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<uint32_t> TestIndex::all() const {
  std::vector<uint32_t> found(by_path_.size());
  std::iota(found.begin(), found.end(), 0U);
  return found;
}

}  // namespace mlgrade
