// Parameters and conditions of CircleCI configurations.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "analyzer/base/data_tree.h"
#include "analyzer/passes/ci_support.h"

namespace mlgrade::circle {

using Values = std::map<std::string, std::string, std::less<>>;  // by name, "parameters.x" among them

// The defaults of a `parameters:` declaration, under `prefix` + name. `given` goes before them.
void add_parameters(const DataNode* declared, const DataNode* given, std::string_view prefix, Values& out);

// `node` with `<< name >>` filled in; of what is not known, `${{ name }}` is left, which the shell reader
// takes for a placeholder.
DataNode filled(const DataNode& node, const Values& values, int depth = 0);

// A logic statement of `when:`; `pipeline`: the values of pipeline.parameters. Unfilled text.
EventTruth logic(const DataNode& statement, const Values& pipeline, int depth = 0);

// `filters:` of a job in a workflow.
EventTruth filters(const DataNode* node);

}  // namespace mlgrade::circle
