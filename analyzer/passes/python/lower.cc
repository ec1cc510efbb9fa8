// From a source file to its PythonModule: parse, lower, and report what was left out.
#include "analyzer/passes/python/lower.h"

#include <algorithm>
#include <utility>

#include "analyzer/base/limits.h"

namespace mlgrade {
namespace {

// A file in which the parser stumbled more often than once in so many lines is not trusted.
constexpr uint32_t kLinesPerError = 4;
constexpr uint32_t kErrorsForgiven = 10;

// Working memory beyond this is given back after a file.
constexpr size_t kNodesKept = 1u << 19;

void reset(Lowering& py, const SourceFile& file) {
  py.text = file.text;
  PythonModule& module = py.module;
  module.file = file.id;
  module.imports.clear();
  module.classes.clear();
  module.functions.clear();
  module.blocks.clear();
  module.calls.clear();
  module.args.clear();
  module.values.clear();
  module.comparisons.clear();
  module.conditions.clear();
  module.asserts.clear();
  module.bindings.clear();
  module.jumps.clear();
  module.shifts.clear();
  module.names.clear();
  module.exported.clear();
  module.has_main_guard = false;
  py.function = py.cls = kNone;
  py.block = 0;
  py.scope = Name();
  py.statements = 0;
  py.optional_imports = py.type_checking = 0;
  py.args.clear();
  py.values.clear();
}

// Copies `from` at its exact size; the working memory stays with the thread.
template <typename T>
std::vector<T> packed(std::vector<T>& from) {
  return std::vector<T>(std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

PythonModule take_module(Lowering& py) {
  PythonModule& from = py.module;
  PythonModule made;
  made.file = from.file;
  made.has_main_guard = from.has_main_guard;
  made.imports = packed(from.imports);
  made.classes = packed(from.classes);
  made.functions = packed(from.functions);
  made.blocks = packed(from.blocks);
  made.calls = packed(from.calls);
  made.args = packed(from.args);
  made.values = packed(from.values);
  made.comparisons = packed(from.comparisons);
  made.conditions = packed(from.conditions);
  made.asserts = packed(from.asserts);
  made.bindings = packed(from.bindings);
  made.jumps = packed(from.jumps);
  made.shifts = packed(from.shifts);
  made.names = packed(from.names);
  made.exported = packed(from.exported);
  return made;
}

void note_problems(const Lowering& py, const SourceFile& file, std::vector<Problem>& problems) {
  const auto note = [&](ProblemKind kind, uint32_t row, std::string message) {
    problems.push_back({kind, Span{file.id, row + 1, 1, row + 1}, std::move(message)});
  };
  const SyntaxTree& tree = py.tree;
  if (tree.gave_up) note(ProblemKind::kLimit, 0, "Reading this file takes too many steps; it was left out.");
  if (tree.error_nodes > 0) {
    note(ProblemKind::kSyntax, tree.first_error_row,
         tree.error_nodes == 1
             ? std::string("The Python grammar does not fit here; the rest of the file was used.")
             : "The Python grammar does not fit in " + std::to_string(tree.error_nodes) +
                   " places, the first one here; the rest of the file was used.");
  }
  if (tree.too_deep) {
    note(
        ProblemKind::kLimit, tree.too_deep_row,
        "Nested more than " + std::to_string(kMaxTreeDepth) + " levels deep; what lies deeper was left out.");
  }
}

bool is_trusted(const SyntaxTree& tree) {
  if (tree.gave_up) return false;
  const uint32_t lines = tree.nodes.empty() ? 0 : tree.nodes[kRootNode].end_row + 1;
  return tree.error_nodes <= kErrorsForgiven || tree.error_nodes <= lines / kLinesPerError;
}

void lower_module(Lowering& py) {
  if (py.tree.nodes.empty()) {
    PyBlock body;
    body.span = {py.module.file, 1, 1, 1};
    py.module.blocks.push_back(body);
    return;
  }
  PyBlock body;
  body.span = py.span(kRootNode);
  py.module.blocks.push_back(body);
  set_exit(py, 0, lower_suite(py, kRootNode, true));
}

// What Databricks gives each of its notebooks without an import.
void add_given_names(Lowering& py) {
  const std::string_view text = py.text;
  if (!text.starts_with("# Databricks notebook source") || text.find("spark = ") != text.npos) return;
  PyImport spark;
  spark.module = Name("pyspark.sql.SparkSession.builder");
  spark.name = Name("getOrCreate()");
  spark.bound = Name("spark");
  spark.block = 0;
  spark.span = {py.module.file, 1, 1, 1};
  py.module.imports.push_back(spark);
}

}  // namespace

uint32_t Lowering::child(uint32_t node, uint32_t number) const {
  for (uint32_t at = node + 1; at < end(node); at = next(at)) {
    const uint8_t flags = tree.nodes[at].flags;
    if ((flags & SyntaxNode::kNamed) == 0 || (flags & SyntaxNode::kError) != 0) continue;
    if (number-- == 0) return at;
  }
  return kNone;
}

uint32_t Lowering::child(uint32_t node, PyNode wanted) const {
  for (uint32_t at = node + 1; at < end(node); at = next(at)) {
    if (kind(at) == wanted) return at;
  }
  return kNone;
}

void lower_python(const SourceFile& file, FileFacts& out) {
  thread_local Lowering py;
  reset(py, file);
  parse_syntax(python_kinds(), py.text, py.tree);
  lower_module(py);
  add_given_names(py);
  note_problems(py, file, out.problems);
  PythonModule made = take_module(py);
  made.is_notebook = file.language == Language::kNotebook;
  made.is_package = file.path == "__init__.py" || file.path.ends_with("/__init__.py");
  made.error_nodes = py.tree.error_nodes;
  made.parsed = is_trusted(py.tree);
  made.text_only = py.statements == 0 && py.tree.error_nodes == 0 && made.parsed;
  out.python = std::move(made);
  if (py.tree.nodes.capacity() > kNodesKept) py.tree.nodes = {};
  py.text = {};
}

}  // namespace mlgrade
