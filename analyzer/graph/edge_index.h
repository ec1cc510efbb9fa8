// Which edge joins two nodes: a table of numbers with open addressing, since there are many and each is asked
// for whenever something is linked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mlgrade {

class EdgeIndex {
 public:
  // The number of the edge between the two nodes, which are not kNone; `fresh` if there was none, then it is
  // `number`.
  std::pair<uint32_t, bool> try_emplace(uint32_t from, uint32_t to, uint32_t number) {
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    const uint64_t key = uint64_t{from} << 32 | to;
    Slot& slot = slots_[place_of(key)];
    if (slot.key == key) return {slot.number, false};
    slot = {key, number};
    ++size_;
    return {number, true};
  }

 private:
  static constexpr uint64_t kEmpty = ~uint64_t{0};
  struct Slot {
    uint64_t key = kEmpty;
    uint32_t number = 0;
  };

  // Where the key is, or would be put.
  size_t place_of(uint64_t key) const {
    const size_t mask = slots_.size() - 1;
    size_t at = static_cast<size_t>(key * 0x9e3779b97f4a7c15ull >> 32) & mask;
    while (slots_[at].key != key && slots_[at].key != kEmpty) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 1024 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.key != kEmpty) slots_[place_of(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two, at most three quarters full
  size_t size_ = 0;
};

}  // namespace mlgrade
