// The table behind Name: sharded by hash, so that threads seldom wait for one another, with a small cache for
// each thread in front, because the same few thousand names make up most of what is interned.
#include "analyzer/base/name.h"

#include <array>
#include <deque>
#include <mutex>
#include <vector>

#include "analyzer/base/text_hash.h"

namespace mlgrade {
namespace {

// An open-addressing set of pointers into `texts`, which never moves them.
class Shard {
 public:
  const std::string* intern(std::string_view text, size_t hash) {
    std::lock_guard lock(mutex_);
    if (2 * (texts_.size() + 1) > slots_.size()) grow();
    size_t at = (hash / kShards) & (slots_.size() - 1);
    for (; slots_[at].text != nullptr; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].hash == hash && *slots_[at].text == text) return slots_[at].text;
    }
    slots_[at] = {hash, &texts_.emplace_back(text)};
    return slots_[at].text;
  }

  static constexpr size_t kShards = 64;

 private:
  struct Slot {
    size_t hash = 0;
    const std::string* text = nullptr;
  };

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 256 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.text == nullptr) continue;
      size_t at = (slot.hash / kShards) & (slots_.size() - 1);
      while (slots_[at].text != nullptr) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::mutex mutex_;
  std::deque<std::string> texts_;
  std::vector<Slot> slots_;  // a power of two, at most half full
};

std::array<Shard, Shard::kShards>& shards() {
  static auto* table =
      new std::array<Shard, Shard::kShards>;  // never destroyed: names outlive static destructors
  return *table;
}

// Direct-mapped: a name that falls on another's place takes it.
struct CacheLine {
  size_t hash = 0;
  const std::string* text = nullptr;
};
constexpr size_t kCacheLines = 4096;
thread_local std::array<CacheLine, kCacheLines> cache;

const std::string* intern(std::string_view text) {
  const size_t hash = text_hash(text);
  CacheLine& line = cache[(hash / Shard::kShards) % kCacheLines];
  if (line.hash == hash && line.text != nullptr && *line.text == text) return line.text;
  line = {hash, shards()[hash % Shard::kShards].intern(text, hash)};
  return line.text;
}

}  // namespace

Name::Name(std::string_view text) : text_(text.empty() ? nullptr : intern(text)) {}

const std::string& Name::empty_text() {
  static const auto* text = new std::string;
  return *text;
}

}  // namespace mlgrade
