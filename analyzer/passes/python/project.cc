// Linking modules: what each import finds, what each module is called.
#include "analyzer/passes/python/project.h"

#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>

#include <algorithm>
#include <map>

namespace mlgrade::passes {
namespace {

uint32_t module_count(const FactStore& facts) { return static_cast<uint32_t>(facts.python.size()); }

CanonicalNames names_in(const PythonModule& module) {
  CanonicalNames names;
  const auto full = [&](Name qualname) { return Name(module.name.str() + "." + qualname.str()); };
  for (const PyFunction& function : module.functions) names.functions.push_back(full(function.qualname));
  for (const PyClass& cls : module.classes) names.classes.push_back(full(cls.qualname));
  return names;
}

}  // namespace

Project::Project(FactStore& store) : facts(store), map(store) {
  const uint32_t count = module_count(facts);
  scopes.resize(count);
  tbb::parallel_invoke([&] { calls = CallIndex(facts); },
                       [&] {
                         tbb::parallel_for(uint32_t{0}, count,
                                           [&](uint32_t i) { scopes[i] = ScopeIndex(facts.python[i]); });
                       });
  links.resize(count);
  tbb::parallel_for(uint32_t{0}, count, [&](uint32_t i) { link_module(i); });
  name_modules();
  canonical.resize(count);
  tbb::parallel_for(uint32_t{0}, count, [&](uint32_t i) { canonical[i] = names_in(facts.python[i]); });
  fixtures = FixtureIndex(
      facts, [&](uint32_t module, uint32_t import) { return links[module][import].base.module; });
}

std::string Project::absolute_module(uint32_t module, const PyImport& import) const {
  if (import.level == 0) return import.module.str();
  std::string_view folder = folder_of(facts.path(facts.python[module].file));
  for (int i = 1; i < import.level; ++i) folder = folder_of(folder);
  std::string root = map.package_root(folder);
  std::string name;
  for (std::string_view at = folder; at.size() > root.size(); at = folder_of(at)) {
    name = name.empty() ? std::string(base_name(at)) : std::string(base_name(at)) + "." + name;
  }
  if (name.empty()) return import.module.str();
  return import.module.empty() ? name : name + "." + import.module.str();
}

bool Project::gives(uint32_t package, Name name) const {
  const PythonModule& module = facts.python[package];
  const std::string_view path = facts.path(module.file);
  if (base_name(path) != "__init__.py" || !module.parsed || module.error_nodes > 0) return true;
  const ScopeIndex& scope = scopes[package];
  return !scope.in_function(kNone, name.view()).empty() || !scope.in_function(kNone, "__getattr__").empty() ||
         !scope.star_imports().empty() || map.find_below(folder_of(path), name.view()).found();
}

// A package without what is asked of it is not the one that is meant: another root may have it, or it is a
// library's name (rubric F-02). A module that no root has may lie below a folder around the file.
FoundModule Project::find_giving(uint32_t index, const std::vector<std::string>& roots,
                                 const PyImport& import) const {
  const std::string_view dotted = import.module.view();
  const bool names_part = !import.name.empty() && import.name != "*";
  const FoundModule first = map.find(roots, dotted);
  if (first.module != kNone && names_part && !gives(first.module, import.name)) {
    for (const std::string& root : roots) {
      const FoundModule found = map.find_below(root, dotted);
      if (found.module != kNone && gives(found.module, import.name)) return found;
    }
    return {};
  }
  if (first.module != kNone) return first;
  if (!names_part && dotted.find('.') == std::string_view::npos) return first;
  const FoundModule around = map.find_around(facts.path(facts.python[index].file), dotted);
  const bool given = around.module != kNone && (!names_part || gives(around.module, import.name));
  return given ? around : first;
}

void Project::link_module(uint32_t index) {
  const PythonModule& module = facts.python[index];
  const std::vector<std::string> roots = map.roots_of(index);
  links[index].resize(module.imports.size());
  for (uint32_t i = 0; i < module.imports.size(); ++i) {
    const PyImport& import = module.imports[i];
    ImportLink& link = links[index][i];
    std::string dotted = import.module.str();
    if (import.level > 0) {
      std::string_view folder = folder_of(facts.path(module.file));
      for (int up = 1; up < import.level; ++up) folder = folder_of(folder);
      if (!dotted.empty()) {
        link.base = map.find_below(folder, dotted);
      } else {
        link.base.module = map.module_at(path_in(folder, "__init__.py"));
        if (link.base.module == kNone && map.has_python(folder)) link.base.folder = Name(folder);
      }
    } else {
      link.base = find_giving(index, roots, import);
      size_t dot = dotted.find('.');
      if (dot != std::string::npos && link.base.found()) link.first = map.find(roots, dotted.substr(0, dot));
    }
    if (import.name.empty() || import.name == "*" || !link.base.found()) continue;
    std::string_view folder;
    if (link.base.module == kNone) {
      folder = link.base.folder.view();
    } else {
      std::string_view path = facts.path(facts.python[link.base.module].file);
      if (base_name(path) != "__init__.py") continue;
      folder = folder_of(path);
      if (!scopes[link.base.module].in_function(kNone, import.name.view()).empty() &&
          link.base.module != index)
        continue;
    }
    link.submodule = map.find_below(folder, import.name.view());
    if (link.base.module == kNone && link.submodule.module == kNone) {
      // A folder without __init__.py that has no such module says nothing: the name is a library's.
      if (dotted.find('.') == std::string::npos && import.level == 0) link = {};
    }
  }
}

// Modules in packages are called after their packages, others after the longest name they are imported by.
void Project::name_modules() {
  std::map<uint32_t, std::string> names;
  for (uint32_t i = 0; i < module_count(facts); ++i) {
    for (uint32_t k = 0; k < facts.python[i].imports.size(); ++k) {
      const PyImport& import = facts.python[i].imports[k];
      if (import.level > 0) continue;
      const ImportLink& link = links[i][k];
      auto offer = [&](uint32_t module, std::string name) {
        if (module == kNone) return;
        std::string& best = names[module];
        if (name.size() > best.size() || (name.size() == best.size() && name < best)) best = std::move(name);
      };
      offer(link.base.module, import.module.str());
      offer(link.submodule.module, import.module.str() + "." + import.name.str());
    }
  }
  for (uint32_t i = 0; i < module_count(facts); ++i) {
    PythonModule& module = facts.python[i];
    std::string_view folder = folder_of(facts.path(module.file));
    auto it = names.find(i);
    bool by_import = it != names.end() && !map.is_package(folder);
    module.name = Name(by_import ? it->second : map.default_name(i));
  }
}

}  // namespace mlgrade::passes
