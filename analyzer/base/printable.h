// Text of the analysed repository, made safe to show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mlgrade {

// Replaces control characters, escapes, marks that hide or turn text, and invalid UTF-8, so that no file of
// the analysed repository can speak to a terminal; cuts to `limit` bytes at a character's end. Every text of
// the repository passes through it.
std::string printable(std::string_view text, size_t limit = 400);

}  // namespace mlgrade
