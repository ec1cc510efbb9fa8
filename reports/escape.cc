// One pass over the text for each format.
#include "reports/escape.h"

#include <cstdio>

#include "analyzer/base/printable.h"

namespace mlgrade::escape {
namespace {

const char* html_entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return nullptr;
  }
}

std::string numeric_entity(char c) {
  char out[8];
  std::snprintf(out, sizeof out, "&#%d;", c);
  return out;
}

// Characters that mean something to some Markdown in the middle of a line.
bool is_markup(char c) {
  return std::string_view("\\`*_{}[]<>#|~&@$!:\"'=^").find(c) != std::string_view::npos;
}

// Numeric references are text wherever they stand. The zero-width space behind `@`, `#` and `:` is for hosts
// that look for mentions, references and links after Markdown is done.
std::string markdown_text(std::string_view text, bool code) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_markup(c)) {
      out += c;
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : ' ';
    const bool harmless_colon = c == ':' && (next == ' ' || (code && next != '/' && next != ':'));
    if (harmless_colon || c == '\'' || c == '=') {
      out += c;
      continue;
    }
    out += numeric_entity(c);
    if (!code && (c == '@' || c == '#' || c == ':')) out += "&#8203;";
  }
  return out;
}

// Calls `on_text` and `on_code` for the pieces outside and between backticks.
template <typename Text, typename Code>
void for_pieces(std::string_view text, Text&& on_text, Code&& on_code) {
  while (!text.empty()) {
    const size_t open = text.find('`');
    const size_t close = open == std::string_view::npos ? open : text.find('`', open + 1);
    if (close == std::string_view::npos) return on_text(text);
    if (open > 0) on_text(text.substr(0, open));
    if (close > open + 1) on_code(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

std::string html_of_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (char c : text) {
    if (const char* entity = html_entity(c)) {
      out += entity;
    } else {
      out += c;
    }
  }
  return out;
}

std::string percent(char c) {
  char out[4];
  std::snprintf(out, sizeof out, "%%%02X", static_cast<unsigned char>(c));
  return out;
}

}  // namespace

std::string plain(std::string_view text) { return printable(text, std::string::npos); }

std::string html(std::string_view text) { return html_of_printable(plain(text)); }
std::string xml(std::string_view text) { return html(text); }

std::string html_with_code(std::string_view text) {
  std::string out;
  const std::string safe = plain(text);
  for_pieces(
      safe, [&](std::string_view piece) { out += html_of_printable(piece); },
      [&](std::string_view piece) { out += "<code>" + html_of_printable(piece) + "</code>"; });
  return out;
}

std::string markdown(std::string_view text) {
  std::string out;
  const std::string safe = plain(text);
  for_pieces(
      safe, [&](std::string_view piece) { out += markdown_text(piece, false); },
      [&](std::string_view piece) { out += "<code>" + markdown_text(piece, true) + "</code>"; });
  return out;
}

std::string markdown_code(std::string_view text) {
  return "<code>" + markdown_text(plain(text), true) + "</code>";
}

std::string command_message(std::string_view text) {
  std::string out;
  for (char c : plain(text)) out += c == '%' ? "%25" : std::string(1, c);
  return out;
}

std::string command_property(std::string_view text) {
  std::string out;
  for (char c : plain(text)) out += c == '%' || c == ':' || c == ',' ? percent(c) : std::string(1, c);
  return out;
}

std::string csv(std::string_view text) {
  std::string safe = plain(text);
  if (!safe.empty() && std::string_view("=+-@").find(safe.front()) != std::string_view::npos) {
    safe.insert(0, 1, '\'');
  }
  if (safe.find_first_of(",\"") == std::string::npos) return safe;
  std::string out = "\"";
  for (char c : safe) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

std::string uri(std::string_view path) {
  std::string out;
  for (char c : plain(path)) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("-._~/").find(c) != std::string_view::npos;
    out += keep ? std::string(1, c) : percent(c);
  }
  while (out.starts_with('/')) out.erase(0, 1);
  return out;
}

}  // namespace mlgrade::escape
