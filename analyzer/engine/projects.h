// Several ML systems in one repository: which there are, and which files are whose (rubric, ownership of
// evidence). Each file belongs to the innermost project around it; what lies in none (CI, shared documents,
// shared libraries) belongs to all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/catalogue.h"
#include "analyzer/graph/graph.h"

namespace mlgrade {

struct Project {
  std::string root;     // folder; "" is the top, when it holds a system of its own beside the others
  Span shown_by;        // the code or manifest that shows it
  std::string why;      // for a person
  bool trains = false;  // a model of its own; false: it serves a hosted one
};

// Sorted by root; empty unless there are at least two. A folder is a project when it has a manifest or
// pipeline definition of its own, code below it that trains a model (or a served application around a hosted
// one), and something to start. Parts of one system are none: a folder named for a stage belongs to the one
// around it, and what another one imports or one pipeline definition runs together is not told apart.
std::vector<Project> find_projects(const FactStore& facts, const Graph& graph, const std::vector<Use>& uses);

// By file: does it belong to another project than the one of `root`? Its evidence then does not count. A root
// that is no project is taken for one: the code beside it is another's, unless it imports it.
std::vector<bool> files_of_others(const FactStore& facts, const std::vector<Project>& projects,
                                  std::string_view root);

}  // namespace mlgrade
