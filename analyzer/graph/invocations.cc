#include "analyzer/graph/invocations.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/graph/builder.h"

namespace mlgrade {
namespace {

using std::string_view;

constexpr size_t kDeepest = 4;  // words that may name a command below groups

string_view last_of(string_view dotted) {
  const size_t dot = dotted.rfind('.');
  return dot == string_view::npos ? dotted : dotted.substr(dot + 1);
}

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
        const string_view last = last_of(decorator.name.view());
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

bool asks_for_help(std::span<const Word> words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    if (!word.literal || word.text == "--") return false;
    if (word.text == "--help" || word.text == "--version") return true;
    if (i + 1 == words.size() && (word.text == "-h" || word.text == "-V")) return true;
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

}  // namespace

std::optional<NodeId> invoked_node(GraphBuilder& b, uint32_t module, std::span<const Word> words) {
  if (words.empty()) return std::nullopt;
  if (asks_for_help(words)) return b.graph.module_nodes[module];
  index_commands(b);
  const std::vector<NamedCommand> commands = commands_below(b, module);
  std::vector<NamedCommand> run = named(commands, words);
  if (run.empty()) return std::nullopt;
  for (const NamedCommand& command : commands) {
    if (command.name.empty()) run.push_back(command);
  }
  std::vector<uint32_t> key;
  for (const NamedCommand& command : run) {
    key.push_back(command.function.module);
    key.push_back(command.function.index);
  }
  auto [it, fresh] = b.invocations.nodes.try_emplace({module, key}, kNone);
  if (!fresh) return it->second;
  const FileId file = b.facts.python[module].file;
  const NodeId node = b.add_node(NodeKind::kFile, index_of(file), kNone, Span{file, 1, 1, 1});
  b.invocations.nodes[{module, key}] = node;
  b.add_edge({.from = node,
              .to = b.graph.module_nodes[module],
              .span = Span{file, 1, 1, 1},
              .kind = EdgeKind::kImports});
  for (const NamedCommand& command : run) {
    const NodeId to = b.graph.node_of_function(command.function);
    b.add_edge({.from = node, .to = to, .span = command.span, .kind = EdgeKind::kRefers},
               {fmt::format("runs the command {}", b.graph.label(to)), "", {}});
  }
  return node;
}

}  // namespace mlgrade
