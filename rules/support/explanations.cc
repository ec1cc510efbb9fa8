// Tells the call that explains from the one that builds the explainer, and looks at what becomes of the
// values.
#include "rules/support/explanations.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/roles.h"

namespace mlgrade {
namespace {

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

bool is_constructor(const PyCall& call) {
  const std::string_view name = last_part(call.target.empty() ? call.callee.view() : call.target.view());
  return !name.empty() && std::isupper(static_cast<unsigned char>(name.front())) != 0;
}

bool imports_shap(const PythonModule& module) {
  return std::any_of(module.imports.begin(), module.imports.end(), [](const PyImport& import) {
    std::string_view name = import.target.empty() ? import.module.view() : import.target.view();
    return import.project_module == kNone && name.substr(0, name.find('.')) == "shap";
  });
}

// Calls of one module, which is no sample, by the catalogue's word for what they do.
std::set<uint32_t> calls_that(const RuleInput& in, uint32_t module, std::string_view capability) {
  std::set<uint32_t> out;
  for (const Use* use : uses_of(in, capability)) {
    if (use->kind == Use::Kind::kCall && use->function.module == module) out.insert(use->call);
  }
  return out;
}

// `explainer(rows)` where `explainer` was bound to what a constructor built.
bool asks_explainer(const PythonModule& module, const PyCall& call, const std::set<uint32_t>& explains) {
  if (!call.target.empty() && is_constructor(call)) return false;
  return std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& b) {
    return b.target == call.callee && b.value.kind == PyValue::Kind::kCall &&
           explains.contains(b.value.call) && is_constructor(module.calls[b.value.call]);
  });
}

// It takes one row, or draws one prediction: for certain, or by a name that may mean many as well (a sample,
// a part of the rows).
enum class OfOne { kNo, kMaybe, kYes };

OfOne of_one(const PythonModule& module, const PyCall& call) {
  if (has_word(call.callee.view(), {"force", "waterfall", "decision", "instance", "local"}))
    return OfOne::kYes;
  OfOne found = OfOne::kNo;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (module.args[a].value.kind == PyValue::Kind::kSubscript) found = OfOne::kMaybe;
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
      const std::string_view name = module.names[r].view();
      if (has_word(name, {"iloc", "loc", "row", "instance", "single"})) return OfOne::kYes;
      if (has_word(name, {"sample"})) found = OfOne::kMaybe;
    }
  }
  return found;
}

// The values are averaged over rows, or drawn in one picture of many.
bool over_all(const PythonModule& module, uint32_t function, uint32_t index,
              const std::set<uint32_t>& importances) {
  const std::string_view target = module.calls[index].target.view();
  if (target.find("partial_dependence") != target.npos || target.find("PartialDependence") != target.npos)
    return true;  // how the answer goes with a feature, over the rows
  const OfOne one = of_one(module, module.calls[index]);
  if (one == OfOne::kYes) return false;
  const bool drawn = std::any_of(importances.begin(), importances.end(),
                                 [&](uint32_t c) { return module.calls[c].function == function; });
  if (drawn || one == OfOne::kMaybe) return drawn;
  const Carriers values = carriers_of(module, function, [&](uint32_t c) { return c == index; });
  return std::ranges::any_of(calls_in(module, function), [&](const PyCall& call) {
    if (call.function != function || call.method != "mean") return false;
    const std::string_view root = call.callee.view().substr(0, call.callee.view().find('.'));
    if (values.names.contains(Name(root))) return true;
    IndexRange args = call.args;
    if (call.receiver != kNone) args = module.calls[call.receiver].args;  // np.abs(values).mean(axis=0)
    for (uint32_t a = args.begin; a < args.end; ++a) {
      if (values.carries(module, module.args[a].reads)) return true;
    }
    return false;
  });
}

}  // namespace

std::vector<Explanation> explanations(const RuleInput& in) {
  std::vector<Explanation> found;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file)) continue;
    const std::set<uint32_t> explains = calls_that(in, m, "explains-prediction");
    const bool shap = imports_shap(module);
    if (explains.empty() && !shap) continue;
    const std::set<uint32_t> importances = calls_that(in, m, "measures-importance");
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const bool by_tool = explains.contains(c) && !is_constructor(call);
      const bool by_name = shap && call.method == "shap_values" && !call.function_ref.valid();
      if (!by_tool && !by_name && !asks_explainer(module, call, explains)) continue;
      found.push_back({m, call.function, c, over_all(module, call.function, c, importances), call.span});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Explanation& a, const Explanation& b) { return a.span < b.span; });
  return found;
}

std::set<Name> functions_leading_to(const RuleInput& in, NodeId node) {
  std::set<Name> out;
  for (NodeId caller : work_leading_to(in, node)) {
    const Node& n = in.graph.nodes[caller];
    if (n.kind == NodeKind::kFunction) out.insert(in.facts.python[n.owner].functions[n.index].target);
  }
  out.erase(Name());
  return out;
}

}  // namespace mlgrade
