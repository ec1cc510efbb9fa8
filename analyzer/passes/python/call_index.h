// Which calls may run a function, by the last word of what they call: where a parameter gets its values from.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

class CallIndex {
 public:
  struct Place {
    uint32_t module = kNone;
    uint32_t call = kNone;
  };

  CallIndex() = default;
  explicit CallIndex(const FactStore& facts);

  // Calls of something whose name ends in `name`: those of product code first, then those of tests, each in
  // the order of paths and lines. Empty for a name that so many calls share that they tell nothing.
  std::span<const Place> calls_named(std::string_view name) const;

  static constexpr size_t kMostPlaces = 48;  // of one name; more is a name like `get`

 private:
  std::unordered_map<std::string_view, std::vector<Place>> places_;  // views of interned names
};

}  // namespace mlgrade::passes
