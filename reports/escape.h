// Text of an analysed repository, escaped for each place that it is written to. Each function first makes the
// text printable: no control characters, no marks that hide or turn text, valid UTF-8, one line.
#pragma once

#include <string>
#include <string_view>

namespace mlgrade::escape {

std::string plain(std::string_view text);  // printable, and nothing else; for JSON, whose writer escapes

// Between tags and within quoted attributes of HTML and XML.
std::string html(std::string_view text);
std::string xml(std::string_view text);

// HTML in which what stands between backticks becomes <code>.
std::string html_with_code(std::string_view text);

// Inside a Markdown paragraph or table cell: nothing in it is markup, a mention, a reference or a link. What
// stands between backticks becomes <code>, so that it reads as it was meant.
std::string markdown(std::string_view text);
std::string markdown_code(std::string_view text);  // all of it as <code>

// GitHub's workflow commands: the message, and the value of a property.
std::string command_message(std::string_view text);
std::string command_property(std::string_view text);

// A field of a CSV file, quoted where needed; a spreadsheet takes none for a formula.
std::string csv(std::string_view text);

// A path as a relative URI reference.
std::string uri(std::string_view path);

}  // namespace mlgrade::escape
