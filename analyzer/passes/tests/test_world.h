// What judging tests needs to know about all files: whose code is whose, who calls whom, what names stand
// for.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/facts/fact_store.h"
#include "analyzer/passes/python/fixture_index.h"

namespace mlgrade::passes {

// sys.modules["prophet"] = Mock()
bool stubs_a_module(const PyBinding& binding);

class TestWorld {
 public:
  explicit TestWorld(const FactStore& facts);

  const FactStore& facts;
  const FixtureIndex fixtures;

  const PythonModule& module(uint32_t index) const { return facts.python[index]; }
  bool is_test_module(uint32_t index) const { return test_modules_[index]; }
  bool is_project_function(PyRef ref) const { return ref.valid() && !test_modules_[ref.module]; }
  bool asserts(PyRef function) const;  // by an assert statement of its own
  const PyImport* import_of(uint32_t module, std::string_view bound) const;
  bool is_function_or_class(Name canonical) const { return callables_.contains(canonical); }

  uint32_t module_named(std::string_view dotted) const;  // kNone if there is none
  // The canonical form of a dotted name that a text of the module gives as its imports would: below a folder
  // on the path that is itself a package "train.fit" is "src.train.fit". The name itself where no module is
  // found.
  std::string canonical(uint32_t module, std::string_view dotted) const;
  // Bindings in the module's body that put something into sys.modules.
  const std::vector<uint32_t>& stubs_of_module(uint32_t module) const { return stubs_[module]; }

  // Functions that "package.module.name" or "package.module.Class.method" stands for: one, none, or all
  // methods of a class. Follows imports of that module.
  std::vector<PyRef> functions_named(std::string_view dotted) const;

  // Which bodies a walk has seen; kept from one walk to the next.
  struct Seen {
    std::vector<uint32_t> walks;  // by body: the last walk that saw it
    uint32_t walk = 0;
    std::vector<uint32_t> queue;  // bodies
  };
  // Functions of the project outside tests that run when these run, transitively, but for the stopped ones;
  // sorted.
  std::vector<PyRef> reached_from(const std::vector<PyRef>& start, const std::vector<PyRef>& stopped,
                                  Seen& seen) const;

  // True if the text is the path or dotted name of a module of the project that is no test.
  bool names_project_code(std::string_view text) const;

 private:
  void index_module(uint32_t index);
  void find_roots();
  void link_functions();
  void link_functions(uint32_t index, std::vector<std::pair<uint32_t, PyRef>>& links) const;
  uint32_t body_of(PyRef ref) const { return bodies_[ref.module] + ref.index + 1; }  // kNone + 1 is 0
  static void add_methods(const FactStore& store, PyRef cls, std::vector<PyRef>& out);

  std::vector<bool> test_modules_;
  std::vector<std::vector<uint32_t>> stubs_;     // by module
  std::vector<std::vector<std::string>> roots_;  // by module: packages below which its imports are found
  std::vector<std::string> all_roots_;           // sorted
  std::vector<uint32_t> bodies_;        // by module: the number of its body; those of its functions follow
  std::vector<uint32_t> callee_begin_;  // by body, and the end
  std::vector<uint32_t> callees_;       // bodies of functions
  std::vector<PyRef> refs_;             // by body
  std::vector<std::unordered_map<std::string_view, uint32_t>> imports_;  // by module and bound name
  std::unordered_map<Name, std::vector<PyRef>> callables_;  // canonical names of functions and classes
  std::unordered_map<std::string_view, uint32_t> modules_;  // by dotted name
};

}  // namespace mlgrade::passes
