// Tables of builtins and of methods that return the object they are called on.
#include "analyzer/passes/python/known_names.h"

#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"

namespace mlgrade::passes {
namespace {

// All tables are sorted.
constexpr std::array kBuiltinTypes =
    std::to_array<std::string_view>({"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset",
                                     "int", "list", "memoryview", "object", "set", "str", "tuple"});

constexpr std::array kBuiltinFunctions = std::to_array<std::string_view>(
    {"__import__", "abs",        "aiter",      "all",        "anext",        "any",     "ascii",
     "bin",        "breakpoint", "callable",   "chr",        "classmethod",  "compile", "delattr",
     "dir",        "divmod",     "enumerate",  "eval",       "exec",         "exit",    "filter",
     "format",     "getattr",    "globals",    "hasattr",    "hash",         "help",    "hex",
     "id",         "input",      "isinstance", "issubclass", "iter",         "len",     "locals",
     "map",        "max",        "min",        "next",       "oct",          "open",    "ord",
     "pow",        "print",      "property",   "quit",       "range",        "repr",    "reversed",
     "round",      "setattr",    "slice",      "sorted",     "staticmethod", "sum",     "super",
     "type",       "vars",       "zip"});

constexpr std::array kBuiltinExceptions = std::to_array<std::string_view>({"ArithmeticError",
                                                                           "AssertionError",
                                                                           "AttributeError",
                                                                           "BaseException",
                                                                           "BlockingIOError",
                                                                           "BrokenPipeError",
                                                                           "ChildProcessError",
                                                                           "ConnectionAbortedError",
                                                                           "ConnectionError",
                                                                           "ConnectionRefusedError",
                                                                           "ConnectionResetError",
                                                                           "DeprecationWarning",
                                                                           "EOFError",
                                                                           "EnvironmentError",
                                                                           "Exception",
                                                                           "ExceptionGroup",
                                                                           "FileExistsError",
                                                                           "FileNotFoundError",
                                                                           "FloatingPointError",
                                                                           "FutureWarning",
                                                                           "GeneratorExit",
                                                                           "IOError",
                                                                           "ImportError",
                                                                           "ImportWarning",
                                                                           "IndexError",
                                                                           "InterruptedError",
                                                                           "IsADirectoryError",
                                                                           "KeyError",
                                                                           "KeyboardInterrupt",
                                                                           "LookupError",
                                                                           "MemoryError",
                                                                           "ModuleNotFoundError",
                                                                           "NameError",
                                                                           "NotADirectoryError",
                                                                           "NotImplemented",
                                                                           "NotImplementedError",
                                                                           "OSError",
                                                                           "OverflowError",
                                                                           "PendingDeprecationWarning",
                                                                           "PermissionError",
                                                                           "ProcessLookupError",
                                                                           "RecursionError",
                                                                           "ReferenceError",
                                                                           "ResourceWarning",
                                                                           "RuntimeError",
                                                                           "RuntimeWarning",
                                                                           "StopAsyncIteration",
                                                                           "StopIteration",
                                                                           "SyntaxError",
                                                                           "SyntaxWarning",
                                                                           "SystemError",
                                                                           "SystemExit",
                                                                           "TabError",
                                                                           "TimeoutError",
                                                                           "TypeError",
                                                                           "UnboundLocalError",
                                                                           "UnicodeDecodeError",
                                                                           "UnicodeEncodeError",
                                                                           "UnicodeError",
                                                                           "UnicodeWarning",
                                                                           "UserWarning",
                                                                           "ValueError",
                                                                           "Warning",
                                                                           "ZeroDivisionError"});

// Methods that by wide convention return the object itself, or a new one of its class.
constexpr std::array kFluent = std::to_array<std::string_view>({"add_edge",    "add_node",
                                                                "clone",       "copy",
                                                                "cpu",         "cuda",
                                                                "deepcopy",    "detach",
                                                                "double",      "eval",
                                                                "fit",         "float",
                                                                "half",        "load_from_checkpoint",
                                                                "partial_fit", "requires_grad_",
                                                                "restore",     "set_fit_request",
                                                                "set_output",  "set_params",
                                                                "to",          "train"});

// The same for tables, where a chain of steps is usual.
constexpr std::array kFluentTable = std::to_array<std::string_view>({"astype",      "assign",
                                                                     "cache",       "clip",
                                                                     "drop",        "drop_duplicates",
                                                                     "dropna",      "fillna",
                                                                     "filter",      "head",
                                                                     "interpolate", "limit",
                                                                     "persist",     "query",
                                                                     "rename",      "repartition",
                                                                     "replace",     "reset_index",
                                                                     "sample",      "set_index",
                                                                     "sort",        "sort_index",
                                                                     "sort_values", "tail",
                                                                     "withColumn",  "withColumnRenamed"});

constexpr std::array kBareTypes = std::to_array<std::string_view>(
    {"ABC", "Any", "Callable", "abc.ABC", "collections.abc.AsyncGenerator", "collections.abc.AsyncIterator",
     "collections.abc.Callable", "collections.abc.Generator", "collections.abc.Iterable",
     "collections.abc.Iterator", "object", "typing_extensions.Protocol"});

constexpr std::array kPassesOn = std::to_array<std::string_view>(
    {"abatch",     "acall", "ainvoke",    "apply_async", "arun",          "astream", "batch",
     "bind",       "delay", "entrypoint", "expand",      "expand_kwargs", "fn",      "func",
     "invoke",     "kiq",   "map",        "options",     "override",      "partial", "remote",
     "remote_gen", "run",   "send",       "starmap",     "stream",        "submit",  "with_options"});

template <typename Table>
bool has(const Table& table, std::string_view name) {
  return std::binary_search(table.begin(), table.end(), name);
}

std::string_view last_component(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool is_value(std::string_view name) { return name.ends_with("()") || name.ends_with("[]"); }

int call_depth(std::string_view name) {
  int depth = 0;
  for (size_t at = name.find_first_of("(["); at != std::string_view::npos;
       at = name.find_first_of("([", at + 1))
    ++depth;
  return depth;
}

bool is_table(std::string_view name) {
  return name.starts_with("pandas.") || name.starts_with("polars.") || name.starts_with("pyspark.") ||
         name.starts_with("dask.dataframe.");
}

constexpr int kMaxCallDepth = 4;  // a longer chain keeps the name of its beginning

}  // namespace

bool is_builtin_type(std::string_view name) { return has(kBuiltinTypes, name); }

bool is_builtin(std::string_view name) {
  return has(kBuiltinFunctions, name) || has(kBuiltinTypes, name) || has(kBuiltinExceptions, name) ||
         name == "__name__" || name == "__file__";
}

bool is_class_name(std::string_view name) {
  std::string_view last = last_component(name);
  if (is_value(last)) return false;
  size_t letter = last.find_first_not_of('_');
  if (letter != std::string_view::npos && last[letter] >= 'A' && last[letter] <= 'Z') return true;
  return is_builtin_type(name) || name == "numpy.ndarray" || name == "collections.defaultdict";
}

bool is_bare_type(std::string_view name) {
  return has(kBareTypes, name) || name.starts_with("typing.") || is_value(name);
}

bool is_any_estimator(std::string_view name) {
  return name.starts_with("sklearn.base.") && (name.ends_with(".BaseEstimator") || name.ends_with("Mixin"));
}

bool passes_call_on(std::string_view attribute) { return has(kPassesOn, attribute); }

std::string call_result_name(std::string_view name, bool instance, bool& is_instance) {
  is_instance = true;
  if (instance) return std::string(name) + ".__call__()";
  if (is_class_name(name)) return std::string(name);
  size_t dot = name.rfind('.');
  if (dot != std::string_view::npos) {
    std::string_view object = name.substr(0, dot);
    std::string_view method = name.substr(dot + 1);
    bool on_object = is_class_name(object) || is_value(object);
    bool same =
        has(kFluent, method) || method.starts_with("from_") || (is_table(name) && has(kFluentTable, method));
    if (on_object && (same || call_depth(object) >= kMaxCallDepth)) return std::string(object);
  }
  return std::string(name) + "()";
}

}  // namespace mlgrade::passes
