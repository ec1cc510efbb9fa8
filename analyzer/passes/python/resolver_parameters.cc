// Parameters that say nothing of themselves: what the calls of their function hand over.
#include <algorithm>

#include "analyzer/passes/python/known_names.h"
#include "analyzer/passes/python/resolver.h"

namespace mlgrade::passes {
namespace {

// The value that a call gives to a parameter; null if it leaves it out or unpacks something that may hold it.
const PyValue* given(const PythonModule& module, const PyCall& call, Name param, uint32_t position) {
  bool unpacked = false;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const Name keyword = module.args[a].keyword;
    if (keyword == param) return &module.args[a].value;
    unpacked |= keyword == "*";
  }
  return unpacked ? nullptr : positional_value(module, call, position);
}

// Telling: an object whose methods are of interest. Text, numbers and bare containers are not.
bool tells(const Entity& entity) {
  if (!entity.known()) return false;
  if (entity.kind != Entity::Kind::kExternal) return entity.kind != Entity::Kind::kNamespace;
  return entity.elements != nullptr || !is_builtin_type(entity.name.view());
}

}  // namespace

Entity Resolver::handed_over(uint32_t index, uint32_t function_index, uint32_t param_index) {
  const PythonModule& module = project_.module(index);
  const PyFunction& function = module.functions[function_index];
  const bool method = !project_.scopes[index].self_name(function_index).empty();
  const bool constructor = function.cls != kNone && function.name == "__init__";
  const std::string_view called_as =
      constructor ? module.classes[function.cls].name.view() : function.name.view();
  const uint32_t position = method ? param_index - 1 : param_index;
  const PyRef self{index, function_index};
  const uint64_t key = (uint64_t{function_index} << 8) | (param_index & 0xff);
  if (param_index > 0xff || key > UINT32_MAX) return {};
  return remember(parameters_, index, static_cast<uint32_t>(key), [&]() -> Entity {
    for (const CallIndex::Place& place : project_.calls.calls_named(called_as)) {
      const PythonModule& caller = project_.module(place.module);
      const PyCall& call = caller.calls[place.call];
      const PyValue* value_given = given(caller, call, function.params[param_index].name, position);
      if (value_given == nullptr) continue;
      const Entity target = callee(place.module, place.call);
      const bool runs =
          target.kind == Entity::Kind::kFunction
              ? target.ref == self
              : constructor && target.kind == Entity::Kind::kClass && this->constructor(target.ref) == self;
      if (!runs) continue;
      const Entity object = value(site_of(place.module, call), *value_given);
      if (tells(object)) return object;
    }
    return {};
  });
}

}  // namespace mlgrade::passes
