// A deployment that starts together with the checks meant to hold it back, and does not wait for them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/engine/rule.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

struct Deployment {
  NodeId node = kNone;
  uint32_t file = kNone;
  uint32_t unit = kNone;
  Span span;
};

// An image that is built to be looked at is pushed nowhere.
bool pushes(const ActionUse& action) {
  return std::any_of(action.with.begin(), action.with.end(),
                     [](const auto& input) { return input.first == "push" && input.second.text != "false"; });
}

std::vector<Deployment> deployments(const RuleInput& in) {
  std::vector<Deployment> out;
  for (const Use& use : in.uses) {
    const bool image = use.capability == "publishes-image";
    if (!image && use.capability != "deploys" && use.capability != "applies-infrastructure") continue;
    if (is_sample(in.facts, use.file) || use.automation == kNone) continue;
    const AutomationFile& file = in.facts.automation[use.automation];
    if (!is_ci(file)) continue;
    if (use.kind == Use::Kind::kCommand) {
      out.push_back({node_of(in, use), use.automation, file.commands[use.index].unit, use.span});
    } else if (use.kind == Use::Kind::kAction && (!image || pushes(file.actions[use.index]))) {
      out.push_back({node_of(in, use), use.automation, file.actions[use.index].unit, use.span});
    }
  }
  return out;
}

// The checks that a deployment of a model should wait for. A lost failure is a finding of its own.
std::vector<CheckStep> gates(const RuleInput& in) {
  std::vector<CheckStep> out;
  for (const CheckStep& step : check_steps(in)) {
    if (step.kind == CheckStep::Kind::kTool || !is_ci(in.facts.automation[step.file])) continue;
    if (in.graph.reached_by(step.node) != Reach::By::kAutomatic) continue;
    if (in.graph.reach(step.node).effect == Effect::kBlocking) out.push_back(step);
  }
  return out;
}

// Both start by the same event: two jobs of one workflow.
NodeId trigger_of(const RuleInput& in, NodeId node) {
  const Reach reach = in.graph.reach(node);
  return reach.nodes.empty() ? kNone : reach.nodes.front();
}

void run(const RuleInput& in, RuleOutput& out) {
  const std::vector<CheckStep> checks = gates(in);
  if (checks.empty()) return;
  std::map<std::pair<uint32_t, uint32_t>, Finding> by_job;
  for (const Deployment& deployment : deployments(in)) {
    if (in.graph.reached_by(deployment.node) != Reach::By::kAutomatic || deployment.unit == kNone) continue;
    const NodeId trigger = trigger_of(in, deployment.node);
    const CheckStep* beside = nullptr;
    bool held = false;
    for (const CheckStep& check : checks) {
      held |= in.graph.gates(check.node, deployment.node);
      const bool same = check.file == deployment.file && trigger_of(in, check.node) == trigger;
      if (same && beside == nullptr) beside = &check;
    }
    if (held || beside == nullptr) continue;
    const AutomationFile& file = in.facts.automation[deployment.file];
    const uint32_t job = job_of(file, deployment.unit);
    const uint32_t other = job_of(file, beside->unit);
    if (job == kNone || other == kNone) continue;
    Finding& finding = by_job[{deployment.file, job}];
    if (!finding.places.empty()) continue;
    finding.severity = Severity::kHigh;
    finding.confidence = Confidence::kHigh;
    finding.message =
        job == other
            ? fmt::format("`{}` deploys before {} has spoken", title_of(file.units[job]), beside->name)
            : fmt::format("`{}` deploys without waiting for `{}`, which runs {}", title_of(file.units[job]),
                          title_of(file.units[other]), beside->name);
    finding.places = {{deployment.span, "deploys"}, {beside->span, "the check that it should wait for"}};
  }
  for (auto& [key, finding] : by_job) out.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule automation_gate_beside_deploy;
const Rule automation_gate_beside_deploy{
    .kind = RuleKind::kFinding,
    .summary = "A deployment runs beside the check that should hold it back",
    .why = "When the check fails, what it judged has been serving for minutes.",
    .fix = "Let the deploying job need the checking one, and do not let it run whatever became of that.",
    .source = "Breck et al. 2017, table III, Infra 4",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
