// How something in a small repository is come to, as one line: "automatic", "manual: why", "nothing: why",
// with "swallowed" or "reporting" where a failure is not blocking and "maybe" where it is not certain.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/graph/graph.h"
#include "analyzer/passes/pass.h"

namespace mlgrade {

class Reached {
 public:
  using Files = std::vector<std::pair<std::string, std::string>>;  // path and text

  explicit Reached(Files files)
      : facts(collect_facts(memory_repo(std::move(files)), 2)), graph(build_graph(facts)) {}

  // The function, or method, of that qualified name; the first of several files.
  NodeId function(std::string_view qualname) const {
    for (uint32_t m = 0; m < facts.python.size(); ++m) {
      for (uint32_t f = 0; f < facts.python[m].functions.size(); ++f) {
        if (facts.python[m].functions[f].qualname == qualname) return graph.node_of_function({m, f});
      }
    }
    ADD_FAILURE() << "no function " << qualname;
    return kNone;
  }

  // The first command whose words, joined by spaces, begin like that.
  NodeId command(std::string_view text) const {
    for (uint32_t f = 0; f < facts.automation.size(); ++f) {
      const AutomationFile& file = facts.automation[f];
      for (uint32_t c = 0; c < file.commands.size(); ++c) {
        std::string words;
        for (const Word& word : file.commands[c].words) words += (words.empty() ? "" : " ") + word.text;
        if (words.starts_with(text)) return graph.node_of_command(f, c);
      }
    }
    ADD_FAILURE() << "no command " << text;
    return kNone;
  }

  // What is said of a node.
  std::string how(NodeId node) const {
    const Reach reach = graph.reach(node);
    std::string text;
    switch (reach.by) {
      case Reach::By::kNothing:
        return "nothing: " + reach.broken;
      case Reach::By::kManual:
        text = "manual";
        break;
      case Reach::By::kAutomatic:
        text = "automatic";
        break;
    }
    if (reach.effect == Effect::kSwallowed) text += " swallowed";
    if (reach.effect == Effect::kReporting) text += " reporting";
    if (reach.certain == Truth::kUnknown) text += " maybe";
    return reach.by == Reach::By::kAutomatic ? text : text + ": " + reach.broken;
  }

  std::string runs(std::string_view qualname) const { return how(function(qualname)); }
  std::string runs_command(std::string_view text) const { return how(command(text)); }
  bool gates(std::string_view first, std::string_view second) const {
    return graph.gates(function(first), function(second));
  }

  FactStore facts;
  Graph graph;
};

// A workflow of GitHub Actions that runs one line on every push.
inline std::pair<std::string, std::string> on_push(const std::string& line) {
  return {".github/workflows/ci.yml",
          "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: " + line + "\n"};
}

}  // namespace mlgrade
