// Branches and evaluators of pipelines: what they ask for, and which release they open.
#pragma once

#include "rules/support/abilities.h"
#include "rules/support/model_metrics.h"
#include "rules/support/releases.h"

namespace mlgrade {

struct PipelineBranches {
  const RuleInput& in;
  const QualityCalls& quality;
  const AbilityMap& abilities;
  const Releases& releases;
};

// A branch of an orchestrator: the measure is compared in the call, by the function that it asks, or by the
// step whose output it reads.
bool branches_on_quality(const PipelineBranches& gate, const Use& use);
// What a branch of a pipeline opens: the calls under `with If(...)`, the steps in `if_steps=[...]`, the
// pusher that takes an evaluator's blessing. Null if it opens no release.
const Release* release_opened(const PipelineBranches& gate, const Use& use);
// The branch opens a release, or one of the tasks that its file names makes one.
bool stands_near_release(const PipelineBranches& gate, const Use& use);
// Where a component of TFX is given the verdict of that name: `Pusher(model_blessing=...)`, or a dictionary
// of arguments with such a key. Invalid if none is.
Span takes_blessing(const PythonModule& module, std::string_view name);
// An evaluator of TFX blesses every model if no threshold is set.
bool lacks_threshold(const RuleInput& in, const Use& use);
// Where the step runs that the call describes: with its pipeline, not where the code describes it.
NodeId node_of_step(const RuleInput& in, const Use& use);

}  // namespace mlgrade
