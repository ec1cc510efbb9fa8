// Addresses that lead to nobody.
#pragma once

#include <string_view>

namespace mlgrade {

// A host made up for documentation, or a gap that nobody has filled in: "https://hooks.example.com",
// "<webhook>", "YOUR/WEBHOOK/URL".
bool is_placeholder_address(std::string_view text);

}  // namespace mlgrade
