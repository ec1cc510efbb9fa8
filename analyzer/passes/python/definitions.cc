// Functions and classes: parameters, decorators, bases, and what their bodies amount to.
#include "analyzer/passes/python/lower.h"

namespace mlgrade {
namespace {

Name qualified(Lowering& py, Name name) {
  if (py.scope.empty()) return name;
  py.buffer.assign(py.scope.view()).append(".").append(name.view());
  return Name(py.buffer);
}

// *args and **kwargs lose their stars.
void set_name(Lowering& py, PyParam& param, uint32_t node) {
  const PyNode kind = py.kind(node);
  if (kind == PyNode::kListSplatPattern || kind == PyNode::kDictSplatPattern) {
    param.variadic = true;
    node = py.child(node, 0);
    if (node == kNone) return;
  }
  if (py.kind(node) == PyNode::kIdentifier) param.name = Name(py.source(node));
}

void set_default(Lowering& py, PyParam& param, uint32_t node) {
  param.has_default = true;
  const PyValue value = lower_expression(py, node, Use::kOther).value;
  if (value.kind == PyValue::Kind::kCall) param.default_call = value.call;
}

// False for `*` and `/`.
bool lower_parameter(Lowering& py, uint32_t node, PyParam& param) {
  switch (py.kind(node)) {
    case PyNode::kIdentifier:
    case PyNode::kListSplatPattern:
    case PyNode::kDictSplatPattern:
      set_name(py, param, node);
      return true;
    case PyNode::kTypedParameter:
    case PyNode::kDefaultParameter:
    case PyNode::kTypedDefaultParameter:
      break;
    default:
      return false;
  }
  const bool has_default = py.kind(node) != PyNode::kTypedParameter;
  bool named = false;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (!py.named(at)) continue;
    if (!named) {
      set_name(py, param, at);
      named = true;
    } else if (py.kind(at) == PyNode::kType) {
      param.annotation = annotation_name(py, at, &param.default_call);
    } else if (has_default) {
      set_default(py, param, at);
    }
  }
  return true;
}

std::vector<PyParam> lower_parameters(Lowering& py, uint32_t node) {
  std::vector<PyParam> made;
  if (node == kNone) return made;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    PyParam param;
    if (py.named(at) && lower_parameter(py, at, param)) made.push_back(param);
  }
  made.shrink_to_fit();
  return made;
}

bool is_constant(PyNode kind) {
  return kind == PyNode::kInteger || kind == PyNode::kFloat || kind == PyNode::kTrue ||
         kind == PyNode::kFalse || kind == PyNode::kNone || kind == PyNode::kString ||
         kind == PyNode::kEllipsis;
}

// A statement that does nothing: pass, ..., a string, return of a constant, raise NotImplementedError.
bool is_idle(const Lowering& py, uint32_t node) {
  const uint32_t first = py.child(node, 0);
  switch (py.kind(node)) {
    case PyNode::kPass:
      return true;
    case PyNode::kExpressionStatement:
      return first != kNone && (py.kind(first) == PyNode::kEllipsis || py.kind(first) == PyNode::kString);
    case PyNode::kReturn:
      return first == kNone || is_constant(py.kind(first));
    case PyNode::kRaise: {
      if (first == kNone) return false;
      const uint32_t raised = py.kind(first) == PyNode::kCall ? py.child(first, 0) : first;
      return raised != kNone && py.source(raised) == "NotImplementedError";
    }
    default:
      return false;
  }
}

bool is_stub(const Lowering& py, uint32_t body) {
  if (body == kNone) return true;
  for (uint32_t at = body + 1; at < py.end(body); at = py.next(at)) {
    if (!is_idle(py, at)) return false;
  }
  return true;
}

// What a function or class body changes, put back when it ends.
struct Scope {
  Lowering& py;
  uint32_t function, cls, block;
  Name scope;
  int optional_imports, type_checking;

  explicit Scope(Lowering& lowering)
      : py(lowering),
        function(py.function),
        cls(py.cls),
        block(py.block),
        scope(py.scope),
        optional_imports(py.optional_imports),
        type_checking(py.type_checking) {}
  ~Scope() {
    py.function = function;
    py.cls = cls;
    py.block = block;
    py.scope = scope;
    py.optional_imports = optional_imports;
    py.type_checking = type_checking;
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
};

IndexRange added(IndexRange range, size_t now) { return {range.begin, static_cast<uint32_t>(now)}; }

// What the vectors of the module have got since `before`, an empty body at their ends.
PyBody body_since(const PythonModule& module, const PyBody& before) {
  return {
      added(before.functions, module.functions.size()), added(before.blocks, module.blocks.size()),
      added(before.calls, module.calls.size()),         added(before.conditions, module.conditions.size()),
      added(before.asserts, module.asserts.size()),     added(before.bindings, module.bindings.size()),
      added(before.jumps, module.jumps.size())};
}

PyBody empty_body(const PythonModule& module) {
  PyBody end = module.body(kNone);
  for (IndexRange* range :
       {&end.functions, &end.blocks, &end.calls, &end.conditions, &end.asserts, &end.bindings, &end.jumps}) {
    range->begin = range->end;
  }
  return end;
}

void lower_bases(Lowering& py, uint32_t arguments, std::vector<Name>& bases) {
  for (uint32_t at = arguments + 1; at < py.end(arguments); at = py.next(at)) {
    if (!py.named(at)) continue;
    if (py.kind(at) == PyNode::kKeywordArgument) {
      const uint32_t value = py.child(at, 1);
      if (value != kNone) lower_expression(py, value, Use::kOther);
      continue;
    }
    Lowered base = lower_expression(py, at, Use::kOther);
    if (base.link == Lowered::Link::kItem) base.link = Lowered::Link::kPlain;  // Generic[T]
    if (base.link != Lowered::Link::kUnknown) bases.push_back(chain_name(py, base));
  }
  bases.shrink_to_fit();
}

PyDecorator lower_decorator(Lowering& py, uint32_t node) {
  PyDecorator made;
  made.span = py.span(node);
  const uint32_t inner = py.child(node, 0);
  if (inner == kNone) return made;
  const Lowered what = lower_expression(py, inner, Use::kOther);
  if (what.value.kind == PyValue::Kind::kCall) {
    made.call = what.value.call;
    made.name = what.chain;
  } else {
    made.name = chain_name(py, what);
  }
  return made;
}

}  // namespace

void lower_lambda_parameters(Lowering& py, uint32_t node) {
  lower_parameters(py, node);  // for the calls in their defaults
}

void lower_function(Lowering& py, uint32_t node, std::vector<PyDecorator> decorators) {
  PyFunction made;
  const uint32_t name = py.child(node, PyNode::kIdentifier);
  if (name != kNone) made.name = Name(py.source(name));
  made.qualname = qualified(py, made.name);
  made.cls = py.cls;
  made.parent = py.function;
  made.decorators = std::move(decorators);
  made.params = lower_parameters(py, py.child(node, PyNode::kParameters));
  const uint32_t type = py.child(node, PyNode::kType);
  if (type != kNone) made.return_annotation = annotation_name(py, type);
  made.is_async = py.child(node, PyNode::kAsyncToken) != kNone;
  const uint32_t body = py.child(node, PyNode::kBlock);
  made.is_stub = is_stub(py, body);
  made.span = py.span(node);
  if (py.cls != kNone && made.name == "__init__") py.module.classes[py.cls].has_init = true;

  const Scope outside(py);
  const auto index = static_cast<uint32_t>(py.module.functions.size());
  py.scope = made.qualname;
  py.module.functions.push_back(std::move(made));
  const PyBody empty = empty_body(py.module);
  py.function = index;
  py.cls = kNone;
  py.optional_imports = py.type_checking = 0;
  const uint32_t block = open_block(py, PyBlock::Kind::kFunction, body == kNone ? node : body);
  py.module.functions[index].block = block;
  const uint32_t before = py.statements;
  lower_block(py, block, body);
  py.module.functions[index].statements = py.statements - before;
  py.module.functions[index].body = body_since(py.module, empty);
}

void lower_class(Lowering& py, uint32_t node, std::vector<PyDecorator> decorators) {
  PyClass made;
  const uint32_t name = py.child(node, PyNode::kIdentifier);
  if (name != kNone) made.name = Name(py.source(name));
  made.qualname = qualified(py, made.name);
  made.function = py.function;
  made.decorators = std::move(decorators);
  const uint32_t arguments = py.child(node, PyNode::kArgumentList);
  if (arguments != kNone) lower_bases(py, arguments, made.bases);
  made.span = py.span(node);

  const uint32_t body = py.child(node, PyNode::kBlock);
  const Scope outside(py);
  const auto index = static_cast<uint32_t>(py.module.classes.size());
  py.scope = made.qualname;
  py.module.classes.push_back(std::move(made));
  py.cls = index;
  const uint32_t block = open_block(py, PyBlock::Kind::kClass, body == kNone ? node : body);
  py.module.classes[index].block = block;
  const auto functions = static_cast<uint32_t>(py.module.functions.size());
  lower_block(py, block, body);
  py.module.classes[index].functions = {functions, static_cast<uint32_t>(py.module.functions.size())};
  py.module.classes[index].fields.shrink_to_fit();
}

void lower_decorated(Lowering& py, uint32_t node) {
  std::vector<PyDecorator> decorators;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    switch (py.kind(at)) {
      case PyNode::kDecorator:
        decorators.push_back(lower_decorator(py, at));
        break;
      case PyNode::kFunction:
        lower_function(py, at, std::move(decorators));
        return;
      case PyNode::kClass:
        lower_class(py, at, std::move(decorators));
        return;
      default:
        break;
    }
  }
}

}  // namespace mlgrade
