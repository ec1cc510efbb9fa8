// Workflows of other repositories and actions whose inputs speak of tests: what they run cannot be read here.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/graph/builder.h"

namespace mlgrade {
namespace {

bool is_workflow(const ActionUse& use) {
  return use.action.view().find("/.github/workflows/") != std::string_view::npos;
}

// An action that is known by its name or by what it is given to run pytest, with no command to read.
bool runs_tests(const ActionUse& use) {
  const std::string_view action = use.action.view();
  for (std::string_view word : {"comment", "report", "result", "publish", "badge"}) {
    if (action.find(word) != std::string_view::npos) return false;  // shows what tests have said
  }
  bool speaks = action.find("pytest") != std::string_view::npos;
  for (const auto& [key, value] : use.with) {
    if (key == "run" || key == "command" || key == "commands" || key == "script") return false;
    speaks |= key.find("pytest") != std::string::npos || value.text.find("pytest") != std::string::npos;
  }
  return speaks;
}

std::string name_of(const ActionUse& use) {
  return use.version.empty() ? use.action.str() : fmt::format("{}@{}", use.action.view(), use.version.view());
}

std::string unread(const ActionUse& use) {
  return fmt::format("what {} does is not in this repository", name_of(use));
}

// A folder or file that an input about tests names.
std::string_view named_folder(const std::pair<std::string, Word>& input) {
  if (input.first.find("test") == std::string::npos || !input.second.literal) return {};
  std::string_view path = input.second.text;
  while (path.starts_with("./")) path.remove_prefix(2);
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

bool lies_in(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

// `with: {tests_folder: tests}`: the tests are meant to be run; whether they are, the other repository
// decides.
void link_outside_tests(GraphBuilder& b) {
  for (uint32_t f = 0; f < b.facts.automation.size(); ++f) {
    const AutomationFile& file = b.facts.automation[f];
    if (file.file != FileId::kNone && b.facts.file(file.file).sample) continue;
    for (const ActionUse& use : file.actions) {
      if (use.unit == kNone || !(is_workflow(use) || runs_tests(use))) continue;
      for (const auto& input : use.with) {
        const std::string_view folder = named_folder(input);
        if (folder.empty()) continue;
        for (uint32_t t = 0; t < b.facts.tests.size(); ++t) {
          const TestCase& test = b.facts.tests[t];
          if (!test.function.valid() || test.collected == Truth::kNo || test.skipped == Truth::kYes) continue;
          if (!lies_in(b.facts.path(b.facts.python[test.function.module].file), folder)) continue;
          b.add_edge({.from = b.graph.unit_nodes[f][use.unit],
                      .to = b.graph.test_nodes[t],
                      .span = use.span,
                      .kind = EdgeKind::kCollects,
                      .certain = Truth::kUnknown},
                     {fmt::format("hands {} to {}", folder, name_of(use)), unread(use), use.span});
        }
      }
    }
  }
}

void find_unread_runners(Graph& graph) {
  const FactStore& facts = *graph.facts;
  for (uint32_t f = 0; f < facts.automation.size(); ++f) {
    for (const ActionUse& use : facts.automation[f].actions) {
      if (use.unit == kNone || !(is_workflow(use) || runs_tests(use))) continue;
      if (graph.reached_by(graph.node_of_unit(f, use.unit)) != Reach::By::kAutomatic) continue;
      graph.unread_runners.push_back({use.span, unread(use)});
    }
  }
}

}  // namespace mlgrade
