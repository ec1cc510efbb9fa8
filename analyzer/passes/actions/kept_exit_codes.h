// Exit codes that a step keeps as its output and a later step acts on.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/facts/automation.h"

namespace mlgrade {

// `echo "code=$?" >> "$GITHUB_OUTPUT"`, then a later step that exits non-zero `if: steps.x.outputs.code !=
// '0'`: the failure is not lost, it fares as that step does. `units`: the units of `steps`, one each.
void apply_kept_exit_codes(const DataNode& steps, const std::vector<uint32_t>& units, AutomationFile& out);

}  // namespace mlgrade
