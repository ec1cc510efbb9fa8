// Commands that run the experiments of the Chaos Toolkit.
#pragma once

#include "analyzer/engine/rule.h"

namespace mlgrade {

// The command that runs the experiment of a file: `chaos run chaos/kill-one.json`. kNone if there is none.
NodeId chaos_run_of(const RuleInput& in, FileId file);

}  // namespace mlgrade
