// Name-by-name propagation to a fixed point; functions are short, so a few rounds suffice.
#include "rules/support/flow.h"

#include <algorithm>

#include "analyzer/base/dotted.h"

namespace mlgrade {
namespace {

constexpr int kRounds = 6;

// "a" for "a.b[0].c": a value is carried by its parts and by the whole.
Name root_of(Name name) {
  std::string_view text = name.view();
  const size_t end = component_end(text);
  return end == text.size() ? name : Name(text.substr(0, end));
}

bool carried(const std::unordered_set<Name>& names, Name read) {
  if (names.contains(read)) return true;
  Name root = root_of(read);
  return root != read && root != "self" && names.contains(root);
}

}  // namespace

bool Carriers::carries(const PythonModule& module, IndexRange reads) const {
  for (uint32_t i = reads.begin; i < reads.end; ++i) {
    if (carried(names, module.names[i])) return true;
  }
  return false;
}

bool Carriers::carries(const PyValue& value) const {
  return (value.kind == PyValue::Kind::kName || value.kind == PyValue::Kind::kSubscript) &&
         carried(names, value.text);
}

Carriers carriers_of(const PythonModule& module, uint32_t function,
                     const std::function<bool(uint32_t call)>& is_source) {
  Carriers out;
  const PyBody body = module.body(function);
  auto any_source = [&](IndexRange calls) {
    for (uint32_t c = calls.begin; c < calls.end; ++c) {
      if (is_source(c)) return true;
    }
    return false;
  };
  for (int round = 0; round < kRounds; ++round) {
    size_t before = out.names.size();
    for (uint32_t b = body.bindings.begin; b < body.bindings.end; ++b) {
      const PyBinding& binding = module.bindings[b];
      if (binding.function != function) continue;
      if (any_source(binding.calls) || out.carries(module, binding.reads)) {
        out.names.insert(binding.target);
        if (binding.subscript) out.names.insert(root_of(binding.target));
      }
    }
    // `rows.append(score)`: a container that is given a carried value carries it.
    for (uint32_t c = body.calls.begin; c < body.calls.end; ++c) {
      const PyCall& call = module.calls[c];
      if (call.function != function ||
          (call.method != "append" && call.method != "add" && call.method != "update")) {
        continue;
      }
      bool given = false;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyArg& arg = module.args[a];
        given |= out.carries(module, arg.reads) ||
                 (arg.value.kind == PyValue::Kind::kCall && is_source(arg.value.call));
      }
      if (given) out.names.insert(root_of(call.callee));
    }
    if (out.names.size() == before) break;
  }
  return out;
}

bool block_inside(const PythonModule& module, uint32_t block, uint32_t outer) {
  for (uint32_t at = block; at != kNone && at < module.blocks.size(); at = module.blocks[at].parent) {
    if (at == outer) return true;
  }
  return false;
}

// A block that runs only by some other decision than that of the branch it stands in.
bool decides_anew(const PyBlock& block) {
  return block.condition != kNone || block.kind == PyBlock::Kind::kExcept ||
         block.kind == PyBlock::Kind::kMatch;
}

bool branch_fails(const PythonModule& module, uint32_t branch) {
  const uint32_t end = module.body(module.blocks[branch].function).blocks.end;
  for (uint32_t inner = branch; inner < end; ++inner) {
    if (!module.blocks[inner].raises) continue;
    uint32_t at = inner;
    while (at != branch && at != kNone && !decides_anew(module.blocks[at])) at = module.blocks[at].parent;
    if (at == branch) return true;
  }
  return false;
}

bool condition_fails(const PythonModule& module, uint32_t condition) {
  if (module.conditions[condition].kind == PyCondition::Kind::kAssert) return true;
  const IndexRange blocks = module.body(module.conditions[condition].function).blocks;
  for (uint32_t b = blocks.begin; b < blocks.end; ++b) {
    if (module.blocks[b].condition == condition && branch_fails(module, b)) return true;
  }
  return false;
}

std::vector<Decision> decisions_on(const PythonModule& module, uint32_t function, const Carriers& carriers,
                                   const std::function<bool(uint32_t call)>& is_source) {
  std::vector<Decision> found;
  const IndexRange conditions = module.body(function).conditions;
  for (uint32_t c = conditions.begin; c < conditions.end; ++c) {
    const PyCondition& condition = module.conditions[c];
    if (condition.function != function || condition.kind == PyCondition::Kind::kFilter) continue;
    bool looks = carriers.carries(module, condition.reads);
    for (uint32_t i = condition.calls.begin; i < condition.calls.end && !looks; ++i) looks = is_source(i);
    if (!looks) continue;
    bool fails = condition_fails(module, c);
    if (condition.comparisons.empty()) found.push_back({c, kNone, fails});
    for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i)
      found.push_back({c, i, fails});
  }
  return found;
}

const double* compared_number(const PythonModule& module, const PyComparison& comparison, double& scratch) {
  for (const PyValue* side : {&comparison.right, &comparison.left}) {
    if (side->kind == PyValue::Kind::kNumber) {
      scratch = side->number;
      return &scratch;
    }
  }
  for (const PyValue* side : {&comparison.right, &comparison.left}) {
    if (side->kind != PyValue::Kind::kName) continue;
    const PyBinding* only = nullptr;
    bool several = false;
    for (const PyBinding& binding : module.bindings) {
      if (binding.target != side->text || binding.value.kind != PyValue::Kind::kNumber) continue;
      several |= only != nullptr;
      only = &binding;
    }
    if (only == nullptr || several) continue;
    scratch = only->value.number;
    return &scratch;
  }
  return nullptr;
}

}  // namespace mlgrade
