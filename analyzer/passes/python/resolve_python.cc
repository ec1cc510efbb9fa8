// The pass: links modules, then fills `target`, `function_ref`, `class_ref` and `references` of every module.
#include <tbb/parallel_for.h>

#include <algorithm>

#include "analyzer/passes/python/project.h"
#include "analyzer/passes/python/references.h"
#include "analyzer/passes/python/resolver.h"
#include "analyzer/passes/repo_passes.h"

namespace mlgrade::passes {
namespace {

Name last_component(std::string_view callee) {
  std::string_view last = callee.substr(callee.rfind('.') + 1);
  if (last == callee && last.empty()) return {};
  return Name(last);
}

void write_imports(const Project& project, Resolver& resolver, uint32_t index, PythonModule& module) {
  for (uint32_t i = 0; i < module.imports.size(); ++i) {
    PyImport& import = module.imports[i];
    const ImportLink& link = project.links[index][i];
    import.project_module = link.submodule.module != kNone ? link.submodule.module : link.base.module;
    if (link.submodule.module != kNone) {
      import.target = project.module(link.submodule.module).name;
    } else if (import.name.empty() || import.name == "*") {
      import.target = link.base.module != kNone ? project.module(link.base.module).name
                                                : Name(project.absolute_module(index, import));
    } else {
      Entity entity = resolver.import(index, i);
      if (entity.kind == Entity::Kind::kModule) import.project_module = entity.ref.module;
      if (!entity.instance && entity.kind != Entity::Kind::kInstance)
        import.target = resolver.canonical(entity);
      if (import.target.empty()) {  // a value: called after the module that has it
        std::string base = link.base.module != kNone ? project.module(link.base.module).name.str()
                                                     : project.absolute_module(index, import);
        import.target = Name(base.empty() ? import.name.str() : base + "." + import.name.str());
      }
    }
  }
}

void write_decorators(Resolver& resolver, const Site& site, std::vector<PyDecorator>& decorators) {
  for (PyDecorator& decorator : decorators) {
    decorator.target = resolver.canonical(resolver.name(site, decorator.name.view()));
  }
}

void write_definitions(Resolver& resolver, uint32_t index, PythonModule& module) {
  for (uint32_t i = 0; i < module.classes.size(); ++i) {
    PyClass& cls = module.classes[i];
    Site site{.module = index, .function = cls.function, .line = cls.span.line};
    cls.base_targets.clear();
    cls.base_refs.clear();
    for (Name base : cls.bases) {
      Entity entity = resolver.name(site, base.view());
      cls.base_targets.push_back(resolver.canonical(entity));
      cls.base_refs.push_back(entity.kind == Entity::Kind::kClass ? entity.ref : PyRef{});
    }
    write_decorators(resolver, site, cls.decorators);
    cls.waits = waits(resolver, {index, i});
  }
  for (uint32_t i = 0; i < module.functions.size(); ++i) {
    PyFunction& function = module.functions[i];
    Site site{.module = index, .function = function.parent, .line = function.span.line};
    write_decorators(resolver, site, function.decorators);
    for (PyParam& param : function.params) {
      if (!param.annotation.empty())
        param.target = resolver.canonical(resolver.name(site, param.annotation.view()));
    }
    function.target = resolver.function_name({index, i});
    Entity result = resolver.function_result({index, i});
    bool object =
        result.kind == Entity::Kind::kInstance || (result.kind == Entity::Kind::kExternal && result.instance);
    Name type = object ? resolver.canonical(result) : Name();
    bool cls = !type.view().ends_with("()") && !type.view().ends_with("[]");
    function.return_type = cls ? type : Name();
  }
}

void write_calls(Resolver& resolver, uint32_t index, PythonModule& module) {
  for (uint32_t i = 0; i < module.calls.size(); ++i) {
    PyCall& call = module.calls[i];
    call.method = last_component(call.callee.view());
    Entity entity = resolver.callee(index, i);
    switch (entity.kind) {
      case Entity::Kind::kFunction:
        call.target = resolver.canonical(entity);
        call.function_ref = entity.ref;
        break;
      case Entity::Kind::kClass:
        call.target = resolver.canonical(entity);
        call.class_ref = entity.ref;
        call.function_ref = resolver.constructor(entity.ref);
        break;
      case Entity::Kind::kInstance: {
        Entity method = resolver.call_method(entity.ref);
        call.target = resolver.canonical(method);
        if (method.kind == Entity::Kind::kFunction) call.function_ref = method.ref;
        break;
      }
      case Entity::Kind::kExternal:
        call.target = entity.instance ? Name(entity.name.str() + ".__call__") : entity.name;
        break;
      default:
        break;
    }
  }
}

}  // namespace

void resolve_python(FactStore& facts) {
  const Project project(facts);
  const uint32_t count = static_cast<uint32_t>(facts.python.size());
  // A module is written by its own thread only, and none reads what is written here: look-ups go by raw
  // names.
  tbb::parallel_for(uint32_t{0}, count, [&](uint32_t i) {
    Resolver resolver(project, i);
    PythonModule& module = facts.python[i];
    write_imports(project, resolver, i, module);
    write_definitions(resolver, i, module);
    write_calls(resolver, i, module);
    write_references(project, resolver, i, module);
  });
}

}  // namespace mlgrade::passes
