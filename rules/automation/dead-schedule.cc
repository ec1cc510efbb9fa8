// Schedules and triggers that are written down and never come: suspended, paused, or filtered to nothing.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

bool by_hand(const Trigger& trigger) {
  return trigger.kind == TriggerKind::kManual || trigger.kind == TriggerKind::kHook ||
         trigger.kind == TriggerKind::kCalled;
}

// A flow that nothing starts is written in no schedule; one whose schedule nothing loads is.
bool is_unstarted_flow(const RuleInput& in, const AutomationFile& file, const Trigger& trigger) {
  return trigger.kind == TriggerKind::kEvent && in.facts.module_of(file.file) != nullptr &&
         !trigger.detail.starts_with("schedule ");
}

// Its own definition or an overlay turns the schedule off: the unit is left to a person.
bool is_suspended(const Unit& unit) {
  return unit.manual && (unit.condition.starts_with("suspend: true") ||
                         unit.condition.starts_with("the schedule is turned off"));
}

const Edge* start_of(const RuleInput& in, NodeId trigger) {
  for (uint32_t e : in.graph.out[trigger]) {
    if (in.graph.edges[e].kind == EdgeKind::kStarts) return &in.graph.edges[e];
  }
  return nullptr;
}

// Another trigger of the same unit comes: what is filtered here runs all the same.
bool runs_otherwise(const RuleInput& in, NodeId unit) {
  return in.graph.reached_by(unit) == Reach::By::kAutomatic;
}

void add(const RuleInput& in, const Trigger& trigger, const std::string& why, bool otherwise, RuleOutput& out,
         uint32_t f) {
  const AutomationFile& file = in.facts.automation[f];
  const std::string_view unit = title_of(file.units[trigger.unit]);
  Finding finding;
  finding.severity = otherwise ? Severity::kLow : Severity::kMedium;
  finding.confidence = Confidence::kHigh;
  const bool schedule = trigger.kind == TriggerKind::kSchedule;
  const bool other_branch = !trigger.branches.empty() &&
                            why.find("the default branch") != std::string::npos &&
                            why.find("matches no branch") == std::string::npos;
  if (other_branch) {  // it comes for branches that the repository does not show
    finding.severity = Severity::kLow;
    finding.confidence = Confidence::kMedium;
  }
  finding.message = fmt::format("`{}` {} ({}): {}", unit.empty() ? in.facts.path(file.file) : unit,
                                schedule       ? "is never started by its schedule"
                                : other_branch ? "is not started for the default branch"
                                               : "is never started",
                                trigger.detail, why);
  finding.places = {{trigger.span, why}};
  out.findings.push_back(std::move(finding));
}

void add_suspended(const RuleInput& in, uint32_t f, RuleOutput& out) {
  const AutomationFile& file = in.facts.automation[f];
  for (uint32_t u = 0; u < file.units.size(); ++u) {
    const Unit& unit = file.units[u];
    if (!is_suspended(unit)) continue;
    Finding finding;
    finding.severity = runs_otherwise(in, in.graph.node_of_unit(f, u)) ? Severity::kLow : Severity::kMedium;
    finding.confidence = Confidence::kHigh;
    finding.message =
        fmt::format("`{}` is never started by its schedule: {}", title_of(unit), unit.condition);
    finding.places = {{unit.condition_span, unit.condition}};
    out.findings.push_back(std::move(finding));
  }
}

void run(const RuleInput& in, RuleOutput& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    add_suspended(in, f, out);
    for (uint32_t t = 0; t < file.triggers.size(); ++t) {
      const Trigger& trigger = file.triggers[t];
      if (by_hand(trigger) || trigger.unit == kNone || is_unstarted_flow(in, file, trigger)) continue;
      const Edge* start = start_of(in, in.graph.trigger_nodes[f][t]);
      const bool otherwise = start != nullptr && runs_otherwise(in, start->to);
      if (trigger.automatic == Truth::kNo) {
        add(in, trigger, trigger.why_not.empty() ? "it is inactive" : trigger.why_not, otherwise, out, f);
      } else if (start != nullptr && start->certain == Truth::kNo) {
        const std::string why = start->note == kNone ? "" : in.graph.notes[start->note].effect_why;
        add(in, trigger, why.empty() ? "it is filtered to nothing" : why, otherwise, out, f);
      }
    }
  }
}

}  // namespace

extern const Rule automation_dead_schedule;
const Rule automation_dead_schedule{
    .kind = RuleKind::kFinding,
    .summary = "A schedule or trigger that never comes",
    .why = "Everybody who reads the file believes that the job runs every night.",
    .fix = "Take the suspension away, name a branch or path that exists, or delete the trigger.",
    .source = "Breck et al. 2017, section VI",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
