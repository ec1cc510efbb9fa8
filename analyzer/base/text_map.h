// A map from texts that outlive it, made for many short lives: nothing is allocated for each entry, and few
// entries are searched without any table.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/base/text_hash.h"

namespace mlgrade {

template <typename Value>
class TextMap {
 public:
  using Entries = std::vector<std::pair<std::string_view, Value>>;

  const Value* find(std::string_view text) const {
    const size_t at = place_of(text);
    return at == entries_.size() ? nullptr : &entries_[at].second;
  }

  // The reference is good until the next text is added.
  Value& operator[](std::string_view text) {
    const size_t at = place_of(text);
    if (at == entries_.size()) {
      entries_.emplace_back(text, Value{});
      note_last();
    }
    return entries_[at].second;
  }

  // In the order in which they were added.
  typename Entries::const_iterator begin() const { return entries_.begin(); }
  typename Entries::const_iterator end() const { return entries_.end(); }

 private:
  static constexpr size_t kFew = 8;

  size_t place_of(std::string_view text) const {
    if (slots_.empty()) {
      size_t at = 0;
      while (at < entries_.size() && entries_[at].first != text) ++at;
      return at;
    }
    for (size_t slot = text_hash(text) & (slots_.size() - 1); slots_[slot] != 0;
         slot = (slot + 1) & (slots_.size() - 1)) {
      if (entries_[slots_[slot] - 1].first == text) return slots_[slot] - 1;
    }
    return entries_.size();
  }

  void note_last() {
    if (entries_.size() <= kFew) return;
    if (2 * entries_.size() <= slots_.size()) return put(entries_.size());
    slots_.assign(slots_.empty() ? 8 * kFew : 2 * slots_.size(), 0);
    for (size_t i = 1; i <= entries_.size(); ++i) put(i);
  }

  void put(size_t number) {
    size_t slot = text_hash(entries_[number - 1].first) & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<uint32_t>(number);
  }

  Entries entries_;
  std::vector<uint32_t> slots_;  // place of an entry + 1, or 0; a power of two, at most half taken
};

}  // namespace mlgrade
