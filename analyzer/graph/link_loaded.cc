// Modules that code loads by a path: `spec_from_file_location("slices", root / "slices.py")`, and helpers of
// the project that are called like that.
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "analyzer/graph/builder.h"

namespace mlgrade {
namespace {

bool has_part(std::string_view name, std::string_view part) {
  return std::search(name.begin(), name.end(), part.begin(), part.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         }) != name.end();
}

bool loads_module(const PyCall& call) {
  const std::string_view name = call.method.view();
  constexpr size_t kShortest = std::string_view("loadmodule").size();
  if (name.size() < kShortest) return false;
  if (name == "spec_from_file_location" || name == "SourceFileLoader") return true;
  return has_part(name, "module") && (has_part(name, "load") || has_part(name, "import"));
}

struct Loader {
  GraphBuilder& b;
  uint32_t index;
  const PythonModule& module;

  std::string_view ending(const PyValue& value) const {
    const bool text = value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString ||
                      value.kind == PyValue::Kind::kPath;
    const std::string_view path = text ? value.text.view() : std::string_view();
    return path.ends_with(".py") ? path.substr(path.rfind('/') + 1) : std::string_view();
  }

  // The file that an argument names, directly or by a variable.
  std::string_view file_of(const PyCall& call) const {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyValue& value = module.args[a].value;
      if (const std::string_view name = ending(value); !name.empty()) return name;
      if (value.kind != PyValue::Kind::kName) continue;
      for (const PyBinding& binding : module.bindings) {
        const bool seen = binding.function == call.function || binding.function == kNone;
        if (!seen || binding.target != value.text) continue;
        if (const std::string_view name = ending(binding.value); !name.empty()) return name;
      }
    }
    return {};
  }

  // The only module of the project in a file of that name.
  uint32_t module_named(std::string_view file) const {
    uint32_t only = kNone;
    for (uint32_t m = 0; m < b.facts.python.size(); ++m) {
      const std::string_view path = b.facts.path(b.facts.python[m].file);
      if (path.substr(path.rfind('/') + 1) != file || file.find_first_of("{}") != file.npos) continue;
      if (only != kNone) return kNone;
      only = m;
    }
    return only == index ? kNone : only;
  }

  // Functions that are called on what was loaded: `slices = load_module(...); slices.evaluate(model)`.
  void add_calls(Name bound, uint32_t function, uint32_t loaded) {
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const std::string_view callee = call.callee.view();
      const size_t dot = callee.find('.');
      if (dot == callee.npos || callee.substr(0, dot) != bound.view()) continue;
      if (call.function_ref.valid() || (function != kNone && call.function != function)) continue;
      const std::vector<PyFunction>& functions = b.facts.python[loaded].functions;
      for (uint32_t f = 0; f < functions.size(); ++f) {
        if (functions[f].qualname.view() == callee.substr(dot + 1))
          add(b.graph.node_of_call(index, c), b.graph.node_of_function({loaded, f}), call.span,
              EdgeKind::kCalls);
      }
    }
  }

  void add(NodeId from, NodeId to, Span span, EdgeKind kind) {
    if (from == kNone || to == kNone) return;
    b.add_edge({.from = from, .to = to, .span = span, .kind = kind, .certain = Truth::kUnknown},
               {"", "the module is loaded by a path that is put together when it runs", span});
  }

  void link() {
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (!loads_module(call)) continue;
      const uint32_t loaded = module_named(file_of(call));
      if (loaded == kNone) continue;
      add(b.graph.node_of_call(index, c), b.graph.module_nodes[loaded], call.span, EdgeKind::kImports);
      for (const PyBinding& binding : module.bindings) {
        if (binding.value.kind == PyValue::Kind::kCall && binding.value.call == c)
          add_calls(binding.target, binding.function, loaded);
      }
    }
  }
};

}  // namespace

void link_loaded(GraphBuilder& b) {
  for (uint32_t m = 0; m < b.facts.python.size(); ++m) Loader{b, m, b.facts.python[m]}.link();
}

}  // namespace mlgrade
