// The tokens of PromQL.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/syntax/promql.h"

namespace mlgrade {

struct PromToken {
  enum class Kind : uint8_t {
    kEnd,
    kName,      // an identifier or keyword, colons allowed
    kNumber,    // number
    kDuration,  // number: seconds
    kString,    // text, unescaped
    kVariable,  // of a dashboard
    kSymbol,    // text: "(", "==", "=~", ...
    kBroken,    // text: why
  };
  Kind kind = Kind::kEnd;
  std::string text;
  double number = 0;
  bool variable = false;  // kName, kString: a variable stands in it
  size_t at = 0;          // byte offset
};

// Ends with kEnd, or with kBroken where it went wrong.
std::vector<PromToken> promql_tokens(std::string_view text, PromqlOptions options);

}  // namespace mlgrade
