// Collecting marks: decorators, pytestmark of modules and classes, marks kept under a name of their own.
#include "analyzer/passes/tests/marks.h"

#include <algorithm>

#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

constexpr int kMaxHops = 8;  // of imports and base classes

bool is_mark(std::string_view name) {
  return name.starts_with("pytest.mark.") || name.starts_with("unittest.skip") ||
         name == "unittest.expectedFailure" || name == "hypothesis.given" ||
         name.starts_with("unittest.mock.patch");
}

// The call whose value a module-level name has: `needs_gpu = pytest.mark.skipif(...)`, also imported.
PyRef value_call(const FactStore& facts, uint32_t index, std::string_view name, int hops = 0) {
  const PythonModule& module = facts.python[index];
  for (const PyBinding& binding : module.bindings) {
    if (binding.function == kNone && binding.target == name && binding.value.kind == PyValue::Kind::kCall) {
      return {index, binding.value.call};
    }
  }
  size_t dot = name.rfind('.');
  std::string_view head = name.substr(0, dot);
  for (const PyImport& import : module.imports) {
    if (import.bound != head || import.project_module == kNone || import.project_module == index) continue;
    if (hops >= kMaxHops) break;
    std::string_view inner = dot == std::string_view::npos ? import.name.view() : name.substr(dot + 1);
    return value_call(facts, import.project_module, inner, hops + 1);
  }
  return {};
}

void add_decorators(const FactStore& facts, uint32_t index, const std::vector<PyDecorator>& decorators,
                    std::vector<Mark>& out) {
  for (auto it = decorators.rbegin(); it != decorators.rend(); ++it) {
    std::string_view target = it->target.view();
    if (!is_mark(target)) continue;
    Mark mark{Name(target.substr(0, target.find('('))), index, it->call, it->span};
    if (it->call == kNone && mark.name != target) {
      PyRef call = value_call(facts, index, it->name.view());
      if (call.valid()) mark.module = call.module, mark.call = call.index;
    }
    out.push_back(mark);
  }
}

void add_value(const FactStore& facts, uint32_t index, const PyValue& value, const Span& span,
               std::vector<Mark>& out) {
  const PythonModule& module = facts.python[index];
  if (value.kind == PyValue::Kind::kCall) {
    const Name target = module.calls[value.call].target;
    if (is_mark(target.view())) out.push_back({target, index, value.call, module.calls[value.call].span});
  } else if (value.kind == PyValue::Kind::kName) {
    if (is_mark(value.text.view())) out.push_back({value.text, index, kNone, span});
    PyRef call = value_call(facts, index, value.text.view());
    if (!call.valid()) return;
    const Name target = facts.python[call.module].calls[call.index].target;
    if (is_mark(target.view())) out.push_back({target, call.module, call.index, span});
  } else if (value.kind == PyValue::Kind::kList) {
    for (uint32_t i = value.elements().begin; i < value.elements().end; ++i) {
      add_value(facts, index, module.values[i], span, out);
    }
  }
}

void add_class(const FactStore& facts, PyRef cls, std::vector<Mark>& out, int hops) {
  if (!cls.valid() || hops > kMaxHops) return;
  const PyClass& self = facts.python[cls.module].classes[cls.index];
  add_decorators(facts, cls.module, self.decorators, out);
  for (const PyField& field : self.fields) {
    if (field.name == "pytestmark") add_value(facts, cls.module, field.value, field.span, out);
  }
  for (PyRef base : self.base_refs) add_class(facts, base, out, hops + 1);
}

void add_outer_classes(const FactStore& facts, PyRef cls, std::vector<Mark>& out) {
  const std::vector<PyClass>& classes = facts.python[cls.module].classes;
  std::string_view name = classes[cls.index].qualname.view();
  for (size_t dot = name.rfind('.'); dot != std::string_view::npos; dot = name.rfind('.')) {
    name = name.substr(0, dot);
    for (uint32_t i = 0; i < classes.size(); ++i) {
      if (classes[i].qualname == name) add_class(facts, {cls.module, i}, out, 0);
    }
  }
}

}  // namespace

std::vector<Mark> marks_of_module(const FactStore& facts, uint32_t module) {
  std::vector<Mark> marks;
  for (const PyBinding& binding : facts.python[module].bindings) {
    bool of_module = binding.function == kNone && binding.block == 0;
    if (of_module && binding.target == "pytestmark")
      add_value(facts, module, binding.value, binding.span, marks);
  }
  return marks;
}

std::vector<Mark> marks_of(const FactStore& facts, PyRef function, PyRef cls,
                           const std::vector<Mark>& of_module) {
  std::vector<Mark> marks;
  add_decorators(facts, function.module, facts.function(function)->decorators, marks);
  add_class(facts, cls, marks, 0);
  if (cls.valid()) add_outer_classes(facts, cls, marks);
  marks.insert(marks.end(), of_module.begin(), of_module.end());
  return marks;
}

}  // namespace mlgrade::passes
