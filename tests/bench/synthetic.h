// Repositories made up for measurements, of any size.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mlgrade::bench {

using TextFiles = std::vector<std::pair<std::string, std::string>>;

// `parts` projects under one roof: each a package of modules that import and call one another and those of
// the project before it, tests of them, targets in the one Makefile, and a workflow that makes the targets.
TextFiles synthetic_repository(int parts);

// Deployments with their services and settings, a manifest each.
TextFiles synthetic_manifests(int count);

}  // namespace mlgrade::bench
