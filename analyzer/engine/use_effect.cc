// What a failing check does inside the code that calls it: raises, is branched on, is caught, or is lost.
#include <algorithm>

#include "analyzer/engine/catalogue.h"
#include "analyzer/facts/bodies.h"

namespace mlgrade {
namespace {

constexpr int kMaxBlocks = 400;

bool contains(IndexRange range, uint32_t index) { return range.begin <= index && index < range.end; }

// The `except` that catches whatever is raised in `block` and lets the program go on; null if none does.
const PyBlock* swallowing_except(const PythonModule& module, uint32_t block) {
  for (int depth = 0; block != kNone && depth < kMaxBlocks; ++depth) {
    const PyBlock& here = module.blocks[block];
    if (here.kind == PyBlock::Kind::kTry) {
      for (const PyBlock& other : module.blocks) {
        const bool catches = other.kind == PyBlock::Kind::kExcept && other.try_block == block && other.broad;
        if (catches && !other.reraises && !other.raises) return &other;
      }
    }
    if (here.kind == PyBlock::Kind::kFunction) return nullptr;
    block = here.parent;
  }
  return nullptr;
}

// `block` runs whenever the branch `outer` does: no other condition and no `except` decides about it.
bool inside(const PythonModule& module, uint32_t block, uint32_t outer) {
  for (int depth = 0; block != kNone && depth < kMaxBlocks; ++depth) {
    if (block == outer) return true;
    const PyBlock& here = module.blocks[block];
    if (here.condition != kNone || here.kind == PyBlock::Kind::kExcept) return false;
    block = here.parent;
  }
  return false;
}

// A branch of the condition ends in a raise or an exit.
bool branch_fails(const PythonModule& module, uint32_t condition) {
  if (module.conditions[condition].kind == PyCondition::Kind::kAssert) return true;
  for (uint32_t b = 0; b < module.blocks.size(); ++b) {
    if (module.blocks[b].condition != condition) continue;
    for (uint32_t inner = b; inner < module.blocks.size(); ++inner) {
      if (module.blocks[inner].raises && inside(module, inner, b)) return true;
    }
  }
  return false;
}

bool reads_name(const PythonModule& module, IndexRange reads, std::string_view name) {
  for (uint32_t i = reads.begin; i < reads.end; ++i) {
    const std::string_view read = module.names[i].view();
    if (read == name || (read.starts_with(name) && read.size() > name.size() && read[name.size()] == '.')) {
      return true;
    }
  }
  return false;
}

enum class Follow { kFails, kDecides, kLeaves, kNothing };  // the farthest that a result gets

Follow follow_name(const PythonModule& module, std::string_view name, uint32_t function, uint32_t from_line) {
  Follow best = Follow::kNothing;
  for (uint32_t c : indices(module.body(function).conditions)) {
    const PyCondition& condition = module.conditions[c];
    if (condition.function != function || condition.span.line < from_line) continue;
    if (!reads_name(module, condition.reads, name)) continue;
    if (branch_fails(module, c)) return Follow::kFails;
    best = std::min(best, Follow::kDecides);
  }
  for (const PyJump& jump : jumps_in(module, function)) {
    if (jump.function != function || jump.span.line < from_line) continue;
    if (reads_name(module, jump.reads, name)) best = std::min(best, Follow::kLeaves);
  }
  for (const PyCall& call : calls_in(module, function)) {  // handed on: sys.exit(result), publish(result)
    if (call.function != function || call.span.line < from_line) continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyValue& value = module.args[a].value;
      if (value.kind != PyValue::Kind::kName) continue;
      const std::string_view text = value.text.view();
      if (text != name && !text.starts_with(std::string(name) + ".")) continue;
      const bool exits = call.target == "sys.exit" || call.callee == "exit";
      if (exits) return Follow::kFails;
      best = std::min(best, Follow::kLeaves);
    }
  }
  return best;
}

Follow follow_result(const PythonModule& module, uint32_t index) {
  const PyCall& call = module.calls[index];
  for (uint32_t c = 0; c < module.conditions.size(); ++c) {
    if (!contains(module.conditions[c].calls, index)) continue;
    return branch_fails(module, c) ? Follow::kFails : Follow::kDecides;
  }
  for (const PyBinding& binding : module.bindings) {
    if (!contains(binding.calls, index)) continue;
    return follow_name(module, binding.target.view(), call.function, binding.span.line);
  }
  if (call.use == PyCall::Use::kDiscarded) return Follow::kNothing;
  return Follow::kLeaves;
}

std::string call_name(const PyCall& call) {
  return "`" + std::string(call.callee.empty() ? call.target.view() : call.callee.view()) + "`";
}

UseEffect returned(const PythonModule& module, uint32_t index) {
  const PyCall& call = module.calls[index];
  switch (follow_result(module, index)) {
    case Follow::kFails:
    case Follow::kLeaves:
      return {};
    case Follow::kDecides:
      return {Effect::kSwallowed, call.span, "no branch on the result of " + call_name(call) + " fails"};
    case Follow::kNothing:
      break;
  }
  return {Effect::kSwallowed, call.span, "the result of " + call_name(call) + " is not looked at"};
}

}  // namespace

UseEffect effect_of_call(const FactStore& facts, uint32_t module_index, uint32_t index, Fails fails) {
  const PythonModule& module = facts.python[module_index];
  const PyCall& call = module.calls[index];
  if (fails == Fails::kNever) return {Effect::kSwallowed, call.span, call_name(call) + " never fails"};
  if (fails == Fails::kReports) return {Effect::kReporting, call.span, call_name(call) + " only reports"};
  UseEffect out = fails == Fails::kReturns ? returned(module, index) : UseEffect{};
  if (out.effect != Effect::kBlocking) return out;
  if (const PyBlock* except = swallowing_except(module, call.block)) {
    return {Effect::kSwallowed, except->span, "this `except` catches every failure and goes on"};
  }
  return out;
}

UseEffect effect_of(const Use& use, const FactStore& facts) {
  const Fails fails = use.ability->fails;
  if (use.kind == Use::Kind::kCall && use.function.valid() && use.call != kNone) {
    return effect_of_call(facts, use.function.module, use.call, fails);
  }
  if (fails == Fails::kNever)
    return {Effect::kSwallowed, use.span, std::string(use.tool.view()) + " never fails here"};
  if (fails == Fails::kReports)
    return {Effect::kReporting, use.span, std::string(use.tool.view()) + " only reports"};
  return {};
}

}  // namespace mlgrade
