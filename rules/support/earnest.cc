// Looks at what the test and its fixtures hand to the training.
#include "rules/support/earnest.h"

#include <algorithm>
#include <vector>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

std::vector<PyRef> own_functions(const TestCase& test) {
  std::vector<PyRef> own = test.fixtures;
  if (test.function.valid()) own.push_back(test.function);
  std::erase_if(own, [](PyRef ref) { return ref.index == kNone; });
  return own;
}

}  // namespace

bool EarnestTests::trains_for_itself(uint32_t index) const {
  for (PyRef ref : own_functions(in_.facts.tests[index])) {
    const PythonModule& module = in_.facts.python[ref.module];
    for (uint32_t c : indices(module.body(ref.index).calls)) {
      const PyCall& call = module.calls[c];
      if (call.function != ref.index) continue;
      bool trains = call.function_ref.valid() &&
                    abilities_.can(in_.graph.node_of_function(call.function_ref), "trains-model");
      for (const AbleAt& able : abilities_.at(in_.graph.node_of_call(ref.module, c)))
        trains |= able.capability == "trains-model" && able.span == call.span;
      trains |= call.target.view().starts_with("sklearn.model_selection.cross_val");  // fits on each fold
      if (!trains) continue;
      bool written_out = false;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyValue& value = module.args[a].value;
        written_out |= value.kind == PyValue::Kind::kList && value.count > 0;
      }
      if (written_out || synthetic_.made_up(ref.module, call).valid()) return true;
    }
  }
  return false;
}

bool EarnestTests::mocks(const TestCase& test) const {
  if (!test.mocked.empty()) return true;
  const std::vector<PyRef> own = own_functions(test);
  return std::any_of(in_.uses.begin(), in_.uses.end(), [&](const Use& use) {
    return use.capability == "mocks" && std::find(own.begin(), own.end(), use.function) != own.end();
  });
}

bool EarnestTests::in_earnest(uint32_t index) const {
  const TestCase& test = in_.facts.tests[index];
  if (test.on_artifacts) return true;
  if (mocks(test)) return false;
  const NodeId node = in_.graph.node_of_test(index);
  return (abilities_.can(node, "trains-model") && !trains_for_itself(index)) ||
         abilities_.can(node, "loads-model");
}

bool clears_away(const FactStore& facts, const TestCase& test) {
  std::vector<PyRef> parts = test.fixtures;
  parts.push_back(test.function);
  return std::any_of(parts.begin(), parts.end(), [&](PyRef part) {
    const PyFunction* function = facts.function(part);
    if (function == nullptr) return false;
    const bool own = std::any_of(function->params.begin(), function->params.end(), [](const PyParam& param) {
      return param.name.view().starts_with("tmp") || param.name == "monkeypatch";
    });
    const PythonModule& module = facts.python[part.module];
    return own || std::any_of(module.calls.begin(), module.calls.end(), [&](const PyCall& call) {
             return call.function == part.index &&
                    (call.method == "remove" || call.method == "unlink" || call.method == "rmtree" ||
                     has_word(call.callee.view(), {"tempfile", "TemporaryDirectory", "mkdtemp"}));
           });
  });
}

bool mocks_training(const RuleInput& in, const AbilityMap& abilities, const TestCase& test) {
  return std::any_of(test.mocked.begin(), test.mocked.end(), [&](PyRef ref) {
    const NodeId node = in.graph.node_of_function(ref);
    return node != kNone && abilities.can(node, "trains-model");
  });
}

bool asserts_only_refusal(const TestCase& test) {
  const auto raises = [](const TestAssertion& a) { return a.raises; };
  return std::any_of(test.assertions.begin(), test.assertions.end(), raises) &&
         std::all_of(test.assertions.begin(), test.assertions.end(), [](const TestAssertion& a) {
           return a.raises || a.worth != TestAssertion::Worth::kEffective;
         });
}

}  // namespace mlgrade
