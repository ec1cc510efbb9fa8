// Where values come from. There are few different origins and many values, so each origin is kept once and
// known by a number; joining two that were joined before is a look-up.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "analyzer/base/name.h"

namespace mlgrade::passes {

struct Origin {
  bool project = false;   // a call of the project's code, or a value that importing it made
  bool artifact = false;  // a file of data or a model
  bool mock = false;
  std::vector<Name> targets;  // canonical names of the calls, in the order met; the first kMaxTargets

  static constexpr size_t kMaxTargets = 24;
  bool counts() const { return project || artifact; }
  bool operator==(const Origin&) const = default;
};

// Zero: from nowhere that matters. Numbers are those of one Origins only.
using OriginId = uint32_t;

class Origins {
 public:
  enum class Mark : uint8_t { kProject, kArtifact, kMock };

  Origins();

  const Origin& operator[](OriginId id) const { return known_[id]; }
  OriginId join(OriginId first, OriginId second);  // targets of `first` before those of `second`
  OriginId with(OriginId id, Mark mark);
  OriginId with_target(OriginId id, Name target);  // the empty name adds nothing

 private:
  // A join that was asked for lately; most are asked for again at once. The key zero: none.
  struct Recent {
    uint64_t key = 0;
    OriginId joined = 0;
  };

  OriginId keep(Origin origin);
  OriginId make_joined(OriginId first, OriginId second);
  OriginId of_mark(Mark mark);

  std::deque<Origin> known_;
  std::unordered_multimap<size_t, OriginId> by_hash_;
  std::unordered_map<uint64_t, OriginId> joined_;  // by both numbers
  std::array<Recent, 1024> recent_;                // of them
  std::unordered_map<Name, OriginId> of_target_;
  OriginId of_mark_[3] = {};
};

}  // namespace mlgrade::passes
