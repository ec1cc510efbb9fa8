// Finds tables of functions in functions, and what stands under their names.
#include "analyzer/graph/dispatch.h"

#include <algorithm>

#include "analyzer/base/dotted.h"

namespace mlgrade {
namespace {

using Kind = PyValue::Kind;

bool is_constant(const PyValue& value) {
  return value.kind == Kind::kString || value.kind == Kind::kNumber || value.kind == Kind::kBool ||
         value.kind == Kind::kNone;
}

// `steps[name]()` or `steps.get(name)()`.
bool is_element_of(const PyCall& call, Name table) {
  const std::string_view callee = call.callee.view(), name = table.view();
  if (!callee.starts_with(name)) return false;
  return callee.substr(name.size()) == "[]" || callee.substr(name.size()) == ".get()";
}

bool calls_element(const PythonModule& m, uint32_t function, Name table) {
  const IndexRange calls = m.functions[function].body.calls;
  return std::any_of(m.calls.begin() + calls.begin, m.calls.begin() + calls.end, [&](const PyCall& call) {
    return call.function == function && is_element_of(call, table);
  });
}

}  // namespace

Dispatches::Dispatches(const FactStore& facts) : facts_(facts) {
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    const PythonModule& m = facts.python[i];
    for (uint32_t b = 0; b < m.bindings.size(); ++b) {
      const PyBinding& binding = m.bindings[b];
      const bool table = binding.function != kNone && binding.kind == PyBinding::Kind::kAssign &&
                         binding.value.kind == Kind::kDict && !binding.subscript && binding.value.count > 0 &&
                         binding.value.count <= PyValue::kMaxElements;
      if (table && calls_element(m, binding.function, binding.target)) add(i, binding.function, b);
    }
  }
}

void Dispatches::add(uint32_t module, uint32_t function, uint32_t b) {
  const PythonModule& m = facts_.python[module];
  const PyBinding& binding = m.bindings[b];
  Table table;
  table.binding = b;
  std::vector<PyRef> called;  // in lambdas and the like, in order
  for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) {
    if (m.calls[c].function_ref.valid()) called.push_back(m.calls[c].function_ref);
  }
  const IndexRange elements = binding.value.elements();
  size_t others = 0;
  for (uint32_t e = elements.begin; e + 1 < elements.end; e += 2) {
    if (m.values[e].kind != Kind::kString) return;
    others += m.values[e + 1].kind == Kind::kName ? 0 : 1;
  }
  const bool one_each = others == called.size() && others == binding.calls.size();
  size_t next = 0;
  for (uint32_t e = elements.begin; e + 1 < elements.end; e += 2) {
    std::vector<PyRef> runs;
    if (m.values[e + 1].kind != Kind::kName) {
      runs = one_each ? std::vector<PyRef>{called[next++]} : called;
    } else {
      for (const PyReference& reference : m.references) {
        const PyFunction* named = facts_.function(reference.target);
        const bool here = reference.function == function && reference.span == binding.span;
        if (here && named != nullptr && named->name.view() == last_component(m.values[e + 1].text.view()))
          runs.push_back(reference.target);
      }
    }
    table.entries.emplace_back(m.values[e].text.str(), std::move(runs));
  }
  tables_.emplace(PyRef{module, function}, std::move(table));
}

bool Dispatches::holds(uint32_t module, uint32_t call) const {
  const auto found = tables_.find({module, facts_.python[module].calls[call].function});
  if (found == tables_.end()) return false;
  const PyBinding& binding = facts_.python[module].bindings[found->second.binding];
  const bool inside = call >= binding.calls.begin && call < binding.calls.end;
  return inside || is_element_of(facts_.python[module].calls[call], binding.target);
}

bool Dispatches::holds(uint32_t module, const PyReference& reference) const {
  const auto found = tables_.find({module, reference.function});
  if (found == tables_.end() || reference.kind != PyReference::Kind::kValue) return false;
  return reference.span == facts_.python[module].bindings[found->second.binding].span;
}

std::vector<PyRef> Dispatches::all_of(PyRef function) const {
  std::vector<PyRef> out;
  const auto found = tables_.find(function);
  if (found == tables_.end()) return out;
  for (const auto& [name, runs] : found->second.entries) out.insert(out.end(), runs.begin(), runs.end());
  return out;
}

std::vector<PyRef> Dispatches::taken_by(uint32_t module, const PyCall& call) const {
  const auto found = tables_.find(call.function_ref);
  if (!call.function_ref.valid() || found == tables_.end()) return {};
  const PythonModule& m = facts_.python[module];
  std::vector<PyRef> out;
  bool known = call.args.begin < call.args.end, named = false;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = m.args[a];
    known = known && is_constant(arg.value) && arg.keyword != "*" && arg.keyword != "**";
    if (arg.value.kind != Kind::kString) continue;
    for (const auto& [name, runs] : found->second.entries) {
      if (arg.value.text != name) continue;
      out.insert(out.end(), runs.begin(), runs.end());
      named = true;
    }
  }
  return named || known ? out : all_of(call.function_ref);
}

}  // namespace mlgrade
