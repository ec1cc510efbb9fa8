// Tests by the path of their file, so that a command finds those below a folder without looking at all.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

class TestIndex {
 public:
  TestIndex() = default;
  explicit TestIndex(const FactStore& facts);  // which must outlive it

  // Tests (into facts.tests) of the file or of those below the folder; "" is the root. In their order.
  std::vector<uint32_t> below(std::string_view path) const;
  std::vector<uint32_t> all() const;

 private:
  std::string_view path_of(uint32_t test) const;

  const FactStore* facts_ = nullptr;
  std::vector<uint32_t> by_path_;  // sorted by path, then by index
};

}  // namespace mlgrade
