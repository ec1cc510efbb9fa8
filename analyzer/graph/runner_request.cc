// Finds the targets that a command asks a runner for.
#include "analyzer/graph/runner_request.h"

#include <fmt/format.h>

#include <algorithm>

namespace mlgrade {
namespace {

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

// The tasks of invoke may lie in a folder of that name: they are run from above it.
std::string_view home_of_file(const Linking& l, uint32_t f) {
  const AutomationFile& file = l.b.facts.automation[f];
  const std::string_view folder = folder_of(l.b.facts.path(file.file));
  const bool package = file.system == "invoke" && (folder == "tasks" || folder.ends_with("/tasks"));
  return package ? folder_of(folder) : folder;
}

bool has_units(const AutomationFile& file, UnitKind kind, std::string_view system) {
  return std::any_of(file.units.begin(), file.units.end(),
                     [&](const Unit& unit) { return unit.kind == kind && unit.system == system; });
}

}  // namespace

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
  std::vector<uint32_t> found;
  size_t depth = 0;
  for (uint32_t f = 0; f < l.b.facts.automation.size(); ++f) {
    const AutomationFile& file = l.b.facts.automation[f];
    const bool includes = file.system == system && !file.includes.empty();
    if (!includes && !has_units(file, kind, system)) continue;
    const std::string_view home = home_of_file(l, f);
    const bool above =
        home.empty() || folder == home ||
        (folder.starts_with(home) && folder.size() > home.size() && folder[home.size()] == '/');
    if (folder != "?" && !above) continue;
    if (folder != "?" && home.size() + 1 < depth) continue;
    if (folder != "?" && home.size() + 1 > depth) found.clear();
    depth = home.size() + 1;
    found.push_back(f);
  }
  return found;
}

std::vector<NodeId> named_units(const Linking& l, const std::vector<uint32_t>& files, UnitKind kind,
                                std::string_view system, std::string_view name) {
  std::vector<NodeId> found;
  const auto look = [&](uint32_t f) {
    const AutomationFile& file = l.b.facts.automation[f];
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const Unit& unit = file.units[u];
      if (unit.kind == kind && unit.system == system && unit.name == name) {
        found.push_back(l.b.graph.unit_nodes[f][u]);
      }
    }
  };
  for (uint32_t f : files) {
    look(f);
    for (Name path : l.b.facts.automation[f].includes) {
      for (uint32_t other = 0; other < l.b.facts.automation.size(); ++other) {
        if (l.b.facts.path(l.b.facts.automation[other].file) == path.view()) look(other);
      }
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
