// Values: what expressions, bindings, calls and functions evaluate to.
#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"
#include "analyzer/passes/python/known_names.h"
#include "analyzer/passes/python/resolver.h"

namespace mlgrade::passes {
namespace {

bool is_context_manager(const PyFunction& function) {
  return std::any_of(function.decorators.begin(), function.decorators.end(), [](const PyDecorator& d) {
    std::string_view name = d.name.view();
    return name.ends_with("contextmanager");
  });
}

const PyValue* keyword(const PythonModule& module, const PyCall& call, std::string_view name) {
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    if (module.args[i].keyword == name) return &module.args[i].value;
  }
  return nullptr;
}

// Which of the targets of one assignment or loop a binding is, and how many there are.
struct Spot {
  uint32_t position = 0;
  uint32_t count = 1;
};

bool same_statement(const PyBinding& a, const PyBinding& b) {
  return a.unpacked && b.unpacked && a.kind == b.kind && a.value.kind == b.value.kind &&
         a.value.call == b.value.call && a.value.text == b.value.text && a.block == b.block &&
         a.reads.begin == b.reads.begin && a.calls.begin == b.calls.begin;
}

Spot spot_of(const PythonModule& module, uint32_t binding) {
  const PyBinding& self = module.bindings[binding];
  Spot spot;
  while (spot.position < binding && same_statement(module.bindings[binding - spot.position - 1], self)) {
    ++spot.position;
  }
  spot.count = spot.position + 1;
  for (uint32_t i = binding + 1; i < module.bindings.size() && same_statement(module.bindings[i], self);
       ++i) {
    ++spot.count;
  }
  return spot;
}

// The element of a tuple at that place; `for i, (a, b) in ...` has three places in a tuple of two.
Entity part_of(const Entity& tuple, const Spot& spot) {
  if (tuple.elements == nullptr || tuple.elements->mapping) return {};
  std::vector<Entity> parts = tuple.elements->values;
  if (parts.size() != spot.count) {
    parts.clear();
    for (const Entity& value : tuple.elements->values) {
      const bool nested = value.elements != nullptr && !value.elements->mapping;
      if (nested) parts.insert(parts.end(), value.elements->values.begin(), value.elements->values.end());
      if (!nested) parts.push_back(value);
    }
  }
  return parts.size() == spot.count ? parts[spot.position] : Entity{};
}

}  // namespace

const PyValue* positional_value(const PythonModule& module, const PyCall& call, uint32_t position) {
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    if (!module.args[i].keyword.empty()) return nullptr;
    if (position-- == 0) return &module.args[i].value;
  }
  return nullptr;
}

Entity Resolver::value(const Site& site, const PyValue& value) {
  switch (value.kind) {
    case PyValue::Kind::kName:
    case PyValue::Kind::kSubscript:
      return name(site, value.text.view());
    case PyValue::Kind::kCall:
      return call_result(site.module, value.call);
    case PyValue::Kind::kString:
    case PyValue::Kind::kFString:
      return external_entity("str", true);
    case PyValue::Kind::kDict:
    case PyValue::Kind::kList:
      return literal(site, value);
    case PyValue::Kind::kNone:
      return {.kind = Entity::Kind::kNothing, .ref = {}, .bound = {}, .name = {}};
    default:
      return {};
  }
}

Entity Resolver::annotated(const Site& site, std::string_view text) {
  Entity type = name(site, text);
  if (type.kind == Entity::Kind::kClass) return instance_entity(type.ref);
  if (type.kind != Entity::Kind::kExternal || is_bare_type(type.name.view())) return {};
  return external_entity(type.name, true);
}

Entity Resolver::binding(uint32_t module, uint32_t index) {
  return remember(bindings_, module, index, [&] { return evaluate_binding(module, index); });
}

Entity Resolver::evaluate_binding(uint32_t index, uint32_t binding_index) {
  const PythonModule& module = project_.module(index);
  const PyBinding& binding = module.bindings[binding_index];
  Site site = site_of(index, binding);
  if (!binding.annotation.empty()) {
    Entity entity = annotated(site, binding.annotation.view());
    const bool any = entity.kind == Entity::Kind::kExternal && is_builtin_type(entity.name.view());
    if (any && binding.kind == PyBinding::Kind::kAssign) {  // models: dict = {...}
      const Entity made = filled(index, binding_index, value(site, binding.value));
      return made.elements == nullptr ? entity : made;
    }
    if (entity.known()) return entity;
  }
  switch (binding.kind) {
    case PyBinding::Kind::kAssign:
      return binding.unpacked ? unpacked(index, binding_index)
                              : filled(index, binding_index, value(site, binding.value));
    case PyBinding::Kind::kWith:
      return binding.unpacked ? Entity{} : entered(value(site, binding.value));
    case PyBinding::Kind::kFor: {
      if (binding.unpacked) return unpacked(index, binding_index);
      if (binding.value.kind == PyValue::Kind::kCall) {
        Entity generator = callee(index, binding.value.call);
        if (generator.kind == Entity::Kind::kFunction) return yielded(generator.ref);
      }
      Entity all = value(site, binding.value);
      const IndexRange elements = binding.value.elements();
      if (all.elements == nullptr && binding.value.kind == PyValue::Kind::kList && !elements.empty()) {
        return value(site, module.values[elements.begin]);
      }
      return iterated(all);
    }
    case PyBinding::Kind::kDeclaration:
    case PyBinding::Kind::kAugmented:
    case PyBinding::Kind::kExcept:
      return {};
  }
  return {};
}

// a, b = f(): the element of the tuple that f returns, of a container, or a part of a library's result.
// for a, b in x: the same of an element of x.
Entity Resolver::unpacked(uint32_t index, uint32_t binding_index) {
  const PythonModule& module = project_.module(index);
  const PyBinding& binding = module.bindings[binding_index];
  const Spot spot = spot_of(module, binding_index);
  if (binding.kind == PyBinding::Kind::kFor) {
    const Entity all = value(site_of(index, binding), binding.value);
    return all.elements == nullptr ? Entity{} : part_of(iterated(all), spot);
  }
  if (binding.value.kind == PyValue::Kind::kCall) {
    Entity target = callee(index, binding.value.call);
    if (target.kind == Entity::Kind::kFunction) {
      const PythonModule& other = project_.module(target.ref.module);
      Entity agreed;
      for (uint32_t at : project_.scopes[target.ref.module].jumps_of(target.ref.index)) {
        const PyJump& jump = other.jumps[at];
        if (jump.kind != PyJump::Kind::kReturn) continue;
        if (jump.value.kind != PyValue::Kind::kList || spot.position >= jump.value.elements().size())
          return {};
        Entity entity = value(site_of(target.ref.module, jump),
                              other.values[jump.value.elements().begin + spot.position]);
        if (!entity.known() || (agreed.known() && !(agreed == entity))) return {};
        agreed = entity;
      }
      return agreed;
    }
  }
  Entity all = value(site_of(index, binding), binding.value);
  if (all.elements != nullptr) return part_of(all, spot);
  return all.kind == Entity::Kind::kExternal ? element(all) : Entity{};
}

Entity Resolver::entered(const Entity& object) {
  if (object.kind != Entity::Kind::kInstance) return object;
  for (std::string_view method : {"__enter__", "__aenter__"}) {
    Entity enter = member(object, method);
    if (enter.kind == Entity::Kind::kFunction) {
      Entity result = function_result(enter.ref);
      return result.known() ? result : object;
    }
  }
  return object;
}

Entity Resolver::callee(uint32_t module, uint32_t call) {
  return remember(callees_, module, call, [&] { return evaluate_callee(module, call); });
}

Entity Resolver::evaluate_callee(uint32_t index, uint32_t call_index) {
  const PyCall& call = project_.module(index).calls[call_index];
  std::string_view text = call.callee.view();
  if (call.receiver != kNone) {
    size_t end = text.rfind("()");
    if (end == std::string_view::npos) return {};
    return members(call_result(index, call.receiver), text.substr(end + 2));
  }
  if (text.starts_with('?')) return {};
  return name(site_of(index, call), text);
}

Entity Resolver::call_result(uint32_t module, uint32_t call) {
  return remember(results_, module, call, [&] { return evaluate_result(module, call); });
}

Entity Resolver::evaluate_result(uint32_t index, uint32_t call_index) {
  Entity target = callee(index, call_index);
  if (target.kind == Entity::Kind::kExternal && !target.instance) {
    bool special = false;
    Entity result = special_result(index, call_index, target.name.view(), special);
    if (special) return result;
    if (target.elements != nullptr) {
      const PythonModule& module = project_.module(index);
      const PyValue* first = positional_value(module, module.calls[call_index], 0);
      const bool constant = first != nullptr && first->kind == PyValue::Kind::kString;
      return container_method(target, constant ? first->text.view() : std::string_view());
    }
  }
  if (target.kind == Entity::Kind::kFunction) {
    const std::string_view method = project_.module(index).calls[call_index].method.view();
    if (method == "options" || method == "with_options" || method == "bind")
      return target;  // still to be called
  }
  return called(target);
}

// Calls of libraries whose result is known from their arguments.
Entity Resolver::special_result(uint32_t index, uint32_t call_index, std::string_view name, bool& special) {
  const PythonModule& module = project_.module(index);
  const PyCall& call = module.calls[call_index];
  special = true;
  if (name == "super") {
    uint32_t method = project_.scopes[index].method_of(call.function);
    if (method == kNone) return {};
    return {
        .kind = Entity::Kind::kSuper, .ref = {index, module.functions[method].cls}, .bound = {}, .name = {}};
  }
  constexpr std::array<std::string_view, 9> kOfFirst = {
      "type",          "typing.cast",   "functools.partial",  "copy.deepcopy",     "copy.copy",
      "copy.deepcopy", "sklearn.clone", "sklearn.base.clone", "contextlib.closing"};
  if (std::find(kOfFirst.begin(), kOfFirst.end(), name) != kOfFirst.end()) {
    const PyValue* first = positional_value(module, call, 0);
    Entity entity = first == nullptr ? Entity{} : value(site_of(index, call), *first);
    if (name == "type") return entity.kind == Entity::Kind::kInstance ? class_entity(entity.ref) : Entity{};
    if (name == "typing.cast") {
      if (entity.kind == Entity::Kind::kClass) return instance_entity(entity.ref);
      if (entity.kind == Entity::Kind::kExternal) return external_entity(entity.name, true);
    }
    special = entity.known();
    return entity;
  }
  if (name == "dataclasses.field" || name == "pydantic.Field") {
    const PyValue* factory = keyword(module, call, "default_factory");
    return factory == nullptr ? Entity{} : called(value(site_of(index, call), *factory));
  }
  return container_call(index, call_index, name, special);
}

Entity Resolver::called(const Entity& target) {
  switch (target.kind) {
    case Entity::Kind::kClass:
      return instance_entity(target.ref);
    case Entity::Kind::kInstance: {
      Entity method = call_method(target.ref);
      return method.kind == Entity::Kind::kFunction ? function_result(method.ref) : Entity{};
    }
    case Entity::Kind::kFunction: {
      const PyFunction& function = project_.module(target.ref.module).functions[target.ref.index];
      if (is_context_manager(function)) return yielded(target.ref);
      Entity result = function_result(target.ref);
      bool own = result.kind == Entity::Kind::kInstance && function.cls != kNone &&
                 result.ref == PyRef{target.ref.module, function.cls};
      if (own && target.bound.valid()) result.ref = target.bound;  // return self, cls(...): of the subclass
      return result;
    }
    case Entity::Kind::kExternal: {
      if (target.elements != nullptr && !target.instance) return container_method(target);
      bool instance = false;
      std::string name = call_result_name(target.name.view(), target.instance, instance);
      return external_entity(name, instance);
    }
    default:
      return {};
  }
}

Entity Resolver::function_result(PyRef ref) {
  if (!ref.valid() || ref.index == kNone) return {};
  return remember(function_results_, ref.module, ref.index, [&]() -> Entity {
    const PyFunction& function = project_.module(ref.module).functions[ref.index];
    if (!function.return_annotation.empty()) {
      Site site{.module = ref.module, .function = function.parent, .line = function.span.line};
      Entity entity = annotated(site, function.return_annotation.view());
      // `-> dict[str, object]` says less than what is given back.
      const bool external = entity.kind == Entity::Kind::kExternal;
      if (external && is_builtin_type(entity.name.view()) && !function.is_generator) {
        Entity given = jumps_agree(ref, PyJump::Kind::kReturn);
        if (given.elements != nullptr) return given;
      } else if (external && is_any_estimator(entity.name.view()) && !function.is_generator) {
        Entity given = jumps_agree(ref, PyJump::Kind::kReturn);
        if (given.known()) return given;
      }
      if (entity.known()) return entity;
    }
    return function.is_generator ? Entity{} : jumps_agree(ref, PyJump::Kind::kReturn);
  });
}

Entity Resolver::yielded(PyRef ref) {
  if (!ref.valid() || ref.index == kNone) return {};
  return remember(yields_, ref.module, ref.index, [&] { return jumps_agree(ref, PyJump::Kind::kYield); });
}

Entity Resolver::jumps_agree(PyRef ref, PyJump::Kind kind) {
  Entity agreed;
  for (uint32_t index : project_.scopes[ref.module].jumps_of(ref.index)) {
    const PyJump& jump = project_.module(ref.module).jumps[index];
    if (jump.kind != kind) continue;
    Entity entity = value(site_of(ref.module, jump), jump.value);
    if (entity.kind == Entity::Kind::kNothing) continue;
    if (!entity.known() || (agreed.known() && !(agreed == entity))) return {};
    agreed = entity;
  }
  return agreed;
}

}  // namespace mlgrade::passes
