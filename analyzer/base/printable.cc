// Making text of the analysed repository safe to show.
#include "analyzer/base/printable.h"

#include <cstddef>
#include <cstdint>

namespace mlgrade {
namespace {

// Length of the UTF-8 sequence at `i`, 0 if it is none (also for overlong forms and surrogates).
size_t sequence_length(std::string_view text, size_t i) {
  const auto byte = [&](size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
  const unsigned lead = byte(i);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(i + 1);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
      (lead == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

uint32_t code_point(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  uint32_t value = byte(0) & (0x7f >> sequence.size());
  for (size_t i = 1; i < sequence.size(); ++i) value = value << 6 | (byte(i) & 0x3f);
  return value;
}

// Invisible, or turns the direction of what follows: a report must show what is there.
bool is_hidden(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xe0000 && c <= 0xe007f);
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (out.size() >= limit) return out + "...";
    const size_t length = sequence_length(text, i);
    if (length == 0) {
      out += "\xef\xbf\xbd";  // the replacement character
      ++i;
      continue;
    }
    const std::string_view sequence = text.substr(i, length);
    const uint32_t c = code_point(sequence);
    if (c == '\t') {
      out += "  ";
    } else if (c == '\n' || c == '\r') {
      if (!out.empty() && out.back() != ' ') out += ' ';
    } else if (is_hidden(c)) {
      out += "\xef\xbf\xbd";
    } else {
      out += sequence;
    }
    i += length;
  }
  return out;
}

}  // namespace mlgrade
