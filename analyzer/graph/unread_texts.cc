// A text names what it starts: a file, a module, a test runner, a target.
#include "analyzer/graph/unread_texts.h"

#include <fmt/format.h>

#include <cctype>

namespace mlgrade {
namespace {

// Names by which a text of another language would start the node or what leads to it.
void add_names(const Graph& g, NodeId id, std::vector<std::string>& names) {
  const FactStore& facts = *g.facts;
  const Node& node = g.nodes[id];
  const auto file_name = [&](FileId file) {
    const std::string_view path = facts.path(file);
    names.emplace_back(path.substr(path.rfind('/') + 1));
  };
  switch (node.kind) {
    case NodeKind::kTest:
      for (const char* runner : {"pytest", "unittest", "tox", "nox"}) names.emplace_back(runner);
      file_name(facts.python[facts.tests[node.owner].function.module].file);
      break;
    case NodeKind::kModule:
    case NodeKind::kMain:
    case NodeKind::kFunction:
      file_name(facts.python[node.owner].file);
      names.push_back(facts.python[node.owner].name.str());
      break;
    case NodeKind::kFile:
      file_name(FileId{node.owner});
      break;
    case NodeKind::kUnit: {
      const Unit& unit = facts.automation[node.owner].units[node.index];
      if (unit.kind == UnitKind::kScript) file_name(facts.automation[node.owner].file);
      if (unit.kind == UnitKind::kTarget) names.push_back(unit.system.str() + " " + unit.name.str());
      break;
    }
    default:
      break;
  }
}

// The first of the names that stands in the text as a word; null if there is none.
const std::string* named_in(const std::string& text, const std::vector<std::string>& names) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (const std::string& name : names) {
    for (size_t at = name.empty() ? text.npos : text.find(name); at != text.npos;
         at = text.find(name, at + 1)) {
      const size_t end = at + name.size();
      if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return &name;
    }
  }
  return nullptr;
}

}  // namespace

void find_unread(const Graph& g, NodeId node, Reach& reach) {
  const FactStore& facts = *g.facts;
  std::vector<std::string> names;
  add_names(g, node, names);
  for (NodeId leading : reach.nodes) add_names(g, leading, names);
  for (uint32_t f = 0; f < facts.automation.size(); ++f) {
    if (facts.file(facts.automation[f].file).sample) continue;
    for (const UnreadText& text : facts.automation[f].unread) {
      // A file that does not parse as a whole may have any trigger.
      const NodeId unit = g.node_of_unit(f, text.unit);
      if (text.unit != kNone && (unit == kNone || g.steps[unit].cost == ~0ull)) continue;
      const std::string* name = named_in(text.text, names);
      if (name == nullptr) continue;
      reach.unread = fmt::format("this names {}, but is {}", *name, text.why);
      reach.unread_at = text.span;
      return;
    }
  }
}

}  // namespace mlgrade
