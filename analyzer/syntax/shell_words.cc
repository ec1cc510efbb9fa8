// Words of shell texts.
#include "analyzer/syntax/shell_words.h"

#include <cctype>

#include "analyzer/base/limits.h"

namespace mlgrade {
namespace {

// Overwrites [begin, end) but keeps line ends.
void overwrite(std::string& text, size_t begin, size_t end) {
  for (size_t i = begin; i < end && i < text.size(); ++i) {
    if (text[i] != '\n') text[i] = 'x';
  }
}

// The end of `$(NAME)` beginning at `at`, if there is one and NAME consists of name characters and dots.
size_t macro_end(std::string_view text, size_t at) {
  size_t end = at + 2;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_' ||
                               text[end] == '.' || text[end] == '-')) {
    ++end;
  }
  return end > at + 2 && end < text.size() && text[end] == ')' ? end + 1 : std::string_view::npos;
}

bool has_placeholder(std::string_view text) { return text.find("{{") != std::string_view::npos; }

// Takes off the backslashes of a word outside quotes, or inside double quotes.
void append_unescaped(std::string_view text, bool in_quotes, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    if (!escape) {
      out += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == '\n') continue;
    const bool special = next == '"' || next == '\\' || next == '$' || next == '`';
    if (in_quotes && !special) out += '\\';
    out += next;
  }
}

}  // namespace

std::vector<ChildNode> children_of(TSNode node) {
  std::vector<ChildNode> out;
  TSTreeCursor cursor = ts_tree_cursor_new(node);
  for (bool more = ts_tree_cursor_goto_first_child(&cursor); more;
       more = ts_tree_cursor_goto_next_sibling(&cursor)) {
    TSNode child = ts_tree_cursor_current_node(&cursor);
    const char* field = ts_tree_cursor_current_field_name(&cursor);
    out.push_back(
        {child, ts_node_type(child), field == nullptr ? std::string_view() : std::string_view(field)});
  }
  ts_tree_cursor_delete(&cursor);
  return out;
}

std::string mask_placeholders(std::string_view text, const ShellDialect& dialect) {
  std::string masked(text);
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r') masked[at] = ' ';
    if (text.substr(at, 2) == "{{") {
      const size_t close = text.find("}}", at);
      if (close == std::string_view::npos || close - at > 4096) continue;
      const size_t begin = at > 0 && text[at - 1] == '$' ? at - 1 : at;
      overwrite(masked, begin, close + 2);
      at = close + 1;
    } else if ((dialect.azure_macros || dialect.make_macros) && text.substr(at, 2) == "$(") {
      const bool escaped = dialect.make_macros && at > 0 && text[at - 1] == '$';
      const size_t end = escaped ? std::string_view::npos : macro_end(text, at);
      if (end != std::string_view::npos) overwrite(masked, at, end);
    } else if (dialect.make_macros && text.substr(at, 2) == "$$") {
      masked[at] = 'x';
      ++at;
    }
  }
  return masked;
}

std::string_view ShellWordReader::source(TSNode node) const {
  const size_t begin = ts_node_start_byte(node);
  const size_t end = ts_node_end_byte(node);
  return begin <= end && end <= text_.size() ? text_.substr(begin, end - begin) : std::string_view();
}

ShellWord ShellWordReader::word(TSNode node) const {
  ShellWord out;
  append(node, out, 0);
  if (has_placeholder(source(node))) out.literal = false;
  return out;
}

void ShellWordReader::append(TSNode node, ShellWord& out, int depth) const {
  std::string_view type = ts_node_type(node);
  std::string_view text = source(node);
  if (type == "word" || type == "number" || type == "variable_name" || type == "extglob_pattern") {
    append_unescaped(text, false, out.text);
    if (ts_node_named_child_count(node) > 0) out.literal = false;  // `10#$n`
  } else if (type == "raw_string") {
    out.text += text.size() >= 2 ? text.substr(1, text.size() - 2) : text;
  } else if (type == "ansi_c_string") {
    out.text += text.size() >= 3 ? text.substr(2, text.size() - 3) : text;
  } else if (type == "string") {
    append_unescaped(text.size() >= 2 ? text.substr(1, text.size() - 2) : text, true, out.text);
    for (uint32_t i = 0; i < ts_node_named_child_count(node); ++i) {
      if (std::string_view(ts_node_type(ts_node_named_child(node, i))) != "string_content")
        out.literal = false;
    }
  } else if ((type == "concatenation" || type == "command_name" || type == "variable_assignment") &&
             depth < kMaxShellDepth) {
    for (const ChildNode& part : children_of(node)) append(part.node, out, depth + 1);
  } else {
    out.text += text;
    if (ts_node_is_named(node) && type != "test_operator" && type != "special_variable_name" &&
        type != "subscript") {
      out.literal = false;
    }
  }
}

void ShellWordReader::leaves(TSNode node, std::vector<ShellWord>& out, int depth) const {
  std::string_view type = ts_node_type(node);
  const bool word_like = type == "word" || type == "string" || type == "raw_string" ||
                         type == "concatenation" || type == "simple_expansion" || type == "expansion" ||
                         type == "command_substitution" || type == "arithmetic_expansion" ||
                         type == "number" || type == "ansi_c_string";
  if (word_like || ts_node_child_count(node) == 0 || depth > kMaxShellDepth) {
    out.push_back(word(node));
    return;
  }
  for (const ChildNode& part : children_of(node)) leaves(part.node, out, depth + 1);
}

}  // namespace mlgrade
