// Modules that code loads by a path: `spec_from_file_location("slices", root / "slices.py")`, and helpers of
// the project that are called like that. And modules that a command names to a program which imports what it
// is given: `run-pipeline --module-name pipelines.churn` and `import_module(args.module_name)`.
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

// A place that imports the module whose name it is given, and what it calls of that module.
struct NamedLoader {
  NodeId place = kNone;
  std::vector<Name> methods;
};

std::vector<NamedLoader> named_loaders(const GraphBuilder& b) {
  std::vector<NamedLoader> found;
  for (uint32_t m = 0; m < b.facts.python.size(); ++m) {
    const PythonModule& module = b.facts.python[m];
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const bool imports = call.target == "importlib.import_module" || call.callee == "__import__";
      if (!imports || call.args.empty()) continue;
      if (module.args[call.args.begin].value.kind != PyValue::Kind::kName) continue;
      NamedLoader loader{b.graph.node_of_call(m, c), {}};
      for (const PyBinding& binding : module.bindings) {
        const bool bound = binding.value.kind == PyValue::Kind::kCall && binding.value.call == c;
        if (!bound) continue;
        const std::string start = std::string(binding.target.view()) + ".";
        for (const PyCall& other : module.calls) {
          const std::string_view callee = other.callee.view();
          if (other.function == binding.function && callee.starts_with(start))
            loader.methods.push_back(Name(callee.substr(start.size())));
        }
      }
      if (!loader.methods.empty()) found.push_back(std::move(loader));
    }
  }
  return found;
}

// The module of the project that the word names: "pipelines.churn", "--module=pipelines.churn".
uint32_t named_module(const GraphBuilder& b, const Word& word) {
  std::string_view text = word.text;
  if (text.starts_with('-') && text.find('=') != text.npos) text.remove_prefix(text.find('=') + 1);
  if (!word.literal || text.find('.') == text.npos || text.find('/') != text.npos) return kNone;
  const auto found = b.module_by_name.find(Name(text));
  return found == b.module_by_name.end() ? kNone : found->second;
}

// Whatever the node starts, in turn.
std::vector<bool> started_by(const std::vector<std::vector<NodeId>>& out, NodeId node) {
  std::vector<bool> seen(out.size());
  std::vector<NodeId> open{node};
  seen[node] = true;
  while (!open.empty()) {
    const NodeId at = open.back();
    open.pop_back();
    for (const NodeId to : out[at]) {
      if (seen[to]) continue;
      seen[to] = true;
      open.push_back(to);
    }
  }
  return seen;
}

// Something of that starts a pipeline of SageMaker that it was given: `pipeline.upsert()`,
// `pipeline.start()`.
bool starts_pipeline(const GraphBuilder& b, const std::vector<bool>& started) {
  for (uint32_t m = 0; m < b.facts.python.size(); ++m) {
    const std::vector<PyCall>& calls = b.facts.python[m].calls;
    for (uint32_t c = 0; c < calls.size(); ++c) {
      if (calls[c].method != "start" || calls[c].function_ref.valid()) continue;
      const NodeId node = b.graph.node_of_call(m, c);
      if (node == kNone || !started[node]) continue;
      const std::string_view callee = calls[c].callee.view();
      const std::string uploads = std::string(callee.substr(0, callee.rfind('.'))) + ".upsert";
      if (std::ranges::find(calls, Name(uploads), &PyCall::callee) != calls.end()) return true;
    }
  }
  return false;
}

// The command runs the module, what the program calls of it, and the pipeline that is made there.
void run_named(GraphBuilder& b, NodeId command, Span span, uint32_t module, const NamedLoader& loader,
               bool starts) {
  b.add_edge({.from = command, .to = b.graph.module_nodes[module], .span = span, .kind = EdgeKind::kImports});
  const std::vector<PyFunction>& functions = b.facts.python[module].functions;
  for (uint32_t i = 0; i < functions.size(); ++i) {
    if (std::ranges::find(loader.methods, functions[i].qualname) != loader.methods.end())
      b.add_edge({.from = command, .to = b.graph.node_of_function({module, i}), .span = span});
  }
  for (uint32_t f = 0; starts && f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.system != "sagemaker" || file.file != b.facts.python[module].file) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      if (file.units[u].kind == UnitKind::kStage && file.units[u].parent == kNone)
        b.add_edge({.from = command, .to = b.graph.node_of_unit(f, u), .span = span});
    }
  }
}

void link_named(GraphBuilder& b) {
  const std::vector<NamedLoader> loaders = named_loaders(b);
  if (loaders.empty()) return;
  std::vector<std::vector<NodeId>> out(b.graph.nodes.size());
  for (const Edge& edge : b.graph.edges) out[edge.from].push_back(edge.to);
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const std::vector<Word>& words = file.commands[c].words;
      for (size_t w = 1; w < words.size(); ++w) {
        const uint32_t module = words[w - 1].text == "-m" ? kNone : named_module(b, words[w]);
        if (module == kNone) continue;
        const NodeId command = b.graph.node_of_command(f, c);
        const std::vector<bool> started = started_by(out, command);
        for (const NamedLoader& loader : loaders) {
          if (loader.place == kNone || !started[loader.place]) continue;
          run_named(b, command, file.commands[c].span, module, loader, starts_pipeline(b, started));
        }
      }
    }
  }
}

}  // namespace

void link_loaded(GraphBuilder& b) {
  for (uint32_t m = 0; m < b.facts.python.size(); ++m) Loader{b, m, b.facts.python[m]}.link();
  link_named(b);
}

}  // namespace mlgrade
