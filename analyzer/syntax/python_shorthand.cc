// Writes the shorthand, by the lexical rules of Python, and reads it.
#include "analyzer/syntax/python_shorthand.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace mlgrade {
namespace {

// Marks, by bytes that no UTF-8 has. Those of runs are followed by a byte with the width.
constexpr uint8_t kDot = 0xFD;
constexpr uint8_t kIndent = 0xFE;
constexpr uint8_t kLetter = 0xFF;
constexpr uint8_t kLeastMark = kDot;

constexpr size_t kWidest = 255;
constexpr size_t kIndentWidth = 8;
constexpr size_t kDots = 3;

enum class Is : uint8_t {
  kOther,
  kWord,
  kDigit,
  kQuote,
  kComment,
  kNewline,
  kBackslash,
  kBrace,
  kBlank,
  kUnicode,
  kRefused
};

constexpr std::array<Is, 256> classes() {
  std::array<Is, 256> out{};
  for (int c = 'a'; c <= 'z'; ++c) out[c] = out[c - 'a' + 'A'] = Is::kWord;
  for (int c = '0'; c <= '9'; ++c) out[c] = Is::kDigit;
  for (int c = 0x80; c <= 0xFF; ++c) out[c] = c < kLeastMark ? Is::kUnicode : Is::kRefused;
  out['_'] = Is::kWord;
  out['{'] = out['}'] = Is::kBrace;
  out['"'] = out['\''] = Is::kQuote;
  out['#'] = Is::kComment;
  out['\n'] = Is::kNewline;
  out['\\'] = Is::kBackslash;
  out[' '] = out['\t'] = out['\r'] = out['\f'] = Is::kBlank;
  out['\0'] = out['`'] = Is::kRefused;
  return out;
}
constexpr std::array<Is, 256> kClasses = classes();

Is class_of(char c) { return kClasses[static_cast<uint8_t>(c)]; }

// Whether a string may end, go on or change at the character.
bool stops_in_string(char c) {
  const Is is = class_of(c);
  return is == Is::kQuote || is == Is::kBackslash || is == Is::kNewline || is == Is::kBrace;
}

bool in_word(char c) { return class_of(c) == Is::kWord || class_of(c) == Is::kDigit; }

// Bit of a character that a word may begin with; other words than names and keywords do not matter.
uint64_t initial(char c) { return uint64_t{1} << (static_cast<uint8_t>(c) & 63); }

bool is_string_prefix(std::string_view word) {
  return word.find_first_not_of("fFtTrRbBuU") == std::string_view::npos;
}

bool is_formatted(std::string_view prefix) { return prefix.find_first_of("fFtT") != std::string_view::npos; }

// Marks could not be told from text, and the lexer ends at NUL. Looks at eight bytes at a time; 0xFC, which
// is no byte of UTF-8 either, counts with the marks.
bool has_odd_bytes(std::string_view text) {
  const auto has_zero = [](uint64_t word) {
    return ((word - 0x0101010101010101u) & ~word & 0x8080808080808080u) != 0;
  };
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if (has_zero(word) || has_zero(~word & 0xFCFCFCFCFCFCFCFCu)) return true;
  }
  return std::any_of(text.begin() + static_cast<ptrdiff_t>(at), text.end(),
                     [](char c) { return c == '\0' || static_cast<uint8_t>(c) >= kLeastMark; });
}

class Shortener {
 public:
  Shortener(std::string_view text, const WordSet& keywords, std::string& out)
      : text_(text), keywords_(keywords), out_(out) {}

  bool run() {
    out_.assign(text_);
    shorten_indent();
    while (at_ < text_.size()) {
      if (!step()) return false;
    }
    replace_string();
    return true;
  }

 private:
  // A string that may be written as an ellipsis once it is known that no other string follows.
  struct Candidate {
    size_t begin = 0, end = 0;  // empty: none
  };

  bool step() {
    switch (class_of(text_[at_])) {
      case Is::kWord:
        return word();
      case Is::kQuote:
        return string(at_);
      case Is::kRefused:
        return false;
      case Is::kComment: {
        const size_t end = std::min(text_.find('\n', at_), text_.size());
        shorten(at_ + 1, end);
        at_ = end;
        return true;
      }
      case Is::kNewline:
        ++at_;
        new_line_ = true;
        names_code_ = false;
        shorten_indent();
        return true;
      case Is::kBackslash:
      case Is::kBlank:
        ++at_;
        return true;
      case Is::kDigit:
        token();
        while (at_ < text_.size() && (in_word(text_[at_]) || text_[at_] == '.')) ++at_;
        return true;
      case Is::kBrace:
      case Is::kUnicode:
      case Is::kOther:
        break;
    }
    token();
    ++at_;
    return true;
  }

  // Something that is no string.
  void token() {
    replace_string();
    after_string_ = false;
    new_line_ = false;
  }

  bool word() {
    const size_t begin = at_;
    while (at_ < text_.size() && in_word(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (at_ < text_.size()) {
      const Is next = class_of(text_[at_]);
      if (next == Is::kQuote && is_string_prefix(word)) return string(begin);
      if (next == Is::kUnicode) {
        token();
        while (at_ < text_.size() && (in_word(text_[at_]) || class_of(text_[at_]) == Is::kUnicode)) ++at_;
        return true;
      }
    }
    // What is matched, and what Python 2 executes, may be a string but no ellipsis.
    if (new_line_) names_code_ = word == "case" || word == "exec";
    token();
    if (!keywords_.contains(word)) shorten(begin, at_);
    return true;
  }

  bool is_triple(size_t at, char quote) const {
    return text_.size() - at >= 3 && text_[at] == quote && text_[at + 1] == quote && text_[at + 2] == quote;
  }

  // The string at `at_`, whose prefix begins at `begin`.
  bool string(size_t begin) {
    const char quote = text_[at_];
    const std::string_view prefix = text_.substr(begin, at_ - begin);
    const bool triple = is_triple(at_, quote);
    const bool formatted = is_formatted(prefix);
    const size_t body = at_ + (triple ? 3 : 1);
    bool one_line = true;
    at_ = body;
    size_t line = body;
    int depth = 0;  // of braces
    for (;; ++at_) {
      if (at_ >= text_.size()) return false;
      const char c = text_[at_];
      if (!stops_in_string(c)) continue;
      if (c == quote) {
        if (!triple || is_triple(at_, quote)) break;
      } else if (c == '\\') {
        const size_t backslash = at_++;
        if (at_ >= text_.size()) return false;
        if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
        if (text_[at_] != '\n') continue;
        one_line = false;
        if (!formatted) shorten(line, backslash);
        line = at_ + 1;
      } else if (c == '\n') {
        if (!triple) return false;
        one_line = false;
        if (!formatted) shorten(line, at_);
        line = at_ + 1;
      } else if (formatted && c == '{') {
        if (depth == 0 && text_.substr(at_ + 1, 1) == "{") {
          ++at_;
        } else {
          ++depth;
        }
      } else if (formatted && c == '}' && depth > 0) {
        --depth;
      }
    }
    if (depth != 0) return false;
    if (!formatted) shorten(line, at_);
    at_ += triple ? 3 : 1;
    const bool alone = !after_string_;
    candidate_ = {};
    if (alone && prefix.empty() && one_line && !names_code_) candidate_ = {begin, at_};
    after_string_ = true;
    new_line_ = false;
    return true;
  }

  void replace_string() {
    const size_t width = candidate_.end - candidate_.begin;
    if (width >= kDots && width <= kWidest) {
      char* const to = out_.data() + candidate_.begin;
      to[0] = to[1] = to[2] = '.';
      if (width > kDots) {
        to[2] = static_cast<char>(kDot);
        to[3] = static_cast<char>(width - 2);
      }
    }
    candidate_ = {};
  }

  void shorten(size_t begin, size_t end) {
    while (end - begin >= 2) {
      size_t width = std::min(end - begin, kWidest);
      if (end - begin - width == 1) --width;  // no single one is left
      out_[begin] = static_cast<char>(kLetter);
      out_[begin + 1] = static_cast<char>(width);
      begin += width;
    }
  }

  void shorten_indent() {
    static constexpr std::string_view kSpaces = "        ";
    static_assert(kSpaces.size() == kIndentWidth);
    while (text_.compare(at_, kIndentWidth, kSpaces) == 0) {
      out_[at_] = static_cast<char>(kIndent);
      at_ += kIndentWidth;
    }
  }

  std::string_view text_;
  const WordSet& keywords_;
  std::string& out_;
  size_t at_ = 0;
  Candidate candidate_;
  bool after_string_ = false;  // nothing but blanks and comments stands between
  bool new_line_ = true;       // no token of this line yet
  bool names_code_ = false;    // this line begins with `case` or `exec`
};

}  // namespace

WordSet::WordSet(std::vector<std::string_view> words) {
  for (std::string_view word : words) {
    if (word.empty() || word.size() >= kLengths || class_of(word[0]) != Is::kWord) continue;
    if (!std::all_of(word.begin(), word.end(), in_word)) continue;
    initials_[word.size()] |= initial(word[0]);
    words_[word.size()].push_back(word);
  }
}

bool WordSet::contains(std::string_view word) const {
  if (word.empty() || word.size() >= kLengths) return false;
  if ((initials_[word.size()] & initial(word[0])) == 0) return false;
  const std::vector<std::string_view>& some = words_[word.size()];
  return std::find(some.begin(), some.end(), word) != some.end();
}

bool shorten_python(std::string_view text, const WordSet& keywords, std::string& out) {
  return !has_odd_bytes(text) && Shortener(text, keywords, out).run();
}

uint32_t decode_shorthand(const uint8_t* text, uint32_t length, int32_t* code_point) {
  const uint8_t lead = text[0];
  if (lead < 0x80) {
    *code_point = lead;
    return 1;
  }
  switch (lead) {
    case kLetter:
      *code_point = 'x';
      return text[1];
    case kIndent:
      *code_point = '\t';
      return kIndentWidth;
    case kDot:
      *code_point = '.';
      return text[1];
    default:
      break;
  }
  // UTF-8; of anything else one byte, which stands for no character.
  const uint32_t width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const auto bad = [&] {
    *code_point = -1;
    return 1U;
  };
  if (lead < 0xC2 || lead > 0xF4 || width > length) return bad();
  int32_t value = lead & (0x7F >> width);
  for (uint32_t i = 1; i < width; ++i) {
    if ((text[i] & 0xC0) != 0x80) return bad();
    value = (value << 6) | (text[i] & 0x3F);
  }
  const bool overlong = (width == 3 && value < 0x800) || (width == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return bad();
  *code_point = value;
  return width;
}

}  // namespace mlgrade
