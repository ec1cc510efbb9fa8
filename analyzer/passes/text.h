// Small text and path helpers that several readers share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"

namespace mlgrade {

std::string to_lower(std::string_view text);        // ASCII
std::string_view trim(std::string_view text);       // spaces, tabs and line ends on both sides
std::string_view base_name(std::string_view path);  // "a/b.c" -> "b.c"
std::string_view folder_of(std::string_view path);  // `relative` seen from `folder`, with "." and ".."
                                                    // resolved; "?" when it leads out of the repository, is
// absolute or begins with an expansion.
std::string join_path(std::string_view folder, std::string_view relative);
std::vector<std::string_view> split_lines(std::string_view text);            // without line ends
std::vector<std::string_view> split_words(std::string_view text);            // at white space
std::vector<std::string_view> split(std::string_view text, char separator);  // empty parts kept

// Views into a string that is gone after the statement are refused.
std::vector<std::string_view> split_lines(std::string&& text) = delete;
std::vector<std::string_view> split_words(std::string&& text) = delete;
std::vector<std::string_view> split(std::string&& text, char separator) = delete;
std::string_view trim(std::string&& text) = delete;

inline Span line_span(FileId file, uint32_t line, uint32_t column = 1) { return {file, line, column, line}; }

}  // namespace mlgrade
