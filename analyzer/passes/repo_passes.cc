// The order of the repository passes: each line may use what the lines above have written.
#include "analyzer/passes/repo_passes.h"

#include "analyzer/passes/pass.h"

namespace mlgrade {

std::span<const RepoPass> repo_passes() {
  static constexpr RepoPass kPasses[] = {
      {"render_charts", "what Helm charts become with their default values", passes::render_charts},
      {"apply_overlays", "cron objects that all overlays suspend", passes::apply_overlays},
      {"pass_inputs", "commands of the repository's own actions with the inputs of their callers",
       passes::pass_inputs},
      {"resolve_python", "modules, imports, canonical names, calls across files", passes::resolve_python},
      {"collect_nox", "sessions of noxfile.py and their commands", passes::collect_nox},
      {"collect_invoke", "tasks of invoke and their commands", passes::collect_invoke},
      {"confirm_pre_commit_ci", "whether the history shows that pre-commit.ci runs the hooks",
       passes::confirm_pre_commit_ci},
      {"judge_conditions", "conditions that are constant or ask for CI, and what never runs behind them",
       passes::judge_conditions},
      {"collect_tests", "what pytest and unittest would collect, skips and selections",
       passes::collect_tests},
      {"judge_tests", "what each test asserts and whether that depends on the project", passes::judge_tests},
      {"collect_orchestrators", "flows, tasks and schedules that Python code defines",
       passes::collect_orchestrators},
      {"link_monitoring", "metrics that code defines, rules that a server loads", passes::link_monitoring},
      {"count_code", "how much of the code is in languages that are not analysed", passes::count_code},
  };
  return kPasses;
}

}  // namespace mlgrade
