// The words of a name, without copies of them: cut at '_', '.', '-', '/', blanks and changes of case.
#pragma once

#include <cstddef>
#include <string_view>

namespace mlgrade {

// ASCII only, whatever the locale: a byte of another letter is a separator.
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_word_part(char c) { return is_lower(c) || is_upper(c) || (c >= '0' && c <= '9'); }
constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

class NameWords {
 public:
  explicit NameWords(std::string_view name) : rest_(name) {}

  // The next word as it is written; empty when there is none left.
  std::string_view next() {
    size_t begin = 0;
    while (begin < rest_.size() && !is_word_part(rest_[begin])) ++begin;
    size_t end = begin;
    while (end < rest_.size() && is_word_part(rest_[end]) &&
           !(end > begin && is_upper(rest_[end]) && is_lower(rest_[end - 1])))
      ++end;
    const std::string_view word = rest_.substr(begin, end - begin);
    rest_.remove_prefix(end);
    return word;
  }

 private:
  std::string_view rest_;
};

// Case of the name's word does not matter; `wanted` is in lower case.
constexpr bool is_word(std::string_view word, std::string_view wanted) {
  if (word.size() != wanted.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (lower(word[i]) != wanted[i]) return false;
  }
  return true;
}

}  // namespace mlgrade
