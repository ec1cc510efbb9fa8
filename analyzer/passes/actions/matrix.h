// What `${{ matrix.x }}` and `${{ env.x }}` of a GitHub job stand for, where the workflow says it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"

namespace mlgrade {

// One leg of a job: "python" -> "3.12", "config.name" -> "unit".
using MatrixRow = std::map<std::string, std::string>;

// The legs that `strategy: matrix:` writes down, at most kMaxMatrixRows; none for a matrix that is computed.
std::vector<MatrixRow> matrix_rows(const DataNode& job);

// Adds the literal values of `env:` of a workflow, job or step.
void add_environment(const DataNode& holder, std::map<std::string, std::string>& values);

// A text as each leg runs it: expressions over the matrix and the environment replaced, others kept. One text
// where no leg differs but in versions and hosts; at most kMaxVariants.
std::vector<std::string> text_by_leg(std::string_view text, const std::vector<MatrixRow>& rows,
                                     const std::map<std::string, std::string>& environment);

// The values that a label such as "${{ matrix.os }}" takes; none if it is not of that form or not known.
std::vector<std::string> text_by_host(std::string_view label, const std::vector<MatrixRow>& rows);

}  // namespace mlgrade
