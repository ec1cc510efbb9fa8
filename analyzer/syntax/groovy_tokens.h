// Words and marks of Groovy texts; for groovy.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlgrade {

struct GroovyToken {
  enum class Kind : uint8_t { kName, kNumber, kString, kMark, kNewline, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;     // kString: unescaped
  bool literal = true;  // kString: no expansion in it
  bool block = false;   // kString: in triple quotes, with the line ends of the file
  bool spaced = false;  // white space stands before it
  uint32_t line = 1;    // where its text begins

  bool is(std::string_view mark) const { return kind == Kind::kMark && text == mark; }
  bool word(std::string_view name) const { return kind == Kind::kName && text == name; }
};

struct GroovyTokens {
  std::vector<GroovyToken> tokens;  // the last one is kEnd
  uint32_t broken_line = 0;         // a string or comment that does not end
};

// Line ends inside round and square brackets are no tokens. A backslash at the end of a line of a string
// stays, together with the line end, so that lines can be counted.
GroovyTokens groovy_tokens(std::string_view text);

}  // namespace mlgrade
