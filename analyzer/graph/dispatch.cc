// Finds tables of functions in functions, and what stands under their names.
#include "analyzer/graph/dispatch.h"

#include <algorithm>
#include <set>

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

// The parameter that the condition holds against a string, and the string: `name == "fit"`.
struct Asked {
  uint32_t param = kNone;
  Name text;
};

Asked asked_of(const PythonModule& m, const PyFunction& function, const PyCondition& condition) {
  if (condition.kind != PyCondition::Kind::kIf || condition.negated || condition.comparisons.size() != 1)
    return {};
  const PyComparison& only = m.comparisons[condition.comparisons.begin];
  if (only.op != PyComparison::Op::kEqual || only.left.kind != Kind::kName ||
      only.right.kind != Kind::kString)
    return {};
  for (uint32_t p = 0; p < function.params.size(); ++p) {
    if (function.params[p].name == only.left.text && !function.params[p].variadic)
      return {p, only.right.text};
  }
  return {};
}

// The condition in whose branch the block lies, of those that `wanted` takes; kNone if in none.
template <typename Wanted>
uint32_t branch_of(const PythonModule& m, uint32_t block, const Wanted& wanted) {
  for (uint32_t b = block; b != kNone; b = m.blocks[b].parent) {
    const PyBlock& each = m.blocks[b];
    if (each.kind == PyBlock::Kind::kFunction) return kNone;
    if (each.kind == PyBlock::Kind::kIf && each.condition != kNone && wanted(each.condition))
      return each.condition;
  }
  return kNone;
}

// What the call gives for the parameter; null if it gives nothing, or in a way that is not seen.
const PyValue* given_for(const PythonModule& m, const PyCall& call, const PyFunction& function,
                         uint32_t param) {
  const bool method = function.cls != kNone && !function.params.empty() &&
                      (function.params[0].name == "self" || function.params[0].name == "cls");
  uint32_t position = method ? 1 : 0;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = m.args[a];
    if (arg.keyword == "*" || arg.keyword == "**") return nullptr;
    if (arg.keyword.empty() ? position++ == param : arg.keyword == function.params[param].name)
      return &arg.value;
  }
  return nullptr;
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
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    for (uint32_t f = 0; f < facts.python[i].functions.size(); ++f) add_branches(i, f);
  }
  // Branches choose only where somebody names one of them.
  std::set<PyRef> named;
  for (uint32_t i = 0; i < facts.python.size(); ++i) {
    for (const PyCall& call : facts.python[i].calls) {
      const auto found = tables_.find(call.function_ref);
      if (!call.function_ref.valid() || found == tables_.end() || found->second.param == kNone) continue;
      const PyValue* given =
          given_for(facts.python[i], call, *facts.function(call.function_ref), found->second.param);
      if (given != nullptr && given->kind == Kind::kString) named.insert(call.function_ref);
    }
  }
  std::erase_if(tables_, [&](const auto& table) {
    return table.second.param != kNone && !named.contains(table.first);
  });
}

// A function that asks one parameter for at least two names, and calls something else of the project for
// each. One that is registered is called in ways that nobody sees.
void Dispatches::add_branches(uint32_t module, uint32_t f) {
  const PythonModule& m = facts_.python[module];
  const PyFunction& function = m.functions[f];
  if (!function.decorators.empty() || tables_.contains({module, f})) return;
  std::map<uint32_t, Asked> asked;  // by condition
  for (uint32_t c = function.body.conditions.begin; c < function.body.conditions.end; ++c) {
    if (m.conditions[c].function != f) continue;
    const Asked one = asked_of(m, function, m.conditions[c]);
    const bool same = asked.empty() || asked.begin()->second.param == one.param;
    if (one.param != kNone && same) asked.emplace(c, one);
  }
  if (asked.size() < 2) return;
  Table table;
  table.param = asked.begin()->second.param;
  std::map<uint32_t, std::vector<PyRef>> runs;
  for (uint32_t c = function.body.calls.begin; c < function.body.calls.end; ++c) {
    const PyCall& call = m.calls[c];
    if (call.function != f || !call.function_ref.valid() || call.function_ref.index == kNone) continue;
    const uint32_t branch = branch_of(m, call.block, [&](uint32_t at) { return asked.contains(at); });
    if (branch == kNone) continue;
    runs[branch].push_back(call.function_ref);
    table.calls.push_back(c);
  }
  if (runs.size() < 2) return;
  for (const auto& [condition, one] : asked) {
    const auto found = runs.find(condition);
    table.entries.emplace_back(one.text.str(), found == runs.end() ? std::vector<PyRef>{} : found->second);
  }
  tables_.emplace(PyRef{module, f}, std::move(table));
}

std::vector<PyRef> Dispatches::taken_branch(const Table& table, uint32_t module, const PyCall& call) const {
  const PyValue* given =
      given_for(facts_.python[module], call, *facts_.function(call.function_ref), table.param);
  if (given == nullptr || given->kind != Kind::kString) return all_of(call.function_ref);
  for (const auto& [name, runs] : table.entries) {
    if (given->text == name) return runs;
  }
  return {};
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
  if (found->second.param != kNone) return std::ranges::binary_search(found->second.calls, call);
  const PyBinding& binding = facts_.python[module].bindings[found->second.binding];
  const bool inside = call >= binding.calls.begin && call < binding.calls.end;
  return inside || is_element_of(facts_.python[module].calls[call], binding.target);
}

bool Dispatches::holds(uint32_t module, const PyReference& reference) const {
  const auto found = tables_.find({module, reference.function});
  if (found == tables_.end() || reference.kind != PyReference::Kind::kValue) return false;
  if (found->second.param != kNone) return false;
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
  if (found->second.param != kNone) return taken_branch(found->second, module, call);
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
