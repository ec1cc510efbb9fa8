// Collects the names of calls that have to do with models, from the catalogue and from the repository's own
// code.
#include "rules/support/outcomes.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace mlgrade {
namespace {

constexpr std::string_view kOfModels[] = {"constructs-estimator", "builds-model", "trains-model",
                                          "loads-model"};
constexpr std::string_view kOfRuns[] = {"predicts", "computes-metric", "tests-http", "requests-http"};

constexpr std::string_view kAsksWhetherThere[] = {"exists",  "isfile",  "is_file", "isdir",   "is_dir",
                                                  "lexists", "listdir", "iterdir", "scandir", "glob",
                                                  "rglob",   "getsize", "stat",    "walk"};
constexpr std::string_view kReads[] = {"load",    "loads",     "open",   "read",    "read_text", "read_bytes",
                                       "predict", "transform", "imread", "restore", "reader"};

template <size_t N>
bool is_one_of(std::string_view word, const std::string_view (&list)[N]) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

std::string_view last_part(std::string_view dotted) { return dotted.substr(dotted.rfind('.') + 1); }

// By node: it, or what it runs, has one of the capabilities.
template <size_t N>
std::vector<bool> able_of_any(const AbilityMap& abilities, const std::string_view (&capabilities)[N]) {
  std::vector<bool> any;
  for (std::string_view capability : capabilities) {
    const std::vector<NodeId>& lowest = abilities.lowest(capability);
    any.resize(lowest.size());
    for (NodeId node = 0; node < any.size(); ++node) any[node] = any[node] || lowest[node] != kNone;
  }
  return any;
}

}  // namespace

Outcomes::Outcomes(const RuleInput& in) : facts_(in.facts) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const std::vector<bool> models = able_of_any(abilities, kOfModels), runs = able_of_any(abilities, kOfRuns);
  for (const Use& use : in.uses) {
    if (use.kind != Use::Kind::kCall || use.call == kNone || !use.function.valid()) continue;
    const Name target = in.facts.python[use.function.module].calls[use.call].target;
    if (is_one_of(use.capability.view(), kOfModels)) model_.insert(target);
    if (is_one_of(use.capability.view(), kOfRuns)) run_.insert(target);
  }
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const NodeId node = in.graph.node_of_function({m, f});
      if (node == kNone) continue;
      const Name name = module.functions[f].target;
      if (models[node]) model_.insert(name);
      if (runs[node]) run_.insert(name);
    }
    for (const PyCall& call : module.calls) {
      if (call.class_ref.valid() && abilities.is_model_class(call.class_ref)) model_.insert(call.target);
    }
  }
  model_.insert(run_.begin(), run_.end());
}

bool Outcomes::of_table(const TestAssertion& assertion) {
  return std::any_of(assertion.depends_on.begin(), assertion.depends_on.end(), [](Name target) {
    const std::string_view name = target.view();
    return name.find(".read_") != std::string_view::npos || name.find(".scan_") != std::string_view::npos;
  });
}

bool Outcomes::only_there(const TestAssertion& assertion) const {
  std::vector<std::string_view> called;
  for (Name target : assertion.depends_on) called.push_back(last_part(target.view()));
  if (const PythonModule* module = facts_.module_of(assertion.span.file)) {
    for (const PyCall& call : module->calls) {
      const uint32_t last = std::max(assertion.span.line, assertion.span.end_line);
      if (call.span.line >= assertion.span.line && call.span.line <= last)
        called.push_back(call.method.view());
    }
  }
  const auto any = [&](const auto& asked) { return std::any_of(called.begin(), called.end(), asked); };
  return any([](std::string_view name) { return is_one_of(name, kAsksWhetherThere); }) &&
         !any([](std::string_view name) {
           return is_one_of(name, kReads) || name.starts_with("read_") || name.starts_with("load_");
         });
}

bool Outcomes::depends(const TestAssertion& assertion, const Names& names) {
  return std::any_of(assertion.depends_on.begin(), assertion.depends_on.end(),
                     [&](Name target) { return names.contains(target); });
}

}  // namespace mlgrade
