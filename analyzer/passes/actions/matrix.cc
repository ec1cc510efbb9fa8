// Rows are the product of the axes, less `exclude`, more `include`.
#include "analyzer/passes/actions/matrix.h"

#include <algorithm>
#include <cctype>

#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxMatrixRows = 64;
constexpr size_t kMaxVariants = 12;

bool has_expression(std::string_view text) { return text.find("${{") != std::string_view::npos; }

void flatten(const std::string& key, const DataNode& value, MatrixRow& row, int depth = 0) {
  if (depth > 4) return;
  if (value.is_scalar() && !has_expression(value.text)) row[key] = value.text;
  for (const auto& [name, inner] : value.entries) flatten(key + "." + name, inner, row, depth + 1);
}

bool contains(const MatrixRow& row, const MatrixRow& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
    const auto found = row.find(entry.first);
    return found != row.end() && found->second == entry.second;
  });
}

MatrixRow row_of(const DataNode& mapping) {
  MatrixRow row;
  for (const auto& [key, value] : mapping.entries) flatten(key, value, row);
  return row;
}

std::vector<MatrixRow> product(const DataNode& matrix) {
  std::vector<MatrixRow> rows(1);
  for (const auto& [key, axis] : matrix.entries) {
    if (key == "include" || key == "exclude" || axis.items.empty()) continue;
    std::vector<MatrixRow> next;
    for (const MatrixRow& row : rows) {
      for (const DataNode& value : axis.items) {
        if (next.size() >= kMaxMatrixRows) break;
        next.push_back(row);
        flatten(key, value, next.back());
      }
    }
    rows = std::move(next);
  }
  return rows;
}

// GitHub adds an include to the rows that it contradicts in nothing, and makes a row of its own otherwise.
void include(const DataNode& list, std::vector<MatrixRow>& rows) {
  const size_t original = rows.size();
  for (const DataNode& item : list.items) {
    const MatrixRow more = row_of(item);
    bool joined = false;
    for (size_t i = 0; i < original; ++i) {
      const bool fits = !rows[i].empty() && std::all_of(more.begin(), more.end(), [&](const auto& entry) {
        const auto known = rows[i].find(entry.first);
        return known == rows[i].end() || known->second == entry.second;
      });
      if (!fits) continue;
      rows[i].insert(more.begin(), more.end());
      joined = true;
    }
    if (!joined && rows.size() < kMaxMatrixRows) rows.push_back(more);
  }
}

// A version, a host or a switch: what runs is the same.
bool is_setting(std::string_view value) {
  for (std::string_view host : {"ubuntu", "windows", "macos", "debian", "self-hosted", "pypy"}) {
    if (value.starts_with(host)) return true;
  }
  return value == "true" || value == "false" || value.find_first_not_of("0123456789.x-") == value.npos;
}

// The name in `${{ matrix.name }}` or `${{ env.name }}` that starts at `at`, with its kind; behind it.
struct Placeholder {
  std::string kind, name;
  size_t end = 0;
};

Placeholder placeholder_at(std::string_view text, size_t at) {
  Placeholder out;
  const size_t close = text.find("}}", at);
  if (close == text.npos) return out;
  out.end = close + 2;
  const std::string_view inner = trim(text.substr(at + 3, close - at - 3));
  const size_t dot = inner.find('.');
  if (dot == inner.npos) return out;
  const std::string_view name = inner.substr(dot + 1);
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!plain) return out;
  out.kind = inner.substr(0, dot);
  out.name = name;
  return out;
}

std::string replaced(std::string_view text, const MatrixRow& row,
                     const std::map<std::string, std::string>& environment) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t begin = std::min(text.find("${{", at), text.size());
    out += text.substr(at, begin - at);
    if (begin == text.size()) break;
    const Placeholder found = placeholder_at(text, begin);
    const size_t end = found.end == 0 ? begin + 3 : found.end;
    const auto& values = found.kind == "matrix" ? row : environment;
    const auto value = values.find(found.name);
    const bool known = (found.kind == "matrix" || found.kind == "env") && value != values.end() &&
                       value->second.find('\n') == std::string::npos;
    out += known ? std::string_view(value->second) : text.substr(begin, end - begin);
    at = end;
  }
  return out;
}

// The values of the row that the text asks for and that change what runs.
MatrixRow relevant(std::string_view text, const MatrixRow& row) {
  MatrixRow out;
  for (size_t at = text.find("${{"); at != text.npos; at = text.find("${{", at + 3)) {
    const Placeholder found = placeholder_at(text, at);
    if (found.kind != "matrix") continue;
    const auto value = row.find(found.name);
    if (value != row.end() && !is_setting(value->second)) out.insert(*value);
  }
  return out;
}

}  // namespace

std::vector<MatrixRow> matrix_rows(const DataNode& job) {
  const DataNode* matrix = job.at({"strategy", "matrix"});
  if (matrix == nullptr || !matrix->is_mapping()) return {};
  std::vector<MatrixRow> rows = product(*matrix);
  if (const DataNode* excluded = matrix->find("exclude")) {
    for (const DataNode& item : excluded->items) {
      const MatrixRow without = row_of(item);
      std::erase_if(rows, [&](const MatrixRow& row) { return !without.empty() && contains(row, without); });
    }
  }
  if (const DataNode* included = matrix->find("include")) include(*included, rows);
  std::erase_if(rows, [](const MatrixRow& row) { return row.empty(); });
  return rows;
}

void add_environment(const DataNode& holder, std::map<std::string, std::string>& values) {
  const DataNode* env = holder.find("env");
  if (env == nullptr) return;
  for (const auto& [name, value] : env->entries) {
    if (!value.is_scalar()) continue;
    if (has_expression(value.text)) {
      values.erase(name);
    } else {
      values[name] = value.text;
    }
  }
}

std::vector<std::string> text_by_host(std::string_view label, const std::vector<MatrixRow>& rows) {
  std::vector<std::string> out;
  if (!label.starts_with("${{")) return out;
  const Placeholder asked = placeholder_at(label, 0);
  if (asked.kind != "matrix") return out;
  for (const MatrixRow& row : rows) {
    const auto value = row.find(asked.name);
    out.push_back(value == row.end() ? std::string() : value->second);
  }
  return out;
}

std::vector<std::string> text_by_leg(std::string_view text, const std::vector<MatrixRow>& rows,
                                     const std::map<std::string, std::string>& environment) {
  std::vector<std::string> out;
  if (has_expression(text)) {
    std::vector<MatrixRow> seen;
    for (const MatrixRow& row : rows) {
      MatrixRow values = relevant(text, row);
      if (out.size() >= kMaxVariants || std::find(seen.begin(), seen.end(), values) != seen.end()) continue;
      out.push_back(replaced(text, values, environment));
      seen.push_back(std::move(values));
    }
  }
  if (out.empty()) out.push_back(replaced(text, {}, environment));
  return out;
}

}  // namespace mlgrade
