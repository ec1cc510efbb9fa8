// Names and scopes: from a dotted text and the place where it stands to what it stands for.
#include "analyzer/passes/python/resolver.h"

#include <algorithm>

#include "analyzer/base/dotted.h"
#include "analyzer/base/limits.h"
#include "analyzer/passes/python/known_names.h"

namespace mlgrade::passes {
namespace {

constexpr size_t kMaxNameLength = 300;  // of a canonical name that is put together

bool dominates(const PythonModule& module, uint32_t outer, uint32_t inner) {
  if (outer == kNone) return true;
  while (inner != kNone && inner != outer) inner = module.blocks[inner].parent;
  return inner == outer;
}

bool in_except(const PythonModule& module, uint32_t block) {
  for (; block != kNone; block = module.blocks[block].parent) {
    if (module.blocks[block].kind == PyBlock::Kind::kExcept) return true;
  }
  return false;
}

bool precedes(const PythonModule& module, const Def& def, const Site& site) {
  if (def.end_line < site.line) return true;
  if (def.line > site.line) return false;
  bool assignment =
      def.kind == Def::Kind::kBinding && module.bindings[def.index].kind == PyBinding::Kind::kAssign;
  if (assignment) return false;  // x = f(x): the x inside is the one before
  return def.line < site.line || def.column < site.column;
}

}  // namespace

Site site_of(uint32_t module, const PyCall& call) {
  return {module, call.function, call.block, call.span.line, call.span.column};
}
Site site_of(uint32_t module, const PyBinding& binding) {
  return {module, binding.function, binding.block, binding.span.line, binding.span.column};
}
Site site_of(uint32_t module, const PyJump& jump) {
  return {module, jump.function, jump.block, jump.span.line, jump.span.column};
}

Entity Resolver::name(const Site& site, std::string_view dotted) {
  if (dotted.empty() || depth_ > kMaxNesting) return {};
  ++depth_;
  Entity entity;
  size_t used = 0;
  if (project_.scopes[site.module].has_dotted()) entity = dotted_binding(site, dotted, used);
  if (!entity.known()) {
    used = component_end(dotted);
    entity = lookup(site, dotted.substr(0, used));
  }
  entity = members(entity, dotted.substr(used));
  --depth_;
  return entity;
}

// app.state.model = load(): the longest prefix that is bound as a whole somewhere in the module.
Entity Resolver::dotted_binding(const Site& site, std::string_view dotted, size_t& used) {
  const ScopeIndex& scope = project_.scopes[site.module];
  for (size_t end = dotted.size(); end != std::string_view::npos; end = dotted.rfind('.', end - 1)) {
    std::string_view prefix = dotted.substr(0, end);
    if (prefix.find('.') == std::string_view::npos) return {};
    std::span<const Def> defs = scope.dotted(prefix);
    if (defs.empty()) continue;
    Entity entity = pick(defs, {.module = site.module}, false);
    if (entity.known()) {
      used = end;
      return entity;
    }
  }
  return {};
}

Entity Resolver::lookup(const Site& site, std::string_view head) {
  const PythonModule& module = project_.module(site.module);
  const ScopeIndex& scope = project_.scopes[site.module];
  bool same_scope = true;
  for (uint32_t function = site.function; function != kNone; function = module.functions[function].parent) {
    if (scope.declares_global(function, head)) continue;
    std::span<const Def> defs = scope.in_function(function, head);
    if (!defs.empty()) return pick(defs, site, same_scope);
    same_scope = false;
  }
  // What a name of the module stands for inside its functions does not depend on the place, but for `except`.
  // It is kept where no definition is under evaluation that could be the one.
  if (site.function == kNone || site.module != home_ || depth_ > 2) return around_functions(site, head);
  TextMap<Entity>& known = in_functions_[in_except(module, site.block) ? 1 : 0];
  if (const Entity* entity = known.find(head)) return *entity;
  Entity entity = around_functions(site, head);
  known[head] = entity;
  return entity;
}

Entity Resolver::around_functions(const Site& site, std::string_view head) {
  std::span<const Def> defs = project_.scopes[site.module].in_function(kNone, head);
  if (!defs.empty()) return pick(defs, site, site.function == kNone);
  if (Entity star = star_member(site.module, head); star.known()) return star;
  if (is_builtin(head)) return external_entity(head);
  return {};
}

// In the scope where the name is used, the definition before it counts; from inside a function all of the
// scope around it has run, so the last one does.
Entity Resolver::pick(std::span<const Def> defs, const Site& site, bool same_scope) {
  const PythonModule& module = project_.module(site.module);
  Entity fallback;
  auto consider = [&](const Def& def, Entity& out) {
    Entity entity = definition(site.module, def);
    if (!entity.known()) return false;
    if (in_except(module, def.block) && !in_except(module, site.block)) {  // the spare of a failed import
      if (!fallback.known()) fallback = entity;
      return false;
    }
    out = entity;
    return true;
  };
  Entity found;
  for (size_t i = defs.size(); i-- > 0;) {
    const Def& def = defs[i];
    if (same_scope && !precedes(module, def, site)) continue;
    if (consider(def, found)) return found;
    bool always = same_scope && def.kind != Def::Kind::kImport && dominates(module, def.block, site.block);
    if (always && definition(site.module, def).kind == Entity::Kind::kUnknown) return fallback;
  }
  if (same_scope) {  // a loop or a comprehension: used before it stands
    for (const Def& def : defs) {
      if (!precedes(module, def, site) && consider(def, found)) return found;
    }
  }
  return fallback;
}

Entity Resolver::definition(uint32_t module, const Def& def) {
  switch (def.kind) {
    case Def::Kind::kImport:
      return import(module, def.index);
    case Def::Kind::kClass:
      return class_entity({module, def.index});
    case Def::Kind::kFunction:
      return function_entity({module, def.index});
    case Def::Kind::kParam:
      return parameter(module, def.function, def.index);
    case Def::Kind::kBinding:
      return binding(module, def.index);
    case Def::Kind::kItem:
    case Def::Kind::kAddition:
      return {};
  }
  return {};
}

Entity Resolver::import(uint32_t module, uint32_t index) {
  return remember(imports_, module, index, [&]() -> Entity {
    const PyImport& statement = project_.module(module).imports[index];
    const ImportLink& link = project_.links[module][index];
    auto entity_of = [](const FoundModule& found) -> Entity {
      if (found.module != kNone) return module_entity(found.module);
      return {.kind = Entity::Kind::kNamespace, .ref = {}, .bound = {}, .name = found.folder};
    };
    if (statement.name.empty()) {
      std::string_view dotted = statement.module.view();
      bool first_only =
          dotted.find('.') != std::string_view::npos && statement.bound == dotted.substr(0, dotted.find('.'));
      const FoundModule& found = first_only ? link.first : link.base;
      if (found.found()) return entity_of(found);
      return external_entity(first_only ? statement.bound : statement.module);
    }
    if (link.submodule.found()) return entity_of(link.submodule);
    if (link.base.module != kNone) return module_member(link.base.module, statement.name.view());
    if (link.base.found() || statement.level > 0) return {};
    return external_entity(statement.module.str() + "." + statement.name.str());
  });
}

Entity Resolver::module_member(uint32_t index, std::string_view attribute, bool submodules) {
  const ScopeIndex& scope = project_.scopes[index];
  std::span<const Def> defs = scope.in_function(kNone, attribute);
  if (!defs.empty()) {
    Entity entity = pick(defs, {.module = index}, false);
    if (entity.known()) return entity;
  }
  if (submodules) {
    std::string_view path = project_.facts.path(project_.module(index).file);
    if (base_name(path) == "__init__.py") {
      FoundModule found = project_.map.find_below(folder_of(path), attribute);
      if (found.module != kNone) return module_entity(found.module);
    }
  }
  return defs.empty() ? star_member(index, attribute) : Entity{};
}

// A name that `from m import *` brings; of a library only if nothing else can be meant.
Entity Resolver::star_member(uint32_t index, std::string_view name) {
  const PythonModule& module = project_.module(index);
  const std::vector<uint32_t>& stars = project_.scopes[index].star_imports();
  if (stars.empty() || depth_ > kMaxAliasHops) return {};
  ++depth_;
  Entity found;
  uint32_t library = kNone;
  int libraries = 0;
  for (size_t i = stars.size(); i-- > 0 && !found.known();) {
    uint32_t source = project_.links[index][stars[i]].base.module;
    if (source == kNone) {
      library = stars[i];
      ++libraries;
      continue;
    }
    const std::vector<Name>& exported = project_.module(source).exported;
    bool shown = exported.empty()
                     ? !name.starts_with('_')
                     : std::any_of(exported.begin(), exported.end(), [&](Name e) { return e == name; });
    if (shown && source != index) found = module_member(source, name, false);
  }
  --depth_;
  if (!found.known() && libraries == 1 && !is_builtin(name) && module.imports[library].level == 0) {
    return external_entity(module.imports[library].module.str() + "." + std::string(name));
  }
  return found;
}

// `chain` is what follows a name: ".a.b", "[].mean", "().x"; a call in it is one whose result is not looked
// up.
Entity Resolver::members(Entity object, std::string_view chain) {
  while (!chain.empty() && object.known()) {
    if (chain[0] == '.') {
      size_t end = component_end(chain, 1);
      object = member(object, chain.substr(1, end - 1));
      chain.remove_prefix(end);
    } else if (chain[0] == '[') {
      size_t close = chain.find(']');
      object = element(object, close == std::string_view::npos ? "" : chain.substr(1, close - 1));
      chain.remove_prefix(close == std::string_view::npos ? chain.size() : close + 1);
    } else {
      object = called(object);
      size_t close = chain.find(')');
      chain.remove_prefix(close == std::string_view::npos ? chain.size() : close + 1);
    }
  }
  return chain.empty() ? object : Entity{};
}

Entity Resolver::member(const Entity& object, std::string_view attribute, bool run_properties) {
  switch (object.kind) {
    case Entity::Kind::kModule:
      return module_member(object.ref.module, attribute);
    case Entity::Kind::kNamespace: {
      FoundModule found = project_.map.find_below(object.name.view(), attribute);
      if (found.module != kNone) return module_entity(found.module);
      if (!found.found()) return {};
      return {.kind = Entity::Kind::kNamespace, .ref = {}, .bound = {}, .name = found.folder};
    }
    case Entity::Kind::kClass:
    case Entity::Kind::kInstance:
    case Entity::Kind::kSuper: {
      if (attribute == "__class__") return class_entity(object.ref);
      bool instance = object.kind != Entity::Kind::kClass;
      Entity found = class_member(object.ref, object.kind == Entity::Kind::kSuper, attribute, instance);
      if (found.kind == Entity::Kind::kFunction && instance && run_properties && is_property(found.ref)) {
        return function_result(found.ref);
      }
      bool decorated = !project_.module(object.ref.module).classes[object.ref.index].decorators.empty();
      if (!found.known() && decorated && passes_call_on(attribute)) return object;  // Actor.remote(...)
      return found;
    }
    case Entity::Kind::kFunction:
      return passes_call_on(attribute) || attribute == "__wrapped__" ? object : Entity{};
    case Entity::Kind::kExternal: {
      if (object.name.view().size() + attribute.size() > kMaxNameLength) return {};
      std::string name = object.name.str();
      name += '.';
      name += attribute;
      Entity found = external_entity(name);
      if (object.instance) found.elements = object.elements;
      return found;
    }
    default:
      return {};
  }
}

Entity Resolver::element(const Entity& object, std::string_view key) {
  if (object.elements != nullptr) return object.elements->at(key);
  if (object.kind == Entity::Kind::kInstance) {
    Entity method = class_member(object.ref, false, "__getitem__", true);
    return method.kind == Entity::Kind::kFunction ? function_result(method.ref) : Entity{};
  }
  if (object.kind != Entity::Kind::kExternal || object.name.view().size() > kMaxNameLength / 2) return {};
  return external_entity(object.name.str() + "[]", true);
}

Name Resolver::function_name(PyRef function) const {
  return project_.canonical[function.module].functions[function.index];
}

Name Resolver::class_name(PyRef cls) const { return project_.canonical[cls.module].classes[cls.index]; }

Name Resolver::canonical(const Entity& entity) const {
  switch (entity.kind) {
    case Entity::Kind::kModule:
      return project_.module(entity.ref.module).name;
    case Entity::Kind::kNamespace: {
      std::string name = entity.name.str();
      std::replace(name.begin(), name.end(), '/', '.');
      return Name(name);
    }
    case Entity::Kind::kClass:
    case Entity::Kind::kInstance:
      return class_name(entity.ref);
    case Entity::Kind::kFunction:
      return function_name(entity.ref);
    case Entity::Kind::kExternal:
      return entity.name;
    default:
      return {};
  }
}

}  // namespace mlgrade::passes
