// Says what names, values and calls stand for. One Resolver serves one thread; what it has found out it
// keeps.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/base/limits.h"
#include "analyzer/base/text_map.h"
#include "analyzer/passes/python/entity.h"
#include "analyzer/passes/python/project.h"

namespace mlgrade::passes {

// Where an expression stands: decides which definitions it can see.
struct Site {
  uint32_t module = kNone;
  uint32_t function = kNone;
  uint32_t block = kNone;
  uint32_t line = 0xffffffff;  // after everything
  uint32_t column = 0;
  bool operator==(const Site&) const = default;
};

Site site_of(uint32_t module, const PyCall& call);
Site site_of(uint32_t module, const PyBinding& binding);
Site site_of(uint32_t module, const PyJump& jump);

// The argument without keyword at that place; null if there is none, or if something is unpacked before it.
const PyValue* positional_value(const PythonModule& module, const PyCall& call, uint32_t position);

// A class among the ancestors of a class: one of the repository, or a name of a library, or neither if it
// could not be told.
struct Ancestor {
  PyRef cls;
  Name external;
};

class Resolver {
 public:
  // `home`: the module that most questions are about.
  Resolver(const Project& project, uint32_t home) : project_(project), home_(home) {}

  Entity name(const Site& site, std::string_view dotted);     // "np.random.seed", "self.model.fit"
  Entity value(const Site& site, const PyValue& value);       // what an expression evaluates to
  Entity annotated(const Site& site, std::string_view name);  // an object of the annotated type
  Entity callee(uint32_t module, uint32_t call);              // what is called
  Entity call_result(uint32_t module, uint32_t call);         // what the call gives
  Entity function_result(PyRef function);                     // what a function returns, if all returns agree
  Entity yielded(PyRef function);                             // what a generator yields
  Entity import(uint32_t module, uint32_t index);             // what an import statement binds
  Entity member(const Entity& object, std::string_view attribute, bool run_properties = true);

  // The class itself first, then its ancestors in the order in which attributes are searched.
  const std::vector<Ancestor>& ancestors(PyRef cls);
  // The method that calling an object of the class runs: __call__, or what torch and keras call for it.
  Entity call_method(PyRef cls);
  // The __init__ that runs when the class is constructed; invalid if that is no code of the repository.
  PyRef constructor(PyRef cls);

  // The canonical name of an entity; empty if unknown.
  Name canonical(const Entity& entity) const;
  Name function_name(PyRef function) const;  // "package.module.Class.method"
  Name class_name(PyRef cls) const;
  bool is_property(PyRef function) const;

 private:
  Entity lookup(const Site& site, std::string_view head);
  Entity around_functions(const Site& site, std::string_view head);  // in the module's scope and the builtins
  Entity module_member(uint32_t module, std::string_view attribute, bool submodules = true);
  Entity class_member(PyRef cls, bool skip_first, std::string_view attribute, bool instance);
  Entity own_member(PyRef cls, std::string_view attribute, bool& defined);
  Entity members(Entity object, std::string_view chain);
  Entity element(const Entity& object, std::string_view key = {});  // object[key]; no key: any element
  Entity pick(std::span<const Def> defs, const Site& site, bool same_scope);
  Entity definition(uint32_t module, const Def& def);
  Entity parameter(uint32_t module, uint32_t function, uint32_t param);
  // The first object that a call of the function hands over: calls that differ hand over things that are used
  // alike. resolver_parameters.cc.
  Entity handed_over(uint32_t module, uint32_t function, uint32_t param);
  Entity binding(uint32_t module, uint32_t index);
  Entity evaluate_binding(uint32_t module, uint32_t index);
  Entity unpacked(uint32_t module, uint32_t index);
  Entity evaluate_callee(uint32_t module, uint32_t call);
  Entity evaluate_result(uint32_t module, uint32_t call);
  Entity special_result(uint32_t module, uint32_t call, std::string_view name, bool& special);
  Entity called(const Entity& callee);
  Entity entered(const Entity& object);  // what `with object as x` binds
  Entity jumps_agree(PyRef function, PyJump::Kind kind);
  // Containers: resolver_containers.cc.
  Entity literal(const Site& site, const PyValue& value);
  Entity iterated(const Entity& object);  // what a loop over the object binds
  Entity container_method(const Entity& method, std::string_view key = {});
  Entity container_call(uint32_t module, uint32_t call, std::string_view name, bool& special);
  Entity dict_call(uint32_t module, const PyCall& call);
  Entity filled(uint32_t module, uint32_t binding, Entity container);  // with what is put into it later
  Entity dotted_binding(const Site& site, std::string_view dotted, size_t& used);
  Entity star_member(uint32_t module, std::string_view name);

  using Memo = std::unordered_map<uint64_t, Entity>;
  template <typename Evaluate>
  Entity remember(Memo& memo, uint32_t module, uint32_t index, Evaluate evaluate) {
    const uint64_t key = (uint64_t{module} << 32) | index;
    auto [it, fresh] = memo.try_emplace(key);
    if (!fresh) return it->second;  // also while it is being evaluated: a circle tells nothing
    if (depth_ > kMaxNesting) {
      memo.erase(it);
      return {};
    }
    ++depth_;
    Entity entity = evaluate();
    --depth_;
    memo[key] = entity;
    return entity;
  }
  static constexpr int kMaxNesting = kMaxAliasHops * 2;  // of evaluations

  const Project& project_;
  const uint32_t home_;
  Memo bindings_, callees_, results_, function_results_, yields_, imports_, parameters_;
  std::unordered_map<uint64_t, std::vector<Ancestor>> ancestors_;
  TextMap<Entity>
      in_functions_[2];  // what names around functions stand for in those of `home`; in an `except`
  int depth_ = 0;
};

}  // namespace mlgrade::passes
