// Expands make's variables within limits.
#include "analyzer/passes/make_variables.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace mlgrade {
namespace {

constexpr int kMaxExpansionDepth = 20;
constexpr size_t kMaxExpandedBytes = 64u << 10;
constexpr int kMaxReferences = 10'000;  // of one text, nested ones too

bool name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

size_t closing(std::string_view text, size_t open) {
  const char begin = text[open];
  const char end = begin == '(' ? ')' : '}';
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text[i] == begin) ++depth;
    if (text[i] == end && --depth == 0) return i;
  }
  return text.npos;
}

}  // namespace

MakeVariables::MakeVariables(const std::vector<MakeVariable>& assignments) {
  values_ = {{"MAKE", "make"}, {"RM", "rm -f"}, {"CURDIR", "."}, {"PWD", "."}, {"SHELL", "/bin/sh"}};
  std::unordered_map<std::string, bool> sure;  // assigned outside of conditionals
  for (const MakeVariable& variable : assignments) {
    const auto known = values_.find(variable.name);
    const bool assigned = sure.contains(variable.name);
    switch (variable.op) {
      case MakeVariable::Op::kShell:
        values_.erase(variable.name);
        break;
      case MakeVariable::Op::kAppend:
        if (known == values_.end() || !assigned) {
          values_[variable.name] = variable.value;
        } else if (known->second.size() + variable.value.size() < kMaxExpandedBytes) {
          known->second += " " + variable.value;
        }
        break;
      case MakeVariable::Op::kDefault:
        if (!assigned) values_[variable.name] = variable.value;
        break;
      default:
        // Of several branches the first one speaks, unless a sure assignment follows.
        if (!assigned || !variable.conditional) values_[variable.name] = variable.value;
    }
    sure.emplace(variable.name, !variable.conditional);
  }
}

std::optional<std::string> MakeVariables::set(std::string_view name, std::optional<std::string> value) {
  std::optional<std::string> before;
  const auto [at, fresh] = values_.try_emplace(std::string(name));
  if (!fresh) before = std::move(at->second);
  if (value) {
    at->second = std::move(*value);
  } else {
    values_.erase(at);
  }
  return before;
}

std::string MakeVariables::value(std::string_view name) const {
  const auto known = values_.find(std::string(name));
  return known == values_.end() ? "" : expand(known->second);
}

std::string MakeVariables::expand(std::string_view text) const {
  Expansion out;
  expand_into(text, 0, out);
  return std::move(out.text);
}

void MakeVariables::expand_reference(std::string_view name, int depth, Expansion& out) const {
  ++out.references;
  const auto known = values_.find(std::string(name));
  if (known != values_.end()) {
    expand_into(known->second, depth + 1, out);
  } else if (!name.empty() && std::all_of(name.begin(), name.end(), name_char)) {
    out.text.append("${").append(name).append("}");
  } else {
    out.text += "${make_function}";
  }
}

void MakeVariables::expand_into(std::string_view text, int depth, Expansion& out) const {
  for (size_t i = 0; i < text.size(); ++i) {
    if (out.text.size() > kMaxExpandedBytes || out.references > kMaxReferences) return;
    if (text[i] != '$' || i + 1 >= text.size()) {
      out.text += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == '$') {
      out.text += '$';
    } else if (depth > kMaxExpansionDepth) {
      out.text += "${make_function}";
      return;
    } else if (next == '(' || next == '{') {
      const size_t end = closing(text, i);
      if (end == text.npos) return;  // make would stop here
      expand_reference(text.substr(i + 1, end - i - 1), depth, out);
      i = end;
    } else {
      expand_reference(text.substr(i, 1), depth, out);
    }
  }
}

}  // namespace mlgrade
