// Bounds of fields and validators of request classes, told from questions whether anything was sent at all.
#include "rules/support/request_bounds.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

// "At least one" asks that there is something, not what it is.
bool asks_for_something(const PyArg& arg) {
  const bool least = arg.keyword == "min_length" || arg.keyword == "min_items";
  return least && arg.value.kind == PyValue::Kind::kNumber && arg.value.number <= 1;
}

bool is_bound_keyword(std::string_view keyword) {
  static constexpr std::string_view kBounds[] = {"ge",          "gt",         "le",       "lt",
                                                 "min_length",  "max_length", "pattern",  "regex",
                                                 "multiple_of", "min_items",  "max_items"};
  return std::find(std::begin(kBounds), std::end(kBounds), keyword) != std::end(kBounds);
}

// What chooses how to answer is none of what is answered about: a format, a page, which of the models.
bool is_selector(std::string_view field) {
  if (has_word(field, {"format", "limit", "buckets", "top", "page", "offset", "sort", "order", "locale"}))
    return true;
  return has_word(field, {"model"}) && has_word(field, {"type", "name", "version", "kind", "id"});
}

// `not rows`, `len(rows) == 0`, `rows is None`: refuses only that nothing was sent.
bool asks_for_emptiness(const PythonModule& module, const PyComparison& comparison) {
  if (comparison.op == PyComparison::Op::kIs || comparison.op == PyComparison::Op::kIsNot) return true;
  const auto is_nothing = [](const PyValue& value) {
    return value.kind == PyValue::Kind::kNone ||
           (value.kind == PyValue::Kind::kString && value.text.empty()) ||
           (value.kind == PyValue::Kind::kList && value.count == 0);
  };
  const auto is_size = [&](const PyValue& value) {
    return value.kind == PyValue::Kind::kCall && value.call < module.calls.size() &&
           module.calls[value.call].callee == "len";
  };
  const auto is_one = [](const PyValue& value) {
    return value.kind == PyValue::Kind::kNumber && value.number <= 1;
  };
  return is_nothing(comparison.left) || is_nothing(comparison.right) ||
         (is_size(comparison.left) && is_one(comparison.right)) ||
         (is_one(comparison.left) && is_size(comparison.right));
}

// The validator holds the value against something, or hands it to what may.
bool holds_to_something(const PythonModule& module, uint32_t function) {
  for (uint32_t c : indices(module.body(function).conditions)) {
    const PyCondition& condition = module.conditions[c];
    if (condition.function != function) continue;
    for (uint32_t i : indices(condition.comparisons)) {
      if (!asks_for_emptiness(module, module.comparisons[i])) return true;
    }
    for (uint32_t call : indices(condition.calls)) {
      if (!has_word(module.calls[call].callee.view(),
                    {"len", "isinstance", "strip", "hasattr", "any", "all"}))
        return true;
    }
  }
  for (uint32_t call : indices(module.body(function).calls)) {
    if (module.calls[call].function_ref.valid()) return true;
  }
  return false;
}

// @field_validator("age", "income") looks at what goes in; without a name, at the whole request.
bool validates_values(const PythonModule& module, uint32_t function, const PyDecorator& decorator) {
  if (!has_word(decorator.name.view(), {"validator"}) || !holds_to_something(module, function)) return false;
  if (decorator.call >= module.calls.size()) return true;
  bool any = false, all_select = true;
  for (uint32_t a : indices(module.calls[decorator.call].args)) {
    const PyArg& arg = module.args[a];
    if (!arg.keyword.empty() || arg.value.kind != PyValue::Kind::kString) continue;
    any = true;
    all_select &= is_selector(arg.value.text.view());
  }
  return !any || !all_select;
}

// A field that refuses values: Field(ge=...), conint(...), Literal, an enumeration; or a validator method of
// the class.
Span bound_in(const PythonModule& module, const PyClass& cls, uint32_t index) {
  for (const PyField& field : cls.fields) {
    if (is_selector(field.name.view())) continue;
    std::string_view annotation = field.annotation.view();
    if (annotation.starts_with("Literal") || annotation.ends_with("Literal") ||
        annotation.find("conint") == 0 || annotation.find("confloat") == 0 ||
        annotation.find("constr") == 0 || annotation.starts_with("Positive")) {
      return field.span;
    }
    if (field.value.kind != PyValue::Kind::kCall || field.value.call == kNone) continue;
    const PyCall& call = module.calls[field.value.call];
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (is_bound_keyword(module.args[a].keyword.view()) && !asks_for_something(module.args[a]))
        return field.span;
    }
  }
  for (uint32_t f : indices(cls.functions)) {
    const PyFunction& function = module.functions[f];
    if (function.cls != index || function.is_stub) continue;
    for (const PyDecorator& decorator : function.decorators) {
      if (validates_values(module, f, decorator)) return function.span;
    }
  }
  return {};
}

// The class that an annotation of the module names; invalid if it is none of the repository's.
PyRef class_annotated(const FactStore& facts, uint32_t module, Name annotation) {
  const PythonModule& m = facts.python[module];
  for (uint32_t c = 0; c < m.classes.size(); ++c) {
    if (m.classes[c].qualname == annotation) return {module, c};
  }
  for (const PyImport& import : m.imports) {
    if (import.bound == annotation) return class_named(facts, import.target);
  }
  return {};
}

// A bound of the class, or of a class that one of its fields holds.
Span bound_in_nested(const FactStore& facts, PyRef ref, int depth) {
  constexpr int kDepth = 3;
  const PythonModule& module = facts.python[ref.module];
  const PyClass& cls = module.classes[ref.index];
  Span bound = bound_in(module, cls, ref.index);
  for (const PyField& field : cls.fields) {
    if (bound.valid() || depth >= kDepth) break;
    const PyRef held = class_annotated(facts, ref.module, field.annotation);
    if (held.valid() && held != ref) bound = bound_in_nested(facts, held, depth + 1);
  }
  return bound;
}

}  // namespace

PyRef class_named(const FactStore& facts, Name target) {
  if (target.empty()) return {};
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const PythonModule& module = facts.python[m];
    std::string_view text = target.view();
    std::string_view home = module.name.view();
    if (!home.empty() && (!text.starts_with(home) || text.size() <= home.size() || text[home.size()] != '.'))
      continue;
    std::string_view rest = home.empty() ? text : text.substr(home.size() + 1);
    for (uint32_t c = 0; c < module.classes.size(); ++c) {
      if (module.classes[c].qualname == rest) return {m, c};
    }
  }
  return {};
}

Span bound_of_request(const FactStore& facts, PyRef cls) { return bound_in_nested(facts, cls, 0); }

}  // namespace mlgrade
