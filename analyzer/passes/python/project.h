// What look-ups across modules share: made once, read by many threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/passes/python/call_index.h"
#include "analyzer/passes/python/fixture_index.h"
#include "analyzer/passes/python/module_map.h"
#include "analyzer/passes/python/scope_index.h"

namespace mlgrade::passes {

// What an import statement leads to in the repository; nothing found means a library.
struct ImportLink {
  FoundModule base;       // the module after `import` or `from`
  FoundModule first;      // `import a.b` without alias: what the bound name `a` is
  FoundModule submodule;  // `from pkg import name`: the module of that name, if pkg itself does not define it
};

// "package.module.Class.method" of what a module defines, by index.
struct CanonicalNames {
  std::vector<Name> functions, classes;
};

struct Project {
  explicit Project(FactStore& store);

  FactStore& facts;
  ModuleMap map;
  std::vector<ScopeIndex> scopes;              // by module
  std::vector<std::vector<ImportLink>> links;  // by module and import
  std::vector<CanonicalNames> canonical;       // by module
  FixtureIndex fixtures;
  CallIndex calls;

  const PythonModule& module(uint32_t index) const { return facts.python[index]; }
  // The absolute dotted name that an import statement asks for, "" if it leaves the outermost package.
  std::string absolute_module(uint32_t module, const PyImport& import) const;

 private:
  void link_module(uint32_t module);
  // Whether `from package import name` finds the name there; yes if that cannot be told.
  bool gives(uint32_t package, Name name) const;
  FoundModule find_giving(uint32_t module, const std::vector<std::string>& roots,
                          const PyImport& import) const;
  void name_modules();
};

}  // namespace mlgrade::passes
