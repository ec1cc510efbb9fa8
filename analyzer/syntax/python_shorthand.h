// A shorter way to say the same Python text to tree-sitter, whose lexer otherwise calls a function for each
// character of every name, comment, string and indentation, most of them twice.
//
// In a copy of the text, runs of characters between which the lexer does not tell are replaced by marks that
// stand for one character of the run's width, so that every position stays what it was:
//   a name that is no keyword, what follows # in a comment, a line in a string   a letter
//   eight spaces in front of a line                                             a tab (it counts as eight)
//   a string on one line that begins with its quote                             ... (an operand as well)
// For a text in which the grammar fits everywhere the tree has the same nodes at the same places, except that
// an ellipsis whose text begins with a quote is a string, that comments are still there but have no text, and
// that strings without interpolations have no nodes below them but their ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlgrade {

// The words that the grammar tells from names, looked up quickly.
class WordSet {
 public:
  // Words of other characters than letters, digits and '_' are left out.
  explicit WordSet(std::vector<std::string_view> words);
  bool contains(std::string_view word) const;

 private:
  static constexpr size_t kLengths = 16;  // no word is longer
  uint64_t initials_[kLengths] = {};      // by length: bits of the first characters
  std::vector<std::string_view> words_[kLengths];
};

// Writes the shorthand of `text` to `out`. False if the text is one that only the grammar itself can read:
// something is not closed, there are NUL bytes, backticks, quotes nested in formatted strings of the same.
bool shorten_python(std::string_view text, const WordSet& keywords, std::string& out);

// tree-sitter's DecodeFunction for what shorten_python wrote.
uint32_t decode_shorthand(const uint8_t* text, uint32_t length, int32_t* code_point);

}  // namespace mlgrade
