// Finds the targets that a command asks a runner for.
#include "analyzer/graph/runner_request.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlgrade {
std::string folder_of_run(const Linking& l) { return l.cwd == "?" ? "" : l.cwd; }

std::vector<const Word*> behind(const Linking& l, std::initializer_list<std::string_view> verbs,
                                const std::vector<std::string_view>& with_value) {
  std::vector<const Word*> words = positionals(l.line, with_value);
  if (words.size() < verbs.size()) return {};
  size_t at = 0;
  for (std::string_view verb : verbs) {
    if (words[at++]->text != verb) return {};
  }
  words.erase(words.begin(), words.begin() + static_cast<long>(verbs.size()));
  return words;
}

bool has_verbs(const Linking& l, std::initializer_list<std::string_view> verbs) {
  const std::vector<const Word*> words = positionals(l.line, {});
  return words.size() >= verbs.size() &&
         std::equal(verbs.begin(), verbs.end(), words.begin(),
                    [](std::string_view verb, const Word* word) { return word->text == verb; });
}

std::vector<uint32_t> files_near(const Linking& l, UnitKind kind, std::string_view system,
                                 std::string_view folder) {
  return l.b.units.files_near(kind, system, folder);
}

std::vector<NodeId> named_units(const Linking& l, const std::vector<uint32_t>& files, UnitKind kind,
                                std::string_view system, std::string_view name) {
  std::vector<NodeId> found;
  const auto look = [&](uint32_t f) {
    for (NodeId node : l.b.units.named_in(f, kind, name)) {
      const Node& unit = l.b.graph.nodes[node];
      if (l.b.facts.automation[unit.owner].units[unit.index].system == system) found.push_back(node);
    }
  };
  for (uint32_t f : files) {
    look(f);
    for (Name path : l.b.facts.automation[f].includes) {
      for (uint32_t other : l.b.units.files_at(path.view())) look(other);
    }
  }
  return found;
}

void run_request(Linking& l, const Request& request, const std::vector<const Word*>& names) {
  const std::vector<uint32_t> files = files_near(l, request.kind, request.system, request.folder);
  const Truth certain = request.folder == "?" && files.size() > 1 ? Truth::kUnknown : Truth::kYes;
  for (const Word* word : names) {
    const std::vector<NodeId> found = named_units(l, files, request.kind, request.system, word->text);
    for (NodeId node : found) l.run(node, certain);
    const bool first = word == names.front();
    if (found.empty() && first && names_path(*word) && !files.empty()) {
      l.dangle(fmt::format("{} {}", request.what, word->text));
    }
    if (request.rest_is_args) return;
  }
}

std::string folder_option(const Linking& l, std::string_view short_name, std::string_view long_name) {
  Word scratch;
  const Word* folder = option_value(l.line, short_name, long_name, scratch);
  return folder == nullptr ? l.cwd : repository_path(*folder, folder_of_run(l));
}

}  // namespace mlgrade
