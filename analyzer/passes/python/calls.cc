// Calls with their arguments, and the chains of attributes and subscripts that calls hang on.
#include <vector>

#include "analyzer/passes/python/lower.h"

namespace mlgrade {
namespace {

// The function part of a call. Its own name is no read, the object that it is a method of is one.
Lowered lower_callee(Lowering& py, uint32_t node, Name& method) {
  Lowered made;
  if (py.kind(node) == PyNode::kIdentifier) {
    made.chain = method = Name(py.source(node));
    made.link = Lowered::Link::kPlain;
    return made;
  }
  if (py.kind(node) != PyNode::kAttribute) return lower_expression(py, node, Use::kReceiver);
  const uint32_t object = py.child(node, 0);
  const uint32_t attribute = py.child(node, 1);
  if (object == kNone || attribute == kNone) return lower_expression(py, node, Use::kReceiver);
  method = Name(py.source(attribute));
  made.link = Lowered::Link::kPlain;
  if (is_dotted(py, object)) {
    py.module.names.push_back(dotted_name(py, object));
    made.chain = dotted_name(py, node);
    return made;
  }
  const Lowered of = lower_expression(py, object, Use::kReceiver);
  made.chain = chain_name(py, of, method.view());
  made.receiver = of.receiver;
  // `rows["age"].mean()` looks at one column, `(root / "a.md").read_text()` at one file.
  const bool keyed = of.value.kind == PyValue::Kind::kSubscript && !of.value.text.view().ends_with("[]");
  if (keyed || of.value.kind == PyValue::Kind::kPath) py.module.names.push_back(of.value.text);
  return made;
}

// Marks that leave a test out under a condition.
bool takes_condition(std::string_view method) {
  return method == "skipif" || method == "skipIf" || method == "skipUnless";
}

// The condition of such a mark: told apart from other arguments so that what it compares is kept.
PyValue lower_skip_condition(Lowering& py, uint32_t node) {
  const PyCondition& made = py.module.conditions[lower_condition(py, node, PyCondition::Kind::kSkip)];
  return made.negated ? PyValue{} : made.value;
}

void lower_argument(Lowering& py, uint32_t node, std::string_view method, bool first = false) {
  PyArg made;
  uint32_t value = node;
  switch (py.kind(node)) {
    case PyNode::kKeywordArgument: {
      const uint32_t keyword = py.child(node, 0);
      value = py.child(node, 1);
      if (keyword == kNone || value == kNone) return;
      made.keyword = Name(py.source(keyword));
      break;
    }
    case PyNode::kListSplat:
    case PyNode::kDictSplat:
      made.keyword = Name(py.kind(node) == PyNode::kListSplat ? "*" : "**");
      value = py.child(node, 0);
      if (value == kNone) return;
      break;
    default:
      break;
  }
  const LoweringMark mark(py);
  const bool condition =
      takes_condition(method) && (made.keyword.empty() ? first : made.keyword == "condition");
  made.value =
      condition ? lower_skip_condition(py, value) : lower_expression(py, value, Use::kArgument).value;
  made.reads = since(py, mark).reads;
  py.args.push_back(made);
}

// Where the call's own name stands: in a chain over many lines the line that a reader looks for.
Span call_span(const Lowering& py, uint32_t node, uint32_t function) {
  Span span = py.span(node);
  if (py.kind(function) != PyNode::kAttribute) return span;
  const uint32_t attribute = py.child(function, 1);
  if (attribute == kNone || py.tree.nodes[attribute].row + 1 == span.line) return span;
  span.line = py.tree.nodes[attribute].row + 1;
  span.column = py.tree.nodes[attribute].column + 1;
  return span;
}

uint32_t add_call(Lowering& py, PyCall& call, size_t first_arg) {
  PythonModule& module = py.module;
  call.args.begin = static_cast<uint32_t>(module.args.size());
  module.args.insert(module.args.end(), py.args.begin() + static_cast<ptrdiff_t>(first_arg), py.args.end());
  call.args.end = static_cast<uint32_t>(module.args.size());
  py.args.resize(first_arg);
  call.function = py.function;
  call.block = py.block;
  module.calls.push_back(call);
  return static_cast<uint32_t>(module.calls.size() - 1);
}

bool is_filter(const Lowering& py, uint32_t node) {
  node = skip_parentheses(py, node);
  switch (py.kind(node)) {
    case PyNode::kComparison:
      return true;
    case PyNode::kUnary:
      return py.end(node) > node + 1 && py.kind(node + 1) == PyNode::kTilde;
    case PyNode::kBinary: {
      for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
        if (py.kind(at) == PyNode::kAmpersand || py.kind(at) == PyNode::kBar) return true;
      }
      return false;
    }
    default:
      return false;
  }
}

// `(fit_daily if daily else fit_hourly)(rows)`: what is called where the condition does not hold; kNone if
// the callee is no such expression. `function` becomes what is called where it holds.
uint32_t take_other_callee(Lowering& py, uint32_t& function) {
  const uint32_t inner = skip_parentheses(py, function);
  if (py.kind(inner) != PyNode::kConditional) return kNone;
  std::vector<uint32_t> parts;
  for (uint32_t at = inner + 1; at < py.end(inner); at = py.next(at)) {
    if (py.named(at)) parts.push_back(at);
  }
  if (parts.size() != 3) return kNone;
  lower_condition(py, parts[1], PyCondition::Kind::kTernary);
  function = skip_parentheses(py, parts[0]);
  return skip_parentheses(py, parts[2]);
}

PyCall begin_call(Lowering& py, uint32_t node, uint32_t function, Use use) {
  PyCall call;
  const Lowered callee = lower_callee(py, function, call.method);
  call.callee = chain_name(py, callee);
  call.receiver = callee.receiver;
  call.use = use;
  call.span = call_span(py, node, function);
  return call;
}

}  // namespace

Lowered lower_call(Lowering& py, uint32_t node, Use use) {
  uint32_t function = py.child(node, 0);
  const uint32_t arguments = py.child(node, 1);
  if (function == kNone) return {};
  const uint32_t otherwise = take_other_callee(py, function);
  PyCall call = begin_call(py, node, function, use);
  const size_t first_arg = py.args.size();
  if (arguments != kNone && py.kind(arguments) == PyNode::kArgumentList) {
    bool first = true;
    for (uint32_t at = arguments + 1; at < py.end(arguments); at = py.next(at)) {
      if (!py.named(at)) continue;
      lower_argument(py, at, call.method.view(), first);
      first = false;
    }
  } else if (arguments != kNone) {
    lower_argument(py, arguments, call.method.view());
  }
  Lowered made;
  made.chain = call.callee;
  made.link = Lowered::Link::kCall;
  made.receiver = add_call(py, call, first_arg);
  if (otherwise != kNone) {  // the same arguments are handed to either
    PyCall other = begin_call(py, node, otherwise, use);
    other.args = call.args;
    other.function = call.function;
    other.block = call.block;
    py.module.calls.push_back(other);
  }
  made.value.kind = PyValue::Kind::kCall;
  made.value.call = made.receiver;
  return made;
}

Lowered lower_attribute(Lowering& py, uint32_t node) {
  Lowered made;
  made.link = Lowered::Link::kPlain;
  if (is_dotted(py, node)) {
    made.chain = dotted_name(py, node);
    py.module.names.push_back(made.chain);
    made.value.kind = PyValue::Kind::kName;
    made.value.text = made.chain;
    return made;
  }
  const uint32_t object = py.child(node, 0);
  const uint32_t attribute = py.child(node, 1);
  if (object == kNone) return {};
  const Lowered of = lower_expression(py, object, Use::kReceiver);
  made.chain = chain_name(py, of, attribute == kNone ? std::string_view() : py.source(attribute));
  made.receiver = of.receiver;
  if (of.link != Lowered::Link::kUnknown) {
    made.value.kind = PyValue::Kind::kName;
    made.value.text = made.chain;
    py.module.names.push_back(made.chain);  // `rows[name].dtype` looks at more than `rows`
  }
  return made;
}

Lowered lower_subscript(Lowering& py, uint32_t node) {
  const uint32_t container = py.child(node, 0);
  if (container == kNone) return {};
  const Lowered of = lower_expression(py, container, Use::kReceiver);
  Name key;
  for (uint32_t at = py.next(container); at < py.end(node); at = py.next(at)) {
    if (!py.named(at)) continue;
    if (is_filter(py, at)) {
      lower_condition(py, at, PyCondition::Kind::kFilter);
    } else {
      const PyValue value = lower_expression(py, at, Use::kOther).value;
      if (value.kind == PyValue::Kind::kString) key = value.text;
    }
  }
  Lowered made;
  made.chain = chain_name(py, of);
  made.link = Lowered::Link::kItem;
  made.receiver = of.receiver;
  if (of.link == Lowered::Link::kUnknown) return made;
  py.buffer.assign(made.chain.view()).append("[").append(key.view()).append("]");
  made.value.kind = PyValue::Kind::kSubscript;
  made.value.text = Name(py.buffer);
  return made;
}

void lower_print(Lowering& py, uint32_t node) {
  PyCall call;
  call.callee = call.method = Name("print");
  call.use = Use::kDiscarded;
  call.span = py.span(node);
  const size_t first_arg = py.args.size();
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (py.named(at)) lower_argument(py, at, {});
  }
  add_call(py, call, first_arg);
}

bool leaves_program(const Lowering& py, const PyCall& call) {
  static const Name kLeavers[] = {Name("sys.exit"),    Name("exit"),     Name("quit"),
                                  Name("os._exit"),    Name("os.abort"), Name("pytest.fail"),
                                  Name("pytest.exit"), Name("self.fail")};
  for (Name name : kLeavers) {
    if (call.callee == name) return true;
  }
  if (call.callee.view().find('.') != std::string_view::npos) return false;
  for (const PyImport& import : py.module.imports) {
    if (import.bound != call.callee || import.name.empty()) continue;
    if (import.module == "sys" && import.name == "exit") return true;
    if (import.module == "os" && (import.name == "_exit" || import.name == "abort")) return true;
    if (import.module == "pytest" && (import.name == "fail" || import.name == "exit")) return true;
  }
  return false;
}

}  // namespace mlgrade
