// The order of the repository passes: each line may use what the lines above have written.
#include "analyzer/passes/repo_passes.h"

#include "analyzer/passes/pass.h"

namespace mlgrade {

std::span<const RepoPass> repo_passes() {
  // Order: resolve_python, collect_nox, collect_tests, judge_tests, link_monitoring, detect_archetype. Each
  // line is added with its pass.
  static constexpr RepoPass kPasses[] = {
      {"resolve_python", "modules, imports, canonical names, calls across files", passes::resolve_python},
      {"collect_nox", "sessions of noxfile.py and their commands", passes::collect_nox},
      {"confirm_pre_commit_ci", "whether the history shows that pre-commit.ci runs the hooks",
       passes::confirm_pre_commit_ci},
      {"collect_tests", "what pytest and unittest would collect, skips and selections",
       passes::collect_tests},
      {"judge_tests", "what each test asserts and whether that depends on the project", passes::judge_tests},
      {"link_monitoring", "metrics that code defines, rules that a server loads", passes::link_monitoring},
  };
  return kPasses;
}

}  // namespace mlgrade
