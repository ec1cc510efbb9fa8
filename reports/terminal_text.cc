// Wrapping by display columns, ANSI colours, bars.
#include "reports/terminal_text.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace mlgrade::terminal {
namespace {

bool is_wide(uint32_t c) {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

bool is_combining(uint32_t c) {
  return (c >= 0x300 && c <= 0x36f) || (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f);
}

// The character at `i`, which is moved behind it. Bytes that are no UTF-8 count as one character each.
uint32_t next_character(std::string_view text, size_t& i) {
  const auto lead = static_cast<unsigned char>(text[i++]);
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
  uint32_t value = more == 0 ? lead : lead & (0x3f >> more);
  for (int k = 0; k < more && i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80; ++k) {
    value = value << 6 | (static_cast<unsigned char>(text[i++]) & 0x3f);
  }
  return value;
}

const char* code_of(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kHalf:
      return "\x1b[33m";
    case Style::kBad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

int columns(std::string_view text) {
  int count = 0;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '\x1b') {  // our own colours
      while (i < text.size() && text[i] != 'm') ++i;
      ++i;
      continue;
    }
    const uint32_t c = next_character(text, i);
    if (!is_combining(c)) count += is_wide(c) ? 2 : 1;
  }
  return count;
}

std::string Text::styled(std::string_view text, Style style) const {
  if (!color_ || style == Style::kPlain || text.empty()) return std::string(text);
  return code_of(style) + std::string(text) + "\x1b[0m";
}

void Text::paragraph(std::string_view first, std::string_view body, int hang, Style style) {
  const int indent = columns(first) + hang;
  std::string current(first);
  std::string filled;
  int used = columns(first);
  const auto flush = [&] {
    out_ += current + styled(filled, style) + "\n";
    current = std::string(static_cast<size_t>(indent), ' ');
    filled.clear();
    used = indent;
  };
  while (!body.empty()) {
    const size_t end = std::min(body.find(' '), body.size());
    const std::string_view word = body.substr(0, end);
    const int need = columns(word) + (filled.empty() ? 0 : 1);
    if (!filled.empty() && used + need > width_) flush();
    if (!word.empty()) {
      if (!filled.empty()) filled += ' ';
      used += columns(word) + (filled.empty() ? 0 : 1);
      filled += word;
    }
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  flush();
}

std::string padded(std::string_view text, int width) {
  return std::string(text) + std::string(static_cast<size_t>(std::max(0, width - columns(text))), ' ');
}

std::string padded_left(std::string_view text, int width) {
  return std::string(static_cast<size_t>(std::max(0, width - columns(text))), ' ') + std::string(text);
}

std::string bar(double value, double full, int width, bool unicode) {
  const int filled = std::clamp(static_cast<int>(std::lround(value / full * width)), 0, width);
  std::string out;
  for (int i = 0; i < width; ++i) {
    const bool on = i < filled;
    out += unicode ? (on ? "\xe2\x96\x88" : "\xe2\x96\x91") : (on ? "#" : ".");
  }
  return out;
}

std::string begun(std::string_view text) {
  std::string out(text);
  const size_t end = std::min(text.find(' '), text.size());
  const bool word = end > 0 && std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
                                           [](char c) { return c >= 'a' && c <= 'z'; });
  if (word) out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string out = text;
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out == "-0" ? "0" : out;
}

}  // namespace mlgrade::terminal
