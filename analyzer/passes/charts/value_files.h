// Files of values that a chart is given where it is installed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::charts {

// Paths, in the order in which they are given, that all that installs the chart of this folder have in
// common: commands of helm and Applications of Argo CD. Empty if nothing does.
std::vector<std::string> common_value_files(const FactStore& facts, std::string_view folder);

}  // namespace mlgrade::charts
