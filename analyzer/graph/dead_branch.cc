// Looks up what a condition is made of, and whether that can change.
#include "analyzer/graph/dead_branch.h"

#include <algorithm>

namespace mlgrade {
namespace {

struct Constant {
  Truth truth = Truth::kUnknown;
  Span at;
};

Truth truth_of(const PyValue& value) {
  switch (value.kind) {
    case PyValue::Kind::kBool:
      return value.text == "True" ? Truth::kYes : Truth::kNo;
    case PyValue::Kind::kNumber:
      return value.number != 0 ? Truth::kYes : Truth::kNo;
    case PyValue::Kind::kNone:
      return Truth::kNo;
    default:
      return Truth::kUnknown;
  }
}

// The only value that the module's body gives the name; unknown if there are several, or a function may set
// it.
Constant constant_of(const PythonModule& module, Name name) {
  Constant out;
  for (const PyBinding& binding : module.bindings) {
    if (binding.target != name || binding.subscript) continue;
    const bool local = binding.function != kNone;
    if (local) {
      const std::vector<Name>& globals = module.functions[binding.function].globals;
      if (std::find(globals.begin(), globals.end(), name) != globals.end()) return {};
      continue;
    }
    const bool plain = binding.kind == PyBinding::Kind::kAssign && binding.block == 0 && !binding.unpacked;
    if (!plain || out.at.valid()) return {};
    out = {truth_of(binding.value), binding.span};
  }
  return out;
}

bool is_local(const PythonModule& module, uint32_t function, Name name) {
  for (uint32_t f = function; f != kNone; f = module.functions[f].parent) {
    const PyFunction& at = module.functions[f];
    if (std::any_of(at.params.begin(), at.params.end(), [&](const PyParam& p) { return p.name == name; }))
      return true;
    const bool bound = std::any_of(module.bindings.begin(), module.bindings.end(),
                                   [&](const PyBinding& b) { return b.function == f && b.target == name; });
    if (bound) return true;
  }
  return false;
}

Constant value_of(const FactStore& facts, const PythonModule& module, const PyCondition& condition) {
  if (!condition.comparisons.empty()) return {};
  const PyValue& value = condition.value;
  if (value.kind == PyValue::Kind::kBool || value.kind == PyValue::Kind::kNumber)
    return {truth_of(value), condition.span};
  if (value.kind != PyValue::Kind::kName || condition.reads.size() != 1) return {};
  if (value.text.view().find('.') != std::string_view::npos) return {};
  if (is_local(module, condition.function, value.text)) return {};
  if (Constant own = constant_of(module, value.text); own.at.valid()) return own;
  for (const PyImport& import : module.imports) {
    if (import.bound != value.text || import.name.empty() || import.project_module == kNone) continue;
    return constant_of(facts.python[import.project_module], import.name);
  }
  return {};
}

// What the block's own condition says.
DeadBranch dead_by_itself(const FactStore& facts, const PythonModule& module, const PyBlock& block) {
  const bool branch = block.kind == PyBlock::Kind::kIf || block.kind == PyBlock::Kind::kElse;
  if (!branch || block.condition == kNone) return {};
  const PyCondition& condition = module.conditions[block.condition];
  const Constant constant = value_of(facts, module, condition);
  if (constant.truth == Truth::kUnknown) return {};
  const bool holds = (constant.truth == Truth::kYes) != condition.negated;
  if (holds == (block.kind == PyBlock::Kind::kIf)) return {};
  const bool named = condition.value.kind == PyValue::Kind::kName;
  const char* word = constant.truth == Truth::kYes ? "True" : "False";
  return {
      true,
      named ? "`" + condition.value.text.str() + "` is " + word : std::string("its condition never holds"),
      constant.at};
}

}  // namespace

DeadBranch dead_branch(const FactStore& facts, const PythonModule& module, uint32_t block) {
  for (uint32_t at = block; at != kNone && at < module.blocks.size(); at = module.blocks[at].parent) {
    if (DeadBranch found = dead_by_itself(facts, module, module.blocks[at]); found.dead) return found;
  }
  return {};
}

const DeadBranch& DeadBranches::at(uint32_t block) {
  static const DeadBranch alive;
  if (block >= module_.blocks.size()) return alive;
  if (auto known = known_.find(block); known != known_.end()) return known->second;
  DeadBranch found = dead_by_itself(facts_, module_, module_.blocks[block]);
  if (!found.dead) found = at(module_.blocks[block].parent);
  return known_.emplace(block, std::move(found)).first->second;
}

uint32_t block_at(const PythonModule& module, uint32_t line) {
  uint32_t best = 0;
  for (uint32_t b = 0; b < module.blocks.size(); ++b) {
    const Span& span = module.blocks[b].span;
    if (span.line <= line && line <= std::max(span.line, span.end_line)) best = b;  // inner blocks come later
  }
  return best;
}

}  // namespace mlgrade
