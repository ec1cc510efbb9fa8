// Tries without an end.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/code_findings.h"
#include "rules/support/flow.h"

namespace mlgrade::rules {
namespace {

// `while True`, not an end of its own.
bool is_endless(const PythonModule& module, const PyBlock& block) {
  if (block.kind != PyBlock::Kind::kLoop || block.condition == kNone) return false;
  const PyCondition& condition = module.conditions[block.condition];
  const bool always = condition.holds == Truth::kYes ||
                      (condition.value.kind == PyValue::Kind::kBool && condition.value.text == "True") ||
                      (condition.value.kind == PyValue::Kind::kNumber && condition.value.number != 0);
  return condition.kind == PyCondition::Kind::kWhile && always && !condition.negated;
}

// Something in it leaves the loop when tries run out: an exit, or a condition on a count around a raise.
bool gives_up(const PythonModule& module, uint32_t except) {
  const PyBlock& block = module.blocks[except];
  if (block.raises || block.reraises || block.jumps) return block.raises || block.reraises;
  for (uint32_t b = 0; b < module.blocks.size(); ++b) {
    if (b != except && block_inside(module, b, except) && (module.blocks[b].raises || module.blocks[b].jumps))
      return true;
  }
  return false;
}

// Success leaves the loop: one that goes on after it asks again and again on purpose.
bool leaves_on_success(const PythonModule& module, uint32_t tried) {
  if (module.blocks[tried].jumps) return true;
  return std::any_of(module.jumps.begin(), module.jumps.end(), [&](const PyJump& jump) {
    return jump.kind == PyJump::Kind::kReturn && block_inside(module, jump.block, tried);
  });
}

// A loop without end around a request whose failure only starts it again.
void add_loops(const RuleInput& in, std::vector<Hit>& out) {
  for (const Use* use : product_uses(in, "requests-http")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t b = 0; b < module.blocks.size(); ++b) {
      const PyBlock& block = module.blocks[b];
      if (block.kind != PyBlock::Kind::kExcept || block.try_block == kNone || gives_up(module, b)) continue;
      if (!block_inside(module, call->block, block.try_block) || !leaves_on_success(module, block.try_block))
        continue;
      for (uint32_t l = block.parent; l != kNone && l < module.blocks.size(); l = module.blocks[l].parent) {
        if (!is_endless(module, module.blocks[l])) continue;
        out.push_back(
            {module.blocks[l].span, fmt::format("tries `{}` again without an end", call->callee.view())});
        break;
      }
    }
  }
}

bool has_any(const PythonModule& module, const PyCall& call,
             std::initializer_list<std::string_view> keywords) {
  return has_unpacked(module, call) ||
         std::any_of(keywords.begin(), keywords.end(), [&](std::string_view keyword) {
           const PyArg* arg = argument(module, call, keyword);
           return arg != nullptr && arg->value.kind != PyValue::Kind::kNone;
         });
}

// Decorators that try for ever unless they are given an end.
void add_decorators(const RuleInput& in, std::vector<Hit>& out) {
  for (const PythonModule& module : in.facts.python) {
    if (!is_looked_at(in, module, false)) continue;
    for (const PyFunction& function : module.functions) {
      for (const PyDecorator& decorator : function.decorators) {
        const std::string_view target = decorator.target.view();
        const bool tenacity = target == "tenacity.retry", backoff = target.starts_with("backoff.on_");
        const bool retrying = target == "retrying.retry" || target == "retry.retry";
        if (!tenacity && !backoff && !retrying) continue;
        const bool bounded =
            decorator.call != kNone && has_any(module, module.calls[decorator.call],
                                               {"stop", "max_tries", "max_time", "tries",
                                                "stop_max_attempt_number", "stop_max_delay", "stop_func"});
        const bool first = decorator.call != kNone && tenacity &&
                           !module.calls[decorator.call].args.empty() &&
                           module.args[module.calls[decorator.call].args.begin].keyword.empty();
        if (bounded || first) continue;
        out.push_back({decorator.span, fmt::format("`@{}` tries {} again without an end",
                                                   decorator.name.view(), function.name.view())});
      }
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  add_loops(in, hits);
  add_decorators(in, hits);
  report_by_file(std::move(hits), Severity::kMedium, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_no_retry_limit;
const Rule data_no_retry_limit{
    .kind = RuleKind::kFinding,
    .summary = "A failing call is tried again without an end",
    .why = "A source that is gone for good keeps the pipeline busy, and nobody is told.",
    .fix = "Bound the tries or the time, and raise when they are used up.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes): a source that is no longer "
        "available",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
