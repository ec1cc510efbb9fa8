// Classes: ancestors, members, what constructing and calling an object runs.
#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/passes/python/known_names.h"
#include "analyzer/passes/python/resolver.h"

namespace mlgrade::passes {
namespace {

bool has_decorator(const PyFunction& function, std::initializer_list<std::string_view> names) {
  for (const PyDecorator& decorator : function.decorators) {
    std::string_view last = decorator.name.view();
    last = last.substr(last.rfind('.') + 1);
    if (std::find(names.begin(), names.end(), last) != names.end()) return true;
  }
  return false;
}

}  // namespace

bool Resolver::is_property(PyRef function) const {
  return has_decorator(project_.module(function.module).functions[function.index],
                       {"property", "cached_property", "computed_field", "hybrid_property"});
}

// Left to right, depth first, a class that is come to twice counts where it comes last: Python's order but
// for hierarchies that no honest project has.
const std::vector<Ancestor>& Resolver::ancestors(PyRef cls) {
  uint64_t key = (uint64_t{cls.module} << 32) | cls.index;
  auto [it, fresh] = ancestors_.try_emplace(key);
  if (!fresh) return it->second;
  std::vector<Ancestor> order = {{cls, {}}};
  const PyClass& self = project_.module(cls.module).classes[cls.index];
  Site site{.module = cls.module, .function = self.function, .line = self.span.line};
  for (Name base : self.bases) {
    Entity entity = depth_ > kMaxAliasHops ? Entity{} : name(site, base.view());
    if (entity.kind == Entity::Kind::kClass && entity.ref != cls) {
      ++depth_;
      std::vector<Ancestor> above = ancestors(entity.ref);
      --depth_;
      order.insert(order.end(), above.begin(), above.end());
    } else if (entity.kind == Entity::Kind::kExternal) {
      if (!is_bare_type(entity.name.view())) order.push_back({{}, entity.name});
    } else if (entity.kind != Entity::Kind::kClass) {
      order.push_back({});
    }
  }
  std::vector<Ancestor> unique;
  for (size_t i = 0; i < order.size(); ++i) {
    bool again =
        order[i].cls.valid() && std::any_of(order.begin() + static_cast<std::ptrdiff_t>(i) + 1, order.end(),
                                            [&](const Ancestor& a) { return a.cls == order[i].cls; });
    if (!again || i == 0) unique.push_back(order[i]);
  }
  return ancestors_[key] = std::move(unique);
}

Entity Resolver::class_member(PyRef cls, bool skip_first, std::string_view attribute, bool instance) {
  if (depth_ > kMaxAliasHops) return {};
  ++depth_;
  const std::vector<Ancestor> order = ancestors(cls);
  Entity found;
  for (size_t i = skip_first ? 1 : 0; i < order.size(); ++i) {
    if (!order[i].cls.valid()) {
      if (!order[i].external.empty()) found = member(external_entity(order[i].external, instance), attribute);
      break;
    }
    bool defined = false;
    found = own_member(order[i].cls, attribute, defined);
    if (found.kind == Entity::Kind::kFunction && !found.bound.valid()) found.bound = cls;
    if (found.known()) break;
    bool further = i + 1 < order.size() && order[i + 1].cls.valid();
    if (defined && !further) break;  // it is its own, whatever it is: no library's attribute
  }
  --depth_;
  return found;
}

// What the class itself, without ancestors, has under that name.
Entity Resolver::own_member(PyRef cls, std::string_view attribute, bool& defined) {
  const ScopeIndex& scope = project_.scopes[cls.module];
  const PyClass& self = project_.module(cls.module).classes[cls.index];
  std::span<const Def> defs = scope.in_class(cls.index, attribute);
  if (!defs.empty()) {
    defined = true;
    for (const Def& def : defs) {  // a property has a getter first and setters after it
      if (def.kind == Def::Kind::kFunction && is_property({cls.module, def.index}))
        return definition(cls.module, def);
    }
    return definition(cls.module, defs.back());
  }
  std::span<const Def> bindings = scope.on_self(cls.index, attribute);
  defined = !bindings.empty();
  Entity found = pick(bindings, {.module = cls.module}, false);
  if (found.known()) return found;
  for (const PyField& field : self.fields) {
    if (field.name != attribute) continue;
    defined = true;
    Site site{.module = cls.module, .function = self.function, .line = field.span.line};
    if (!field.annotation.empty()) found = annotated(site, field.annotation.view());
    if (!found.known()) found = value(site, field.value);
    if (found.known()) return found;
  }
  return {};
}

Entity Resolver::call_method(PyRef cls) {
  Entity call = class_member(cls, false, "__call__", true);
  if (call.kind == Entity::Kind::kFunction) return call;
  for (const Ancestor& ancestor : ancestors(cls)) {
    std::string_view library = ancestor.external.view();
    bool torch = library.starts_with("torch.") || library.find("ightning") != std::string_view::npos ||
                 library.starts_with("transformers.");
    bool keras = library.starts_with("tensorflow.") || library.starts_with("keras.") ||
                 library.starts_with("tf_keras.");
    if (!torch && !keras) continue;
    Entity method = class_member(cls, false, torch ? "forward" : "call", true);
    if (method.kind == Entity::Kind::kFunction) return method;
  }
  return call;
}

PyRef Resolver::constructor(PyRef cls) {
  Entity init = class_member(cls, false, "__init__", true);
  if (init.kind == Entity::Kind::kFunction) return init.ref;
  Entity create = class_member(cls, false, "__new__", true);
  return create.kind == Entity::Kind::kFunction ? create.ref : PyRef{};
}

// What a method's parameters stand for: the object, an annotated type, a default that is injected, a fixture,
// what the calls of the function hand over.
Entity Resolver::parameter(uint32_t index, uint32_t function_index, uint32_t param_index) {
  const PythonModule& module = project_.module(index);
  const PyFunction& function = module.functions[function_index];
  const PyParam& param = function.params[param_index];
  if (param.variadic) return {};
  if (param_index == 0 && !project_.scopes[index].self_name(function_index).empty()) {
    PyRef cls{index, function.cls};
    bool on_class =
        has_decorator(function, {"classmethod", "validator", "root_validator", "field_validator"}) ||
        function.name == "__new__" || function.name == "__init_subclass__";
    return on_class ? class_entity(cls) : instance_entity(cls);
  }
  Site site{.module = index, .function = function.parent, .line = function.span.line};
  if (!param.annotation.empty()) {
    Entity entity = annotated(site, param.annotation.view());
    if (entity.known()) return entity;
  }
  if (param.default_call != kNone) {  // Depends(get_model)
    const PyCall& call = module.calls[param.default_call];
    if (call.method == "Depends" || call.method == "Security" || call.method == "Inject") {
      if (call.args.empty()) return {};
      Entity provider = value(site_of(index, call), module.args[call.args.begin].value);
      return called(provider);
    }
  }
  std::string_view file = base_name(project_.facts.path(module.file));
  bool may_ask = function.name.view().starts_with("test") || file == "conftest.py" ||
                 std::any_of(function.decorators.begin(), function.decorators.end(), is_fixture_decorator);
  if (!may_ask || param.has_default) return handed_over(index, function_index, param_index);
  PyRef fixture = project_.fixtures.find(index, function.cls, param.name.view(), false);
  if (!fixture.valid() || fixture == PyRef{index, function_index}) return {};
  Entity result = function_result(fixture);
  return result.known() ? result : yielded(fixture);
}

}  // namespace mlgrade::passes
