// Edges inside Python: imports run module bodies, calls run functions, libraries call what they are handed,
// and tests run their functions and fixtures. A call in a `try` whose `except` takes everything and goes on
// swallows; one in a branch that never runs is never taken. What is only registered: link_applications.cc.
#include <tbb/parallel_for.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/graph/builder.h"
#include "analyzer/graph/dead_branch.h"
#include "analyzer/graph/dispatch.h"
#include "analyzer/graph/readers.h"

namespace mlgrade {
namespace {

// By `try` block: the first `except` of it that takes every error and goes on.
std::unordered_map<uint32_t, Span> swallowing_handlers(const PythonModule& m) {
  std::unordered_map<uint32_t, Span> found;
  for (const PyBlock& handler : m.blocks) {
    if (handler.kind == PyBlock::Kind::kExcept && handler.broad && !handler.reraises)
      found.try_emplace(handler.try_block, handler.span);
  }
  return found;
}

// Names that are bound at the top of a module, by place.
using Tables = std::map<Span, Name>;

Tables tables_of(const PythonModule& module) {
  Tables tables;
  for (const PyBinding& binding : module.bindings) {
    const bool top = binding.function == kNone && binding.block == 0;
    if (!top || binding.subscript || binding.target.view().find('.') != std::string_view::npos) continue;
    tables.try_emplace(binding.span, binding.target);
  }
  return tables;
}

// A function or class that stands in such a table, maybe.
bool may_stand_in_table(const PyReference& reference) {
  return reference.kind == PyReference::Kind::kValue && reference.function == kNone;
}

// What one module asks again and again while it is linked.
struct ModuleIndex {
  const PythonModule& m;
  std::unordered_map<uint32_t, Span> handlers;
  DeadBranches dead;
  bool has_branch = false;  // some condition is a bare name or constant
  Tables tables;            // of a module where something may stand in them

  ModuleIndex(const FactStore& facts, const PythonModule& module)
      : m(module), handlers(swallowing_handlers(module)), dead(facts, module) {
    has_branch = std::any_of(m.conditions.begin(), m.conditions.end(), [](const PyCondition& condition) {
      using Kind = PyValue::Kind;
      const Kind kind = condition.value.kind;
      return kind == Kind::kName || kind == Kind::kBool || kind == Kind::kNumber;
    });
    if (std::any_of(m.references.begin(), m.references.end(), may_stand_in_table)) tables = tables_of(m);
  }

  // The handler in which a failure raised in `block` gets lost before it leaves its function; null if none.
  const Span* swallowed_in(uint32_t block) const {
    for (uint32_t at = block; !handlers.empty() && at < m.blocks.size(); at = m.blocks[at].parent) {
      const PyBlock& b = m.blocks[at];
      if (b.kind == PyBlock::Kind::kFunction || b.kind == PyBlock::Kind::kModule) break;
      if (b.kind != PyBlock::Kind::kTry) continue;
      if (auto handler = handlers.find(at); handler != handlers.end()) return &handler->second;
    }
    return nullptr;
  }
};

// Edges that were found and wait to be added, in the order found.
using Waiting = std::vector<std::pair<Edge, EdgeNote>>;

void add_waiting(GraphBuilder& b, Waiting& waiting) {
  for (auto& [edge, note] : waiting) b.add_edge(edge, std::move(note));
  waiting.clear();
}

// Looks at one module; only `out` is written.
struct ModuleLinker {
  const GraphBuilder& b;
  Waiting& out;
  uint32_t index;
  const PythonModule& m;
  ModuleIndex& known;
  const Readers* readers = nullptr;
  const Dispatches* dispatches = nullptr;

  NodeId home(uint32_t function, uint32_t block) const {
    return function != kNone ? b.graph.function_nodes[index][function] : b.graph.node_of_block(index, block);
  }

  void add(NodeId from, NodeId to, Span span, EdgeKind kind, uint32_t block, Truth certain = Truth::kYes) {
    Edge edge{.from = from, .to = to, .span = span, .kind = kind, .certain = certain};
    EdgeNote note;
    if (block != kNone) {
      if (const uint32_t dead = m.dead_block(block); dead != kNone) {
        edge.certain = Truth::kNo;
        const PyCondition& condition = m.conditions[m.blocks[dead].condition];
        const bool constant =
            condition.value.kind == PyValue::Kind::kBool || condition.value.kind == PyValue::Kind::kNumber;
        note.effect_why = constant ? "it stands in a branch that is never taken"
                                   : "it stands in a branch that is not taken where CI runs it";
        note.effect_span = condition.span;
      }
    }
    if (known.has_branch && block != kNone && edge.certain != Truth::kNo) {
      if (const DeadBranch& branch = known.dead.at(block); branch.dead) {
        edge.certain = Truth::kNo;
        note.effect_why = "the branch that leads to it never runs: " + branch.why;
        note.effect_span = branch.at;
      }
    }
    if (const Span* handler = block == kNone ? nullptr : known.swallowed_in(block); handler != nullptr) {
      edge.effect = Effect::kSwallowed;
      note.effect_why = "an `except` that takes every error goes on";
      note.effect_span = *handler;
    }
    out.emplace_back(edge, std::move(note));
  }

  void add(const Edge& edge) { out.emplace_back(edge, EdgeNote{}); }

  NodeId node(PyRef ref) const { return b.graph.node_of_function(ref); }
};

void link_imports(ModuleLinker& l) {
  for (const PyImport& import : l.m.imports) {
    if (import.project_module == kNone || import.type_checking) continue;
    NodeId from = import.function != kNone ? l.b.graph.function_nodes[l.index][import.function]
                                           : l.b.graph.module_nodes[l.index];
    if (l.known.has_branch && l.known.dead.at(import.block).dead) continue;
    l.add({.from = from,
           .to = l.b.graph.module_nodes[import.project_module],
           .span = import.span,
           .kind = EdgeKind::kImports});
  }
  l.add({.from = l.b.graph.main_nodes[l.index],
         .to = l.b.graph.module_nodes[l.index],
         .span = Span{l.m.file, 1, 1, 1},
         .kind = EdgeKind::kRuns});
}

// Bases that call nothing back.
bool is_plain_base(Name base) {
  static const Name plain[] = {Name("object"),
                               Name("abc.ABC"),
                               Name("typing.Protocol"),
                               Name("enum.Enum"),
                               Name("typing.NamedTuple"),
                               Name("typing.Generic"),
                               Name("typing.TypedDict"),
                               Name("Exception"),
                               Name("str"),
                               Name("dict"),
                               Name("ValueError"),
                               Name("RuntimeError")};
  return base.empty() || std::find(std::begin(plain), std::end(plain), base) != std::end(plain);
}

void link_methods(ModuleLinker& l, NodeId from, PyRef cls, Span span, uint32_t block) {
  const PythonModule& home = l.b.facts.python[cls.module];
  const IndexRange inside = home.classes[cls.index].functions;
  for (uint32_t f = inside.begin; f < inside.end; ++f) {
    if (home.functions[f].cls != cls.index || home.functions[f].task) continue;
    l.add(from, l.b.graph.function_nodes[cls.module][f], span, EdgeKind::kRefers, block);
  }
}

// The methods of the object's class, and those that it has from other classes of the repository.
void link_object(ModuleLinker& l, NodeId from, const PyReference& reference, uint32_t block) {
  constexpr size_t kMostClasses = 16;
  std::vector<PyRef> classes{reference.cls};
  for (size_t i = 0; i < classes.size() && i < kMostClasses; ++i) {
    link_methods(l, from, classes[i], reference.span, block);
    for (PyRef base : l.b.facts.python[classes[i].module].classes[classes[i].index].base_refs) {
      if (base.valid()) classes.push_back(base);
    }
  }
}

// A class with a base from a library (an estimator, a module, a flow) has its methods called by that library.
void link_callbacks(ModuleLinker& l, NodeId from, PyRef cls, Span span, uint32_t block) {
  const PythonModule& home = l.b.facts.python[cls.module];
  const PyClass& c = home.classes[cls.index];
  if (c.flow || c.waits) return;
  bool framework = std::any_of(c.base_targets.begin(), c.base_targets.end(), [&](Name base) {
    return !is_plain_base(base) &&
           !l.b.module_by_name.contains(Name(base.view().substr(0, base.view().find('.'))));
  });
  if (framework) link_methods(l, from, cls, span, block);
}

// Calls that are no part of the body around them but of a function: its decorators, with the cases of
// parametrize, and what fills its parameters, like Depends(get_model).
std::unordered_map<uint32_t, uint32_t> owners_of_calls(const PythonModule& m) {
  std::unordered_map<uint32_t, uint32_t> owners;
  for (uint32_t f = 0; f < m.functions.size(); ++f) {
    for (const PyDecorator& decorator : m.functions[f].decorators) {
      if (decorator.call != kNone) owners.emplace(decorator.call, f);
    }
    for (const PyParam& param : m.functions[f].params) {
      if (param.default_call != kNone) owners.emplace(param.default_call, f);
    }
  }
  return owners;
}

// `STEPS = [load, train]` at the top of a module: whoever reads the name may run them, an import does not.
// False if it is no such table, or nobody reads it.
bool link_table(ModuleLinker& l, const PyReference& reference) {
  if (!may_stand_in_table(reference)) return false;
  const auto table = l.known.tables.find(reference.span);
  if (table == l.known.tables.end()) return false;
  const std::vector<PyRef>& readers = l.readers->of(l.index, table->second);
  for (PyRef reader : readers) {
    if (reader != reference.target)
      l.add(l.node(reader), l.node(reference.target), reference.span, EdgeKind::kRefers, kNone);
  }
  return !readers.empty();
}

void link_calls(ModuleLinker& l) {
  for (const PyCall& call : l.m.calls) {
    if ((!call.function_ref.valid() && !call.class_ref.valid()) || call.wires) continue;
    if (l.dispatches->holds(l.index, static_cast<uint32_t>(&call - l.m.calls.data()))) continue;
    NodeId from = l.home(call.function, call.block);
    for (PyRef entry : l.dispatches->taken_by(l.index, call))
      l.add(from, l.node(entry), call.span, EdgeKind::kCalls, call.block);
    if (call.function_ref.valid() && call.function_ref.index != kNone) {
      l.add(from, l.node(call.function_ref), call.span, EdgeKind::kCalls, call.block);
    }
    if (call.class_ref.valid()) link_callbacks(l, from, call.class_ref, call.span, call.block);
  }
  const std::unordered_map<uint32_t, uint32_t> owners = owners_of_calls(l.m);
  for (const PyReference& reference : l.m.references) {
    const PyCall* call = reference.call == kNone ? nullptr : &l.m.calls[reference.call];
    if (call != nullptr && call->wires) continue;
    // A task that is mentioned, in a list of definitions or as the next step, runs with its flow only.
    const PyFunction* mentioned = l.b.facts.function(reference.target);
    if (mentioned != nullptr && mentioned->task) continue;
    const auto owner = owners.find(reference.call);
    // What is only registered runs when its application does (callbacks.h).
    if (call != nullptr && owner == owners.end() && registers_arguments(*call)) continue;
    if (link_table(l, reference)) continue;
    if (l.dispatches->holds(l.index, reference)) continue;
    const uint32_t block = call != nullptr ? call->block : kNone;
    NodeId from = owner != owners.end()         ? l.b.graph.function_nodes[l.index][owner->second]
                  : reference.function != kNone ? l.b.graph.function_nodes[l.index][reference.function]
                  : block != kNone              ? l.b.graph.node_of_block(l.index, block)
                                                : l.b.graph.module_nodes[l.index];
    if (reference.kind == PyReference::Kind::kObject) {
      link_object(l, from, reference, block);
    } else {
      l.add(from, l.node(reference.target), reference.span, EdgeKind::kRefers, block);
      for (PyRef entry : l.dispatches->all_of(reference.target))
        l.add(from, l.node(entry), reference.span, EdgeKind::kRefers, block);
    }
  }
}

// The function behind a decorator of the repository: `@wrap`, or `@wrap(times=3)`, which returns one.
PyRef decorating(const ModuleLinker& l, const PyDecorator& decorator) {
  if (decorator.call != kNone) return l.m.calls[decorator.call].function_ref;
  auto at = std::lower_bound(l.m.references.begin(), l.m.references.end(), decorator.span.line,
                             [](const PyReference& r, uint32_t line) { return r.span.line < line; });
  for (; at != l.m.references.end() && at->span.line == decorator.span.line; ++at) {
    if (at->kind == PyReference::Kind::kDecorator && at->span == decorator.span) return at->target;
  }
  return {};
}

bool stands_in(const PythonModule& m, uint32_t function, uint32_t outer) {
  while (function != kNone && function != outer) function = m.functions[function].parent;
  return function == outer;
}

// Calling a decorated function runs the wrapper that the decorator put around it.
void link_wrappers(ModuleLinker& l) {
  for (uint32_t f = 0; f < l.m.functions.size(); ++f) {
    for (const PyDecorator& decorator : l.m.functions[f].decorators) {
      const PyRef target = decorating(l, decorator);
      if (!target.valid() || target.index == kNone) continue;
      const PythonModule& home = l.b.facts.python[target.module];
      const auto add = [&](uint32_t inner) {
        l.add(l.b.graph.function_nodes[l.index][f], l.b.graph.function_nodes[target.module][inner],
              decorator.span, EdgeKind::kRefers, kNone);
      };
      add(target.index);
      const IndexRange inside = home.functions[target.index].body.functions;
      for (uint32_t inner = inside.begin; inner < inside.end; ++inner) {
        if (inner == target.index || !stands_in(home, inner, target.index)) continue;
        add(inner);
      }
    }
  }
}

// What units of orchestrators run, and the calls that build or start them.
void link_units_to_code(GraphBuilder& b, const Dispatches& dispatches) {
  std::map<uint32_t, ModuleIndex> indices;
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (b.facts.file(file.file).sample) continue;
    for (const UnitCode& code : file.code) {
      const NodeId from = b.graph.unit_nodes[f][code.unit];
      b.add_edge({.from = from,
                  .to = b.graph.node_of_function(code.function),
                  .span = code.span,
                  .kind = EdgeKind::kRuns,
                  .effect = code.effect},
                 {"", code.effect_why, code.span});
      for (PyRef entry : dispatches.all_of(code.function)) {
        b.add_edge({.from = from,
                    .to = b.graph.node_of_function(entry),
                    .span = code.span,
                    .kind = EdgeKind::kRuns,
                    .effect = code.effect},
                   {"", code.effect_why, code.span});
      }
      b.add_edge({.from = from,
                  .to = b.graph.module_nodes[code.function.module],
                  .span = code.span,
                  .kind = EdgeKind::kImports});
    }
    for (const UnitCall& call : file.calls) {
      const PythonModule& module = b.facts.python[call.module];
      const NodeId unit = b.graph.unit_nodes[f][call.unit];
      if (call.role == UnitCall::Role::kBuilds) {
        b.graph.built_by.emplace_back(uint64_t{call.module} << 32 | call.call, unit);
        continue;
      }
      const PyCall& start = module.calls[call.call];
      ModuleIndex& known = indices.try_emplace(call.module, b.facts, module).first->second;
      Waiting waiting;
      ModuleLinker l{b, waiting, call.module, module, known};
      l.add(l.home(start.function, start.block), unit, start.span, EdgeKind::kRuns, start.block,
            call.certain);
      add_waiting(b, waiting);
    }
  }
  std::sort(b.graph.built_by.begin(), b.graph.built_by.end());
}

// The tables of the repository that functions or classes stand in.
std::vector<Readers::Question> tables_with_code(const FactStore& facts) {
  std::vector<Readers::Question> found;
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const PythonModule& module = facts.python[m];
    if (std::none_of(module.references.begin(), module.references.end(), may_stand_in_table)) continue;
    const Tables tables = tables_of(module);
    for (const PyReference& reference : module.references) {
      if (!may_stand_in_table(reference)) continue;
      const auto table = tables.find(reference.span);
      if (table != tables.end()) found.emplace_back(m, table->second);
    }
  }
  return found;
}

void link_tests(GraphBuilder& b) {
  for (uint32_t t = 0; t < b.facts.tests.size(); ++t) {
    const TestCase& test = b.facts.tests[t];
    NodeId node = b.graph.test_nodes[t];
    auto runs = [&](NodeId to) {
      if (to != kNone)
        b.add_edge({.from = node, .to = to, .span = b.graph.nodes[to].span, .kind = EdgeKind::kRuns});
    };
    runs(b.graph.node_of_function(test.function));
    if (test.function.valid()) runs(b.graph.module_nodes[test.function.module]);
    for (PyRef fixture : test.fixtures) runs(b.graph.node_of_function(fixture));
  }
}

}  // namespace

void link_python(GraphBuilder& b) {
  constexpr uint32_t kAtOnce = 32;  // modules, so that few edges wait
  const Dispatches dispatches(b.facts);
  const Readers readers(b.facts, tables_with_code(b.facts));
  std::vector<Waiting> waiting(kAtOnce);
  const auto count = static_cast<uint32_t>(b.facts.python.size());
  for (uint32_t begin = 0; begin < count; begin += kAtOnce) {
    const uint32_t end = std::min(begin + kAtOnce, count);
    tbb::parallel_for(begin, end, [&](uint32_t i) {
      ModuleIndex known(b.facts, b.facts.python[i]);
      ModuleLinker l{b, waiting[i - begin], i, b.facts.python[i], known, &readers, &dispatches};
      link_imports(l);
      link_calls(l);
      link_wrappers(l);
    });
    for (Waiting& edges : waiting) add_waiting(b, edges);
  }
  link_units_to_code(b, dispatches);
  link_tests(b);
}

}  // namespace mlgrade
