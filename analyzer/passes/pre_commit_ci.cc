// Commits of pre-commit.ci's bot show that the service runs the hooks of this repository, unless the last of
// them is long ago: it comes at least every quarter of a year.
#include <algorithm>

#include "analyzer/passes/automation_writer.h"
#include "analyzer/passes/repo_passes.h"

namespace mlgrade::passes {
namespace {

constexpr int kMonthsValid = 12;

void confirm(AutomationFile& file, const BotCommit& commit) {
  const auto unit = std::find_if(file.units.begin(), file.units.end(),
                                 [](const Unit& each) { return each.name == "pre-commit.ci"; });
  if (unit == file.units.end()) return;
  if (file.triggers.empty()) {
    add_trigger(file, static_cast<uint32_t>(unit - file.units.begin()), TriggerKind::kPullRequest,
                "on pull request (pre-commit.ci)", unit->span.line);
  }
  for (Trigger& trigger : file.triggers) {
    trigger.automatic = Truth::kYes;
    trigger.why_not.clear();
    trigger.detail += ", seen in commit " + commit.commit;
  }
}

}  // namespace

void confirm_pre_commit_ci(FactStore& facts) {
  const std::vector<BotCommit>& commits = facts.history.bot_commits;  // newest first
  const auto found = std::find_if(commits.begin(), commits.end(),
                                  [](const BotCommit& commit) { return commit.bot == "pre-commit-ci[bot]"; });
  if (found == commits.end()) return;
  const std::optional<Date>& head = facts.history.head_date;
  if (head && found->date < months_before(*head, kMonthsValid)) return;
  for (AutomationFile& file : facts.automation) {
    if (file.system == "pre-commit") confirm(file, *found);
  }
}

}  // namespace mlgrade::passes
