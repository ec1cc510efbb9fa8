// A hash of short texts that is computed where it is asked for. Its value means nothing outside of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mlgrade {

inline size_t text_hash(std::string_view text) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15ull;
  const char* at = text.data();
  size_t left = text.size();
  uint64_t hash = left * kFactor;
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 29;
  };
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  if (left >= 4) {
    uint32_t first = 0, last = 0;  // they overlap where it is no eight bytes
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + left - 4, 4);
    mix(uint64_t{first} << 32 | last);
  } else if (left > 0) {
    const auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(at[i])); };
    mix(byte(0) << 16 | byte(left / 2) << 8 | byte(left - 1));
  }
  hash *= kFactor;
  return static_cast<size_t>(hash ^ hash >> 32);
}

}  // namespace mlgrade
