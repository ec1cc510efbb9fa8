// Asks the graph which commands collect tests or come to a bar, and the catalogue which are checking tools.
#include "rules/support/check_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "rules/support/code.h"
#include "rules/support/command_text.h"
#include "rules/support/model_metrics.h"

namespace mlgrade {
namespace {

bool is_check_tool(const FactStore& facts, const Use& use) {
  static constexpr std::array<std::string_view, 9> kChecks = {
      "validates-data", "evaluates-llm", "checks-contract", "checks-freshness",  "lints",
      "checks-types",   "scans-secrets", "load-tests",      "scans-dependencies"};
  const bool step = use.kind == Use::Kind::kCommand || use.kind == Use::Kind::kAction;
  if (use.kind == Use::Kind::kAction) {  // hands on what another step has found
    const AutomationFile& file = facts.automation[use.automation];
    if (file.actions[use.index].action.view().find("upload") != std::string_view::npos) return false;
  }
  return step && use.ability->fails == Fails::kExits &&
         std::find(kChecks.begin(), kChecks.end(), use.capability.view()) != kChecks.end();
}

// Functions of the product with a bar on a measure that can turn a model away.
std::vector<NodeId> gates_of(const RuleInput& in) {
  const QualityCalls quality(in);
  std::vector<NodeId> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    std::vector<bool> decides(module.functions.size() + 1);
    for (const PyCondition& condition : module.conditions) {
      if (!condition.comparisons.empty())
        decides[condition.function == kNone ? 0 : condition.function + 1] = true;
    }
    for (uint32_t f = 0; f < decides.size(); ++f) {
      if (!decides[f]) continue;
      const uint32_t function = f == 0 ? kNone : f - 1;
      for (const QualityBar& bar : quality_bars(in, quality, m, function)) {
        if (!bar.fails || bar.vacuous) continue;
        const NodeId node = in.graph.node_of_block(m, module.conditions[bar.condition].block);
        if (node != kNone) out.push_back(node);
      }
    }
  }
  return out;
}

bool collects_tests(const RuleInput& in, NodeId command) {
  return std::any_of(in.graph.out[command].begin(), in.graph.out[command].end(), [&](uint32_t e) {
    const Edge& edge = in.graph.edges[e];
    return edge.kind == EdgeKind::kCollects && edge.certain != Truth::kNo;
  });
}

// Does the command run a gate directly: a program of the repository, not tests or a deployment around it?
bool runs_gate(const RuleInput& in, NodeId command, const std::vector<bool>& to_gate) {
  return std::any_of(in.graph.out[command].begin(), in.graph.out[command].end(), [&](uint32_t e) {
    const Edge& edge = in.graph.edges[e];
    const NodeKind kind = in.graph.nodes[edge.to].kind;
    const bool code = kind == NodeKind::kMain || kind == NodeKind::kFunction || kind == NodeKind::kModule;
    return code && edge.certain != Truth::kNo && to_gate[edge.to];
  });
}

struct CheckSteps {
  explicit CheckSteps(const RuleInput& in);
  std::vector<CheckStep> found;  // in the order of places
};

}  // namespace

CheckSteps::CheckSteps(const RuleInput& in) {
  std::map<NodeId, CheckStep> steps;
  const std::vector<bool> to_gate = in.graph.reaching(gates_of(in));
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const NodeId node = in.graph.node_of_command(f, c);
      const bool tests = collects_tests(in, node);
      if (!tests && !runs_gate(in, node, to_gate)) continue;
      const Command& command = file.commands[c];
      steps[node] = {tests ? CheckStep::Kind::kTests : CheckStep::Kind::kGate,
                     node,
                     f,
                     command.unit,
                     command.span,
                     quoted_command(command)};
    }
  }
  for (const Use& use : in.uses) {
    if (!is_check_tool(in.facts, use) || is_sample(in.facts, use.file)) continue;
    const NodeId node = node_of(in, use);
    if (node == kNone || steps.contains(node)) continue;
    const AutomationFile& file = in.facts.automation[use.automation];
    const bool command = use.kind == Use::Kind::kCommand;
    const uint32_t unit = command ? file.commands[use.index].unit : file.actions[use.index].unit;
    steps[node] = {CheckStep::Kind::kTool,
                   node,
                   use.automation,
                   unit,
                   use.span,
                   command ? quoted_command(file.commands[use.index])
                           : fmt::format("`{}`", file.actions[use.index].action.view()),
                   use.tool,
                   use.capability};
  }
  for (auto& [node, step] : steps) found.push_back(std::move(step));
  std::stable_sort(found.begin(), found.end(),
                   [](const CheckStep& a, const CheckStep& b) { return a.span < b.span; });
}

const std::vector<CheckStep>& check_steps(const RuleInput& in) { return shared<CheckSteps>(in).found; }

bool is_ci(const AutomationFile& file) {
  return std::any_of(file.units.begin(), file.units.end(), [](const Unit& unit) {
    return unit.kind == UnitKind::kWorkflow || unit.kind == UnitKind::kJob;
  });
}

uint32_t job_of(const AutomationFile& file, uint32_t unit) {
  uint32_t job = unit;
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    if (file.units[at].kind != UnitKind::kWorkflow) job = at;
  }
  return job;
}

std::string_view title_of(const Unit& unit) {
  return unit.title.empty() ? unit.name.view() : unit.title.view();
}

std::string quoted_command(const Command& command) {
  constexpr size_t kWidth = 60;
  std::string text = words_as_text(command);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kWidth) text = text.substr(0, kWidth) + "...";
  return "`" + text + "`";
}

std::string counted(size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& names, size_t most) {
  std::string out;
  for (size_t i = 0; i < names.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) out += fmt::format(" and {} more", names.size() - most);
  return out;
}

}  // namespace mlgrade
