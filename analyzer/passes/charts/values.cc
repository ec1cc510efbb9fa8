// Truth, text and YAML of values.
#include "analyzer/passes/charts/values.h"

#include <fmt/format.h>

#include <cmath>

namespace mlgrade::charts {

DataNode text_value(std::string_view text) {
  DataNode node;
  node.kind = DataNode::Kind::kScalar;
  node.text = text;
  node.quoted = true;
  return node;
}

DataNode plain_value(std::string_view text) {
  DataNode node = text_value(text);
  node.quoted = false;
  return node;
}

DataNode bool_value(bool value) { return plain_value(value ? "true" : "false"); }

DataNode number_value(double value) {
  const bool whole = std::floor(value) == value && std::fabs(value) < 1e15;
  return plain_value(whole ? fmt::format("{}", static_cast<long long>(value)) : fmt::format("{}", value));
}

bool is_truthy(const DataNode& value) {
  switch (value.kind) {
    case DataNode::Kind::kNull:
      return false;
    case DataNode::Kind::kScalar:
      if (value.quoted) return !value.text.empty();
      if (const auto truth = value.as_bool()) return *truth;
      if (const auto number = value.as_number()) return *number != 0;
      return !value.text.empty();
    case DataNode::Kind::kSequence:
      return !value.items.empty();
    case DataNode::Kind::kMapping:
      return !value.entries.empty();
  }
  return false;
}

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  if (std::string_view("!&*-?|>@`\"'%#{}[],:").find(text.front()) != std::string_view::npos) return false;
  return text.find(": ") == text.npos && text.find(" #") == text.npos && text.find('\n') == text.npos &&
         text.back() != ':';
}

void write_yaml(const DataNode& value, const std::string& indent, std::string& out, int depth) {
  constexpr int kMaxDepth = 60;
  if (depth > kMaxDepth) return;
  if (value.is_sequence() && !value.items.empty()) {
    for (const DataNode& item : value.items) {
      const bool nested =
          (item.is_mapping() && !item.entries.empty()) || (item.is_sequence() && !item.items.empty());
      std::string inner;
      write_yaml(item, indent + "  ", inner, depth + 1);
      if (nested) inner.replace(0, indent.size() + 2, indent + "- ");
      out += nested ? inner : indent + "- " + inner + "\n";
    }
  } else if (value.is_mapping() && !value.entries.empty()) {
    for (const auto& [key, entry] : value.entries) {
      const bool list = entry.is_sequence() && !entry.items.empty();
      const bool nested = list || (entry.is_mapping() && !entry.entries.empty());
      out += indent + (is_plain(key) ? key : quoted(key)) + ":";
      std::string inner;
      write_yaml(entry, list ? indent : indent + "  ", inner, depth + 1);
      out += nested ? "\n" + inner : " " + inner + "\n";
    }
  } else if (value.is_scalar()) {
    const bool special =
        value.quoted &&
        (value.as_number().has_value() || !is_plain(value.text) || plain_value(value.text).as_bool() ||
         plain_value(value.text).as_number() || value.text == "null" || value.text == "~");
    out += special ? quoted(value.text) : value.text;
  } else {
    out += value.is_sequence() ? "[]" : value.is_mapping() ? "{}" : "null";
  }
}

}  // namespace

std::string show(const DataNode& value) {
  if (value.is_scalar()) return value.text;
  if (value.is_null()) return "";
  std::string out;
  if (value.is_sequence()) {
    for (const DataNode& item : value.items) out += (out.empty() ? "" : " ") + show(item);
    return "[" + out + "]";
  }
  for (const auto& [key, entry] : value.entries) out += (out.empty() ? "" : " ") + key + ":" + show(entry);
  return "map[" + out + "]";
}

std::string to_yaml(const DataNode& value) {
  std::string out;
  write_yaml(value, "", out, 0);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

void set_key(DataNode& mapping, std::string_view key, DataNode value) {
  mapping.kind = DataNode::Kind::kMapping;
  for (auto& [known, entry] : mapping.entries) {
    if (known == key) {
      entry = std::move(value);
      return;
    }
  }
  mapping.key_lines.push_back(value.line);
  mapping.entries.emplace_back(std::string(key), std::move(value));
}

DataNode merged(const DataNode& base, const DataNode& over, int depth) {
  constexpr int kMaxDepth = 60;
  if (!base.is_mapping() || !over.is_mapping() || depth > kMaxDepth) return over.is_null() ? base : over;
  DataNode out = base;
  for (const auto& [key, value] : over.entries) {
    const DataNode* known = base.find(key);
    set_key(out, key, known == nullptr ? value : merged(*known, value, depth + 1));
  }
  return out;
}

}  // namespace mlgrade::charts
