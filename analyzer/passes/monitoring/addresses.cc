// Marks of a placeholder.
#include "analyzer/passes/monitoring/addresses.h"

#include <algorithm>
#include <array>
#include <string>

#include "analyzer/passes/text.h"

namespace mlgrade {

bool is_placeholder_address(std::string_view text) {
  const std::string low = to_lower(text);
  constexpr std::array<std::string_view, 9> kMarks = {
      "example.com", "example.org", "example.net", "your", "changeme", "<", "xxx", "placeholder", "replace"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&](std::string_view mark) { return low.find(mark) != std::string::npos; });
}

}  // namespace mlgrade
