// An agent that goes on for as long as the model wants.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

// `while True:`, which nothing counts.
uint32_t endless_loop(const PythonModule& module, uint32_t block) {
  for (; block != kNone && block < module.blocks.size(); block = module.blocks[block].parent) {
    const PyBlock& b = module.blocks[block];
    if (b.kind != PyBlock::Kind::kLoop || b.condition == kNone) continue;
    const PyCondition& condition = module.conditions[b.condition];
    const bool always = condition.kind == PyCondition::Kind::kWhile && condition.comparisons.empty() &&
                        ((condition.value.kind == PyValue::Kind::kBool && condition.value.text == "True") ||
                         (condition.value.kind == PyValue::Kind::kNumber && condition.value.number != 0));
    if (always) return block;
  }
  return kNone;
}

bool reads_tools(const PythonModule& module, uint32_t function) {
  const auto about = [](std::string_view name) {
    return name.find("tool_calls") != std::string_view::npos ||
           name.find("tool_use") != std::string_view::npos ||
           name.find("function_call") != std::string_view::npos ||
           name.find("stop_reason") != std::string_view::npos;
  };
  for (const PyCondition& condition : module.conditions) {
    if (condition.function != function) continue;
    for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
      if (about(module.names[r].view())) return true;
    }
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      if (about(module.comparisons[c].right.text.view()) || about(module.comparisons[c].left.text.view()))
        return true;
    }
  }
  return false;
}

// Something inside counts steps or time, or waits for a person.
bool is_bounded(const PythonModule& module, uint32_t loop) {
  for (const PyCondition& condition : module.conditions) {
    if (!block_inside(module, condition.block, loop)) continue;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison::Op op = module.comparisons[c].op;
      if (op == PyComparison::Op::kLess || op == PyComparison::Op::kLessEqual ||
          op == PyComparison::Op::kGreater || op == PyComparison::Op::kGreaterEqual)
        return true;
    }
  }
  return std::any_of(module.calls.begin(), module.calls.end(), [&](const PyCall& call) {
    return block_inside(module, call.block, loop) &&
           has_word(call.method.view(),
                    {"input", "receive", "recv", "readline", "prompt", "ask", "get", "next", "sleep"});
  });
}

void run(const RuleInput& in, RuleOutput& out) {
  for (const LlmCall& one : answering_calls(in)) {
    const PythonModule& module = in.facts.python[one.module];
    const PyCall& call = module.calls[one.call];
    const uint32_t loop = endless_loop(module, call.block);
    if (loop == kNone || !reads_tools(module, call.function) || is_bounded(module, loop)) continue;
    Finding finding;
    finding.severity = Severity::kHigh;
    finding.confidence = Confidence::kMedium;
    finding.message = "an agent calls tools in a loop that only the model ends";
    finding.places.push_back({module.blocks[loop].span, "the loop"});
    finding.places.push_back({call.span, "asks the model again"});
    out.findings.push_back(std::move(finding));
  }
  for (const LlmSetting& setting :
       llm_settings(in, {"max_iterations", "max_turns", "recursion_limit", "max_steps"})) {
    const bool endless = setting.value.kind == PyValue::Kind::kNumber && setting.value.number >= 1000;
    if (!endless) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.message = fmt::format("`{}` lets the agent take {} steps", setting.name.view(),
                                  static_cast<long long>(setting.value.number));
    finding.places.push_back({setting.span, "no bound in practice"});
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule llm_unbounded_tool_loop;
const Rule llm_unbounded_tool_loop{
    .kind = RuleKind::kFinding,
    .summary = "An agent goes on for as long as the model wants",
    .why =
        "A model that is unhappy with a tool's answer asks again, all night, at the price of each question.",
    .fix = "Count the steps and stop with an answer for people after a number of them.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (safeguards), for agents",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
