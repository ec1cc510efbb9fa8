// Errors in data, training, upload or deployment code that nobody hears of.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/code_findings.h"
#include "rules/support/flow.h"

namespace mlgrade::rules {
namespace {

constexpr std::array<std::string_view, 8> kMatters = {"reads-data",  "writes-data",     "trains-model",
                                                      "saves-model", "registers-model", "loads-model",
                                                      "deploys",     "requests-http"};

bool matters(const Use& use) {
  return std::find(kMatters.begin(), kMatters.end(), use.capability.view()) != kMatters.end();
}

// It neither raises, tells, counts, nor puts something in the place of what failed.
bool swallows(const PythonModule& module, uint32_t b) {
  const PyBlock& block = module.blocks[b];
  if (!block.broad || block.reraises || block.raises) return false;
  for (const PyCall& call : module.calls) {
    if (block_inside(module, call.block, b)) return false;
  }
  for (const PyBinding& binding : module.bindings) {
    if (block_inside(module, binding.block, b) && binding.kind != PyBinding::Kind::kExcept) return false;
  }
  return std::none_of(module.jumps.begin(), module.jumps.end(), [&](const PyJump& jump) {
    const bool nothing =
        jump.value.kind == PyValue::Kind::kNone ||
        (jump.value.kind == PyValue::Kind::kOther && jump.reads.empty() && jump.calls.empty());
    return block_inside(module, jump.block, b) && !nothing;
  });
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  for (const Use& use : in.uses) {
    if (use.kind != Use::Kind::kCall || use.call == kNone || !use.function.valid() || !matters(use)) continue;
    const PythonModule& module = in.facts.python[use.function.module];
    if (!is_looked_at(in, module, false)) continue;
    for (uint32_t b = 0; b < module.blocks.size(); ++b) {
      const PyBlock& block = module.blocks[b];
      if (block.kind != PyBlock::Kind::kExcept || block.try_block == kNone || !swallows(module, b)) continue;
      if (!block_inside(module, module.calls[use.call].block, block.try_block)) continue;
      hits.push_back({block.span, fmt::format("any failure of {} passes without a word", name_of(in, use))});
    }
  }
  report_by_file(std::move(hits), Severity::kHigh, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_swallowed_error;
const Rule data_swallowed_error{
    .kind = RuleKind::kFinding,
    .summary = "An error of reading, training, uploading or deploying is swallowed",
    .why = "The job ends green, and the old model or the empty table serves on.",
    .fix = "Catch what is expected, log and count it, and let the rest go on.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes)",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
