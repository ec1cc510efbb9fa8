// A step asks for a column that the step which writes the file does not write.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code_findings.h"
#include "rules/support/data_files.h"

namespace mlgrade::rules {
namespace {

using Columns = std::set<std::string>;

// The texts of a list; nothing if one of them is none.
std::optional<Columns> texts_in(const PythonModule& module, const PyValue& list) {
  if (list.kind != PyValue::Kind::kList || list.count == 0 || list.count > PyValue::kMaxElements)
    return std::nullopt;
  Columns out;
  for (uint32_t e = list.elements().begin; e < list.elements().end; ++e) {
    if (module.values[e].kind != PyValue::Kind::kString) return std::nullopt;
    out.insert(module.values[e].text.str());
  }
  return out;
}

// pandas.DataFrame({"age": ages, "left": left})
std::optional<Columns> columns_made(const PythonModule& module, const PyCall& call) {
  if (call.target != "pandas.DataFrame" || call.args.empty()) return std::nullopt;
  const PyValue& dict = module.args[call.args.begin].value;
  if (dict.kind != PyValue::Kind::kDict || dict.count == 0 || dict.count > PyValue::kMaxElements)
    return std::nullopt;
  Columns out;
  for (uint32_t e = dict.elements().begin; e + 1 < dict.elements().end; e += 2) {
    if (module.values[e].kind != PyValue::Kind::kString) return std::nullopt;
    out.insert(module.values[e].text.str());
  }
  return out;
}

// All columns that the writer puts into the file; nothing where that is not known.
std::optional<Columns> columns_written(const PythonModule& module, const FileAccess& writer) {
  const PyCall& call = module.calls[writer.call];
  if (const PyArg* columns = argument(module, call, "columns")) return texts_in(module, columns->value);
  const std::string_view callee = call.callee.view();
  const std::string_view name = callee.substr(0, std::min(callee.rfind('.'), callee.size()));
  if (call.receiver != kNone) return columns_made(module, module.calls[call.receiver]);
  std::optional<Columns> out;
  for (const PyBinding& binding : bindings_in(module, writer.function)) {
    if (binding.function != writer.function || binding.target != name) continue;
    if (binding.subscript) {
      if (!out || binding.key.empty()) return std::nullopt;
      out->insert(binding.key.str());
    } else {
      if (out || binding.value.kind != PyValue::Kind::kCall) return std::nullopt;  // bound again
      out = columns_made(module, module.calls[binding.value.call]);
      if (!out) return std::nullopt;
    }
  }
  return out;
}

// "left" of "rows[left]", where `rows` is the name.
std::string_view column_of(std::string_view read, std::string_view name) {
  if (!read.starts_with(name)) return {};
  read.remove_prefix(name.size());
  if (!read.starts_with('[') || !read.ends_with(']')) return {};
  return read.substr(1, read.size() - 2);
}

struct Asked {
  std::string column;
  Span at;
};

// Columns that the reader asks the table for.
std::vector<Asked> columns_read(const PythonModule& module, const FileAccess& reader) {
  std::vector<Asked> out;
  const PyCall& call = module.calls[reader.call];
  if (const PyArg* columns = argument(module, call, "usecols")) {
    if (const std::optional<Columns> all = texts_in(module, columns->value)) {
      for (const std::string& column : *all) out.push_back({column, call.span});
    }
  }
  std::string_view name;
  Columns set;
  for (const PyBinding& binding : bindings_in(module, reader.function)) {
    if (binding.function != reader.function) continue;
    const bool table =
        !binding.subscript && binding.value.kind == PyValue::Kind::kCall && binding.value.call == reader.call;
    if (table) {
      name = binding.target.view();
    } else if (!name.empty() && binding.target == name) {
      if (!binding.subscript) return out;  // another table from here on
      set.insert(binding.key.str());
    }
  }
  if (name.empty()) return out;
  const auto ask = [&](std::string_view read, Span at) {
    const std::string_view column = column_of(read, name);
    if (!column.empty() && !set.contains(std::string(column))) out.push_back({std::string(column), at});
  };
  for (const PyBinding& binding : bindings_in(module, reader.function)) {
    if (binding.function != reader.function) continue;
    if (binding.value.kind == PyValue::Kind::kSubscript) ask(binding.value.text.view(), binding.span);
    for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r)
      ask(module.names[r].view(), binding.span);
  }
  for (const PyCall& other : calls_in(module, reader.function)) {
    if (other.function != reader.function) continue;
    for (uint32_t a = other.args.begin; a < other.args.end; ++a) {
      if (module.args[a].value.kind == PyValue::Kind::kSubscript)
        ask(module.args[a].value.text.view(), other.span);
    }
  }
  return out;
}

void run(const RuleInput& in, RuleOutput& output) {
  const auto written = file_accesses(in, "writes-data");
  std::vector<Hit> hits;
  for (const auto& [path, readers] : file_accesses(in, "reads-data")) {
    const auto writers = written.find(path);
    if (writers == written.end() || writers->second.size() != 1) continue;
    const FileAccess& writer = writers->second.front();
    const std::optional<Columns> columns = columns_written(in.facts.python[writer.module], writer);
    if (!columns) continue;
    for (const FileAccess& reader : readers) {
      for (const Asked& asked : columns_read(in.facts.python[reader.module], reader)) {
        if (columns->contains(asked.column)) continue;
        hits.push_back({asked.at, fmt::format("asks {} for {}, which {} does not write", path, asked.column,
                                              in.facts.path(in.facts.python[writer.module].file))});
      }
    }
  }
  report_by_file(std::move(hits), Severity::kHigh, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_undeclared_format;
const Rule data_undeclared_format{
    .kind = RuleKind::kFinding,
    .summary = "A step asks for a column that the step before does not write",
    .why = "The two steps were changed at different times, and only the run of both shows it.",
    .fix = "Hold what is written and what is read to one schema, and test the one on what the other writes.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes): formats between steps",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
