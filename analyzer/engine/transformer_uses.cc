// Looks at the class in which an estimator is used.
#include "analyzer/engine/transformer_uses.h"

#include <algorithm>
#include <string_view>

namespace mlgrade {
namespace {

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_transformer(const PythonModule& module, uint32_t cls) {
  bool fits = false, transforms = false;
  for (uint32_t f = module.classes[cls].functions.begin; f < module.classes[cls].functions.end; ++f) {
    const PyFunction& function = module.functions[f];
    if (function.cls != cls) continue;
    const std::string_view name = function.name.view();
    if (is_any(name, {"predict", "predict_proba", "decision_function", "forward", "evaluate", "score",
                      "train", "training_step", "call", "run"}))
      return false;
    fits |= name == "fit";
    transforms |= name == "transform";
  }
  return fits && transforms;
}

bool in_transformer(const FactStore& facts, const Use& use) {
  if (use.kind != Use::Kind::kCall) return false;
  const PyFunction* function = facts.function(use.function);
  if (function == nullptr || function->cls == kNone) return false;
  return is_transformer(facts.python[use.function.module], function->cls);
}

}  // namespace

void settle_transformers(const FactStore& facts, std::vector<Use>& uses) {
  const auto is_test = [&](const Use& use) {
    return std::any_of(facts.tests.begin(), facts.tests.end(), [&](const TestCase& test) {
      return use.kind == Use::Kind::kCall && test.function.module == use.function.module;
    });
  };
  std::vector<Use*> inside;
  bool model = false;
  for (Use& use : uses) {
    const bool trains = use.capability == "trains-model";
    if (!trains && use.capability != "predicts") continue;
    if (in_transformer(facts, use)) {
      inside.push_back(&use);
    } else if (trains && !model) {
      model = !is_test(use);
    }
  }
  if (!model) return;
  for (Use* use : inside)
    use->capability = Name(use->capability == "trains-model" ? "fits-transformer" : "transforms");
}

}  // namespace mlgrade
