// The folders that PYTHONPATH names, wherever it is set.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

// Folders of the repository for which `holds` is true, each once, in the order of places: from workflows and
// other configuration, images, and commands. Of a path in a container or a workspace ("/drone/src/lab") the
// longest end that is a folder counts, seen from the file that sets it and then from the top.
std::vector<std::string> python_path_folders(const FactStore& facts,
                                             const std::function<bool(std::string_view)>& holds);

}  // namespace mlgrade::passes
