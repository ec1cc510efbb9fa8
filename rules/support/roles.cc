// Finds both sides through the graph: from trainings backwards and down, from handlers down.
#include "rules/support/roles.h"

#include <algorithm>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

bool product_node(const RuleInput& in, NodeId n) {
  const Node& node = in.graph.nodes[n];
  bool code =
      node.kind == NodeKind::kFunction || node.kind == NodeKind::kModule || node.kind == NodeKind::kMain;
  if (!code) return false;
  const PythonModule& module = in.facts.python[node.owner];
  return !module.is_notebook && !is_test_code(in.facts, module.file) && !is_sample(in.facts, module.file);
}

// Edges along which work is done: calls, functions handed over, programs started. Importing a module does
// none, and neither does declaring a route, a task or a command by a decorator.
bool works(const RuleInput& in, const Edge& edge) {
  if (edge.order_only() || edge.certain == Truth::kNo || edge.kind == EdgeKind::kImports) return false;
  const Node& to = in.graph.nodes[edge.to];
  if (edge.kind != EdgeKind::kRefers || to.kind != NodeKind::kFunction) return true;
  const std::vector<PyDecorator>& decorators = in.facts.python[to.owner].functions[to.index].decorators;
  return std::none_of(decorators.begin(), decorators.end(),
                      [&](const PyDecorator& decorator) { return decorator.span == edge.span; });
}

// Product nodes to which work leads from the starts (forwards), or from which it leads there (backwards).
std::vector<NodeId> work_around(const RuleInput& in, const std::vector<NodeId>& starts, bool forwards) {
  std::vector<bool> seen(in.graph.nodes.size(), false);
  std::vector<NodeId> found;
  for (NodeId start : starts) {
    if (start == kNone || seen[start]) continue;
    seen[start] = true;
    found.push_back(start);
  }
  for (size_t next = 0; next < found.size(); ++next) {
    for (uint32_t e : forwards ? in.graph.out[found[next]] : in.graph.in[found[next]]) {
      const Edge& edge = in.graph.edges[e];
      const NodeId to = forwards ? edge.to : edge.from;
      if (seen[to] || !works(in, edge) || !product_node(in, to)) continue;
      seen[to] = true;
      found.push_back(to);
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

void add_work_of(const RuleInput& in, NodeId from, std::vector<NodeId>& out) {
  if (from == kNone || !product_node(in, from)) return;
  const std::vector<NodeId> work = work_around(in, {from}, true);
  out.insert(out.end(), work.begin(), work.end());
}

void unique_sorted(std::vector<NodeId>& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

// An app without routes (a page that is a script from top to bottom): running its module is answering.
void add_page_apps(const RuleInput& in, std::vector<NodeId>& handlers) {
  for (const Use* use : product_uses(in, "serves-http")) {
    if (use->kind != Use::Kind::kCall || is_notebook(in.facts, use->file)) continue;
    handlers.push_back(in.graph.node_of_main(use->function.module));
  }
}

std::vector<NodeId> find_handlers(const RuleInput& in) {
  std::vector<NodeId> handlers;
  for (const Use& use : in.uses) {
    if (is_test_code(in.facts, use.file) || is_sample(in.facts, use.file) || is_notebook(in.facts, use.file))
      continue;
    bool route = use.capability == "serves-route" || use.capability == "serves-model";
    if (!route) continue;
    if (use.kind == Use::Kind::kBase) {  // a served class: its methods answer
      const PythonModule& module = in.facts.python[use.function.module];
      for (uint32_t f = 0; f < module.functions.size(); ++f) {
        if (module.functions[f].cls == use.call)
          handlers.push_back(in.graph.node_of_function({use.function.module, f}));
      }
    } else if (NodeId node = node_of(in, use); node != kNone) {
      handlers.push_back(node);
    }
  }
  // A decorated class (`@serve.deployment class X`): the decorator's use has no function of its own.
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    for (uint32_t c = 0; c < module.classes.size(); ++c) {
      bool served = std::any_of(module.classes[c].decorators.begin(), module.classes[c].decorators.end(),
                                [&](const PyDecorator& decorator) {
                                  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
                                    return use.capability == "serves-model" && use.span == decorator.span;
                                  });
                                });
      if (!served) continue;
      for (uint32_t f = 0; f < module.functions.size(); ++f) {
        if (module.functions[f].cls == c) handlers.push_back(in.graph.node_of_function({m, f}));
      }
    }
  }
  std::erase_if(handlers, [&](NodeId n) {
    return n == kNone || !product_node(in, n) || in.graph.nodes[n].kind != NodeKind::kFunction;
  });
  if (handlers.empty()) add_page_apps(in, handlers);
  unique_sorted(handlers);
  return handlers;
}

// Functions that a framework runs as the service starts: FastAPI(lifespan=f), on_startup=[f],
// add_event_handler("startup", f), @app.on_event("startup"), @app.before_serving.
bool names_start(std::string_view name) {
  return contains_phrase(name, "on event") || contains_phrase(name, "before serving") ||
         contains_phrase(name, "before first request") || contains_phrase(name, "on startup") ||
         contains_phrase(name, "before server start") || contains_phrase(name, "add event handler") ||
         has_word(name, {"lifespan", "startup"});
}

void add_start_hooks(const RuleInput& in, std::vector<NodeId>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const bool hooked =
          std::any_of(module.functions[f].decorators.begin(), module.functions[f].decorators.end(),
                      [](const PyDecorator& d) { return names_start(d.name.view()); });
      if (hooked) add_work_of(in, in.graph.node_of_function({m, f}), out);
    }
    for (const PyReference& reference : module.references) {
      if (reference.call == kNone || reference.call >= module.calls.size()) continue;
      const PyCall& call = module.calls[reference.call];
      bool hooked = names_start(call.callee.view());
      for (uint32_t a = call.args.begin; a < call.args.end && !hooked; ++a) {
        const PyArg& arg = module.args[a];
        const PyFunction* function = in.facts.function(reference.target);
        const bool here =
            function != nullptr &&
            std::any_of(module.names.begin() + arg.reads.begin, module.names.begin() + arg.reads.end,
                        [&](Name read) { return read.view().ends_with(function->name.view()); });
        hooked = here && names_start(arg.keyword.view());
      }
      if (hooked) add_work_of(in, in.graph.node_of_function(reference.target), out);
    }
  }
}

bool reads_name(const PythonModule& module, uint32_t function, Name name) {
  const auto within = [&](IndexRange reads) {
    return std::any_of(module.names.begin() + reads.begin, module.names.begin() + reads.end, [&](Name read) {
      return read.view().substr(0, read.view().find_first_of(".[(")) == name.view();
    });
  };
  const PyBody& body = module.functions[function].body;
  for (uint32_t c = body.calls.begin; c < body.calls.end; ++c) {
    const PyCall& call = module.calls[c];
    if (call.callee.view().substr(0, call.callee.view().find_first_of(".[(")) == name.view()) return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (within(module.args[a].reads)) return true;
    }
  }
  for (uint32_t i = body.bindings.begin; i < body.bindings.end; ++i) {
    if (within(module.bindings[i].reads)) return true;
  }
  for (uint32_t i = body.jumps.begin; i < body.jumps.end; ++i) {
    if (within(module.jumps[i].reads)) return true;
  }
  return false;
}

// Functions that the program of a handler's module runs before it answers, and that set a global name which
// the handler reads: `if __name__ == "__main__": load(); app.run()`.
void add_global_setters(const RuleInput& in, const std::vector<NodeId>& handlers, std::vector<NodeId>& out) {
  for (NodeId handler : handlers) {
    const Node& at = in.graph.nodes[handler];
    if (at.kind != NodeKind::kFunction) continue;
    const PythonModule& module = in.facts.python[at.owner];
    const auto sets = [&](const PyFunction& function) {
      return std::any_of(function.globals.begin(), function.globals.end(),
                         [&](Name name) { return reads_name(module, at.index, name); });
    };
    if (std::none_of(module.functions.begin(), module.functions.end(), sets)) continue;
    for (NodeId n : work_of(in, in.graph.node_of_main(at.owner))) {
      const Node& node = in.graph.nodes[n];
      const bool here = node.kind == NodeKind::kFunction && node.owner == at.owner && n != handler;
      if (here && sets(module.functions[node.index])) add_work_of(in, n, out);
    }
  }
}

bool has(const AbilityMap& abilities, const std::vector<NodeId>& nodes, std::string_view capability) {
  return abilities.first_in(nodes, capability) != nullptr;
}

// Some function among the nodes asks a model, be it one that nothing resolves.
bool asks_model(const RuleInput& in, const std::vector<NodeId>& nodes) {
  return std::any_of(nodes.begin(), nodes.end(), [&](NodeId n) {
    const Node& node = in.graph.nodes[n];
    const PythonModule& module = in.facts.python[node.owner];
    const uint32_t function = node.kind == NodeKind::kFunction ? node.index : kNone;
    return std::ranges::any_of(calls_in(module, function), [&](const PyCall& call) {
      return call.function == function &&
             (call.method == "predict" || call.method == "predict_proba" || call.method == "forecast");
    });
  });
}

// Without anybody to ask it, a model serves by a program or flow that loads it and predicts. One that trains
// is the other side, and one that evaluates asks for its own sake.
void add_batch_programs(const RuleInput& in, const AbilityMap& abilities, std::vector<NodeId>& handlers) {
  std::vector<NodeId> programs;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) programs.push_back(in.graph.node_of_main(m));
  for (const Use& use : in.uses) {
    if (use.capability == "defines-flow" && use.kind == Use::Kind::kDecorator)
      programs.push_back(in.graph.node_of_function(use.function));
  }
  for (NodeId program : programs) {
    if (program == kNone || !product_node(in, program)) continue;
    if (has_word(in.graph.label(program), {"evaluate", "evaluation", "eval", "validate", "validation", "test",
                                           "benchmark", "train", "training"}))
      continue;
    const std::vector<NodeId> work = work_around(in, {program}, true);
    const bool serves = has(abilities, work, "loads-model") && !has(abilities, work, "trains-model") &&
                        (has(abilities, work, "predicts") || asks_model(in, work));
    if (serves) handlers.push_back(program);
  }
  unique_sorted(handlers);
}

}  // namespace

bool is_transform_name(std::string_view name) {
  return has_word(
      name,
      {"transform", "transforms", "preprocess", "preprocessing", "preprocessor", "features", "feature",
       "featurize", "featurizer", "encode",     "encoder",       "encoding",     "tokenize", "tokenizer",
       "clean",     "cleaning",   "normalize",  "normalise",     "scale",        "scaling",  "vectorize",
       "prepare",   "process",    "embed",      "embedding",     "impute"});
}

std::vector<NodeId> work_of(const RuleInput& in, NodeId node) {
  return node == kNone ? std::vector<NodeId>{} : work_around(in, {node}, true);
}

std::vector<NodeId> work_leading_to(const RuleInput& in, NodeId node) {
  return node == kNone ? std::vector<NodeId>{} : work_around(in, {node}, false);
}

bool contains_node(const std::vector<NodeId>& sorted, NodeId node) {
  return std::binary_search(sorted.begin(), sorted.end(), node);
}

Sides::Sides(const RuleInput& in) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  handlers = find_handlers(in);
  if (handlers.empty()) add_batch_programs(in, abilities, handlers);
  serving = work_around(in, handlers, true);
  // What their modules do when they are imported serves too: models and scalers are loaded there.
  std::vector<NodeId> bodies;
  for (NodeId n : serving) bodies.push_back(in.graph.node_of_function({in.graph.nodes[n].owner, kNone}));
  std::erase_if(bodies, [&](NodeId n) { return n == kNone || !product_node(in, n); });
  for (NodeId n : work_around(in, bodies, true)) serving.push_back(n);
  if (!handlers.empty()) add_start_hooks(in, serving);
  add_global_setters(in, handlers, serving);
  unique_sorted(serving);
  std::vector<NodeId> trainings;
  for (NodeId n = 0; n < in.graph.nodes.size(); ++n) {
    const std::vector<AbleAt>& able = abilities.at(n);
    const bool trains =
        std::any_of(able.begin(), able.end(), [](const AbleAt& a) { return a.capability == "trains-model"; });
    if (trains && product_node(in, n)) trainings.push_back(n);
  }
  std::vector<NodeId> leads = work_around(in, trainings, false);
  std::erase_if(leads, [&](NodeId n) { return contains_node(handlers, n); });
  training = work_around(in, leads, true);
}

Span deployment_of_service(const RuleInput& in, const Sides& sides) {
  std::vector<bool> serves = in.graph.reaching(sides.handlers);
  for (uint32_t a = 0; a < in.facts.automation.size(); ++a) {
    const AutomationFile& file = in.facts.automation[a];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const Unit& unit = file.units[u];
      // A container beside a job of a workflow is a database for its tests.
      const bool of_job = unit.parent != kNone && file.units[unit.parent].kind == UnitKind::kJob;
      if ((unit.kind != UnitKind::kService && unit.kind != UnitKind::kImage) || of_job) continue;
      const NodeId node = in.graph.node_of_unit(a, u);
      if (node != kNone && serves[node]) return unit.span;
    }
  }
  for (const Use* use : product_uses(in, "deploys")) return use->span;
  return {};
}

}  // namespace mlgrade
