#include "analyzer/graph/invocations.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/base/dotted.h"
#include "analyzer/graph/builder.h"

namespace mlgrade {
namespace {

using std::string_view;

constexpr size_t kDeepest = 4;  // words that may name a command below groups

std::string typed(string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

// The name that `@app.command("train")` gives, or the function's own.
std::string name_of(const PythonModule& module, const PyFunction& function, const PyDecorator& decorator) {
  if (decorator.call != kNone) {
    const PyCall& call = module.calls[decorator.call];
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module.args[a];
      const bool names = arg.keyword == "name" || (arg.keyword.empty() && a == call.args.begin);
      if (names && arg.value.kind == PyValue::Kind::kString) return typed(arg.value.text.view());
    }
  }
  return typed(function.name.view());
}

void index_commands(GraphBuilder& b) {
  Invocations& index = b.invocations;
  if (index.indexed) return;
  index.indexed = true;
  index.commands.resize(b.facts.python.size());
  for (uint32_t m = 0; m < b.facts.python.size(); ++m) {
    const PythonModule& module = b.facts.python[m];
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      for (const PyDecorator& decorator : module.functions[f].decorators) {
        const string_view last = last_component(decorator.name.view());
        const bool group = last == "group";
        if (last == "callback" || last == "default") {
          index.commands[m].push_back({{m, f}, "", false, decorator.span});
        } else if (last == "command" || group) {
          index.commands[m].push_back(
              {{m, f}, name_of(module, module.functions[f], decorator), group, decorator.span});
        }
      }
    }
  }
}

// Commands of a module and of all that it imports.
std::vector<NamedCommand> commands_below(const GraphBuilder& b, uint32_t module) {
  std::vector<NamedCommand> found;
  std::vector<bool> seen(b.facts.python.size(), false);
  std::vector<uint32_t> open{module};
  seen[module] = true;
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    const std::vector<NamedCommand>& here = b.invocations.commands[at];
    found.insert(found.end(), here.begin(), here.end());
    for (uint32_t next : b.callbacks.imports[at]) {
      if (!seen[next]) open.push_back(next);
      seen[next] = true;
    }
  }
  return found;
}

// `--version` with a word behind it is an option of the program's own, and `-h` may be a host.
bool asks_for_help(std::span<const Word> words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    if (!word.literal || word.text == "--") return false;
    const bool last = i + 1 == words.size();
    if (word.text == "--help") return true;
    if (last && (word.text == "--version" || word.text == "-h" || word.text == "-V")) return true;
  }
  return false;
}

// The commands that the words name, the deepest of `data load`; none if they name none or are not known.
std::vector<NamedCommand> named(const std::vector<NamedCommand>& commands, std::span<const Word> words) {
  std::vector<NamedCommand> found;
  size_t looked_at = 0;
  for (const Word& word : words) {
    if (word.text.starts_with('-')) continue;
    if (!word.literal || ++looked_at > kDeepest) break;
    std::vector<NamedCommand> here;
    for (const NamedCommand& command : commands) {
      if (!command.name.empty() && command.name == typed(word.text)) here.push_back(command);
    }
    if (!here.empty()) found = std::move(here);
    const bool deeper =
        std::any_of(found.begin(), found.end(), [](const NamedCommand& one) { return one.group; });
    if (!found.empty() && !deeper) break;
  }
  return found;
}

// A function that branches on what the program was asked: `if args.command == "train": train()`.
struct Dispatch {
  uint32_t module = kNone, function = kNone;
  string_view variable;  // "args.command"
  string_view chosen;    // what the words say it holds
};

// "args.command" and "train" of the comparison; false for anything else.
bool compares_argument(const PyComparison& comparison, string_view& variable, string_view& literal) {
  const bool equal = comparison.op == PyComparison::Op::kEqual &&
                     comparison.left.kind == PyValue::Kind::kName &&
                     comparison.right.kind == PyValue::Kind::kString;
  variable = comparison.left.text.view();
  literal = comparison.right.text.view();
  return equal && variable.find('.') != string_view::npos;
}

std::optional<Dispatch> dispatch_in(const PythonModule& m, uint32_t module, uint32_t function,
                                    std::span<const Word> words) {
  std::map<string_view, std::set<string_view>> asked;  // variable -> literals
  const IndexRange conditions = m.body(function).conditions;
  for (uint32_t c = conditions.begin; c < conditions.end; ++c) {
    const PyCondition& condition = m.conditions[c];
    for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i) {
      string_view variable, literal;
      if (condition.function == function && compares_argument(m.comparisons[i], variable, literal))
        asked[variable].insert(literal);
    }
  }
  for (const auto& [variable, literals] : asked) {
    if (literals.size() < 2) continue;
    for (const Word& word : words) {
      if (!word.literal) break;
      const auto chosen = literals.find(word.text);
      if (chosen != literals.end()) return Dispatch{module, function, variable, *chosen};
    }
  }
  return std::nullopt;
}

// The block stands in a branch for another word.
bool left_out(const PythonModule& m, const Dispatch& dispatch, uint32_t block) {
  for (uint32_t b = block; b < m.blocks.size(); b = m.blocks[b].parent) {
    const PyBlock& here = m.blocks[b];
    if (here.kind == PyBlock::Kind::kFunction) return false;
    if (here.condition == kNone) continue;
    const PyCondition& condition = m.conditions[here.condition];
    if (condition.comparisons.size() != 1) continue;
    string_view variable, literal;
    if (!compares_argument(m.comparisons[condition.comparisons.begin], variable, literal) ||
        variable != dispatch.variable)
      continue;
    const bool holds = (literal == dispatch.chosen) != condition.negated;
    if ((here.kind == PyBlock::Kind::kIf && !holds) || (here.kind == PyBlock::Kind::kElse && holds))
      return true;
  }
  return false;
}

// `uvicorn.run(app)`, `app.run()`: what an application then does is not seen from here.
bool starts_application(const PyCall& call) {
  return !call.function_ref.valid() && !call.class_ref.valid() &&
         (call.method == "run" || call.method == "serve" || call.method == "launch");
}

// The dispatching function that the program's own code calls, with these words.
std::optional<Dispatch> find_dispatch(const GraphBuilder& b, uint32_t module, std::span<const Word> words) {
  const PythonModule& m = b.facts.python[module];
  for (const PyCall& call : m.calls) {
    const PyRef called = call.function_ref;
    if (call.function != kNone || !called.valid() || called.index == kNone) continue;
    if (auto found = dispatch_in(b.facts.python[called.module], called.module, called.index, words))
      return found;
  }
  return std::nullopt;
}

// A node for one way to start the program; false if there is one for this key already. It imports what the
// program's file does: a __main__.py is itself the program and would run all of it.
bool make_node(GraphBuilder& b, uint32_t module, std::vector<uint32_t> key, NodeId& node) {
  auto [it, fresh] = b.invocations.nodes.try_emplace({module, std::move(key)}, kNone);
  if (!fresh) {
    node = it->second;
    return false;
  }
  const FileId file = b.facts.python[module].file;
  const Span top{file, 1, 1, 1};
  node = it->second = b.add_node(NodeKind::kFile, index_of(file), kNone, top);
  const bool program = b.facts.path(file).ends_with("__main__.py");
  for (uint32_t imported : program ? b.callbacks.imports[module] : std::vector<uint32_t>{module})
    b.add_edge({.from = node, .to = b.graph.module_nodes[imported], .span = top, .kind = EdgeKind::kImports});
  return true;
}

// A program without the branches for other words; empty if it does not branch on them.
std::optional<NodeId> dispatched_node(GraphBuilder& b, uint32_t module, std::span<const Word> words) {
  const std::optional<Dispatch> dispatch = find_dispatch(b, module, words);
  if (!dispatch) return std::nullopt;
  const PythonModule& m = b.facts.python[dispatch->module];
  const IndexRange calls = m.body(dispatch->function).calls;
  std::vector<uint32_t> kept;
  for (uint32_t c = calls.begin; c < calls.end; ++c) {
    if (m.calls[c].function != dispatch->function || left_out(m, *dispatch, m.calls[c].block)) continue;
    if (starts_application(m.calls[c])) return std::nullopt;
    if (m.calls[c].function_ref.valid() && m.calls[c].function_ref.index != kNone) kept.push_back(c);
  }
  std::vector<uint32_t> key{dispatch->module, dispatch->function};
  key.insert(key.end(), kept.begin(), kept.end());
  NodeId node = kNone;
  if (!make_node(b, module, std::move(key), node)) return node;
  if (dispatch->module != module) {
    b.add_edge({.from = node,
                .to = b.graph.module_nodes[dispatch->module],
                .span = Span{b.facts.python[module].file, 1, 1, 1},
                .kind = EdgeKind::kImports});
  }
  for (uint32_t c : kept) {
    const NodeId to = b.graph.node_of_function(m.calls[c].function_ref);
    b.add_edge({.from = node, .to = to, .span = m.calls[c].span, .kind = EdgeKind::kCalls});
  }
  return node;
}

}  // namespace

std::optional<NodeId> invoked_node(GraphBuilder& b, uint32_t module, std::span<const Word> words) {
  if (words.empty()) return std::nullopt;
  if (asks_for_help(words)) {
    NodeId help = kNone;
    make_node(b, module, {}, help);
    return help;
  }
  index_commands(b);
  const std::vector<NamedCommand> commands = commands_below(b, module);
  std::vector<NamedCommand> run = named(commands, words);
  if (run.empty()) return dispatched_node(b, module, words);
  for (const NamedCommand& command : commands) {
    if (command.name.empty()) run.push_back(command);
  }
  std::vector<uint32_t> key;
  for (const NamedCommand& command : run) {
    key.push_back(command.function.module);
    key.push_back(command.function.index);
  }
  NodeId node = kNone;
  if (!make_node(b, module, std::move(key), node)) return node;
  for (const NamedCommand& command : run) {
    const NodeId to = b.graph.node_of_function(command.function);
    b.add_edge({.from = node, .to = to, .span = command.span, .kind = EdgeKind::kRefers},
               {fmt::format("runs the command {}", b.graph.label(to)), "", {}});
  }
  return node;
}

}  // namespace mlgrade
