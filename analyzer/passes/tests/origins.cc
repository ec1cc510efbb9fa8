// The table of origins.
#include "analyzer/passes/tests/origins.h"

#include <algorithm>
#include <utility>

namespace mlgrade::passes {
namespace {

void add_target(Origin& origin, Name target) {
  if (origin.targets.size() >= Origin::kMaxTargets) return;
  if (std::find(origin.targets.begin(), origin.targets.end(), target) == origin.targets.end())
    origin.targets.push_back(target);
}

// Joining the second to the first would change nothing.
bool holds(const Origin& first, const Origin& second) {
  if ((second.project && !first.project) || (second.artifact && !first.artifact) ||
      (second.mock && !first.mock))
    return false;
  return first.targets.size() >= Origin::kMaxTargets ||
         std::all_of(second.targets.begin(), second.targets.end(), [&](Name target) {
           return std::find(first.targets.begin(), first.targets.end(), target) != first.targets.end();
         });
}

size_t hash_of(const Origin& origin) {
  size_t hash = size_t{origin.project} | size_t{origin.artifact} << 1 | size_t{origin.mock} << 2;
  for (Name target : origin.targets) hash = hash * 0x9e3779b97f4a7c15ull + std::hash<Name>{}(target);
  return hash;
}

}  // namespace

Origins::Origins() { keep({}); }

OriginId Origins::keep(Origin origin) {
  const size_t hash = hash_of(origin);
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    if (known_[at->second] == origin) return at->second;
  }
  const auto id = static_cast<OriginId>(known_.size());
  known_.push_back(std::move(origin));
  by_hash_.emplace(hash, id);
  return id;
}

OriginId Origins::join(OriginId first, OriginId second) {
  if (second == 0 || first == second) return first;
  if (first == 0) return second;
  const uint64_t key = uint64_t{first} << 32 | second;
  Recent& recent = recent_[(key * 0x9e3779b97f4a7c15ull >> 32) % recent_.size()];
  if (recent.key != key) recent = {key, make_joined(first, second)};
  return recent.joined;
}

OriginId Origins::make_joined(OriginId first, OriginId second) {
  const auto [at, fresh] = joined_.try_emplace(uint64_t{first} << 32 | second);
  if (!fresh) return at->second;
  const Origin& added = known_[second];
  if (holds(known_[first], added)) return at->second = first;
  Origin made = known_[first];
  made.project |= added.project;
  made.artifact |= added.artifact;
  made.mock |= added.mock;
  for (Name target : added.targets) add_target(made, target);
  return at->second = keep(std::move(made));
}

OriginId Origins::of_mark(Mark mark) {
  OriginId& id = of_mark_[static_cast<size_t>(mark)];
  if (id != 0) return id;
  Origin made;
  made.project = mark == Mark::kProject;
  made.artifact = mark == Mark::kArtifact;
  made.mock = mark == Mark::kMock;
  return id = keep(std::move(made));
}

OriginId Origins::with(OriginId id, Mark mark) { return join(id, of_mark(mark)); }

OriginId Origins::with_target(OriginId id, Name target) {
  if (target.empty()) return id;
  const auto [at, fresh] = of_target_.try_emplace(target);
  if (fresh) {
    Origin made;
    made.targets.push_back(target);
    at->second = keep(std::move(made));
  }
  return join(id, at->second);
}

}  // namespace mlgrade::passes
