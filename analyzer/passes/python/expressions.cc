// Expressions: one switch over node kinds, each case lowers its children exactly once.
#include "analyzer/passes/python/lower.h"

namespace mlgrade {
namespace {

bool decides(Use use) { return use == Use::kCondition || use == Use::kAsserted; }

// What becomes of an operand's result: in a condition it still helps to decide.
Use operand_use(Use use) { return decides(use) ? use : Use::kOther; }

Lowered constant(PyValue::Kind kind, std::string_view type) {
  Lowered made;
  made.value.kind = kind;
  made.chain = Name(type);
  made.link = Lowered::Link::kPlain;
  return made;
}

Lowered boolean(std::string_view text) {
  Lowered made = constant(PyValue::Kind::kBool, "bool");
  made.value.text = Name(text);
  return made;
}

Lowered lower_name(Lowering& py, uint32_t node) {
  Lowered made;
  made.chain = Name(py.source(node));
  made.link = Lowered::Link::kPlain;
  made.value.kind = PyValue::Kind::kName;
  made.value.text = made.chain;
  py.module.names.push_back(made.chain);
  return made;
}

PyComparison::Op comparison_op(PyNode token) {
  using Op = PyComparison::Op;
  switch (token) {
    case PyNode::kLess:
      return Op::kLess;
    case PyNode::kLessEqual:
      return Op::kLessEqual;
    case PyNode::kGreater:
      return Op::kGreater;
    case PyNode::kGreaterEqual:
      return Op::kGreaterEqual;
    case PyNode::kNotEqual:
      return Op::kNotEqual;
    case PyNode::kIn:
      return Op::kIn;
    case PyNode::kNotIn:
      return Op::kNotIn;
    case PyNode::kIs:
      return Op::kIs;
    case PyNode::kIsNot:
      return Op::kIsNot;
    default:
      return Op::kEqual;
  }
}

void lower_comparison(Lowering& py, uint32_t node, Use use) {
  PyComparison made;
  made.span = py.span(node);
  bool has_left = false;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (!py.named(at) || (py.kind(at) >= PyNode::kLess && py.kind(at) <= PyNode::kIsNot)) {
      made.op = comparison_op(py.kind(at));
      continue;
    }
    const PyValue value = lower_expression(py, at, operand_use(use)).value;
    if (has_left) {
      made.right = value;
      py.module.comparisons.push_back(made);
    }
    made.left = value;
    has_left = true;
  }
}

void lower_comprehension(Lowering& py, uint32_t node) {
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (py.kind(at) == PyNode::kIfClause) {
      const uint32_t test = py.child(at, 0);
      if (test != kNone) lower_condition(py, test, PyCondition::Kind::kFilter);
    } else if (py.kind(at) == PyNode::kForIn) {
      bool target = true;
      for (uint32_t part = at + 1; part < py.end(at); part = py.next(part)) {
        if (!py.named(part)) continue;
        if (!target) lower_expression(py, part, Use::kOther);
        target = false;
      }
    } else {
      lower_expression(py, at, Use::kOther);
    }
  }
}

// The operator of two operands is no node of its own: it is what stands between them.
bool joins_by_or(const Lowering& py, uint32_t node) {
  const uint32_t left = py.child(node, 0);
  const uint32_t right = py.child(node, 1);
  if (left == kNone || right == kNone) return false;
  std::string_view between =
      py.text.substr(py.tree.nodes[left].end, py.tree.nodes[right].start - py.tree.nodes[left].end);
  const size_t first = between.find_first_not_of(" \t\r\n\\");
  return first != std::string_view::npos && between.substr(first).starts_with("or");
}

// `x or True` is True and `x and False` is False, whatever x is.
Lowered lower_boolean(Lowering& py, uint32_t node, Use use) {
  bool yes = false, no = false;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    const PyValue value = lower_expression(py, at, use).value;
    if (value.kind == PyValue::Kind::kBool) (value.text == "True" ? yes : no) = true;
  }
  Lowered made;
  const bool any = joins_by_or(py, node);
  if (!(any ? yes : no)) return made;
  made.value.kind = PyValue::Kind::kBool;
  made.value.text = Name(any ? "True" : "False");
  return made;
}

void lower_conditional(Lowering& py, uint32_t node, Use use) {
  int part = 0;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (!py.named(at)) continue;
    if (part++ == 1) {
      lower_condition(py, at, PyCondition::Kind::kTernary);
    } else {
      lower_expression(py, at, use);
    }
  }
}

// with open(p) as f; the target is bound to the value.
Lowered lower_as(Lowering& py, uint32_t node, Use use) {
  const LoweringMark mark(py);
  const uint32_t value = py.child(node, 0);
  if (value == kNone) return {};
  Lowered made = lower_expression(py, value, use);
  const uint32_t alias = py.child(node, PyNode::kAsTarget);
  const uint32_t target = alias == kNone ? kNone : py.child(alias, 0);
  if (target != kNone && use == Use::kWith)
    bind_targets(py, target, PyBinding::Kind::kWith, made.value, mark);
  return made;
}

Lowered lower_string(Lowering& py, uint32_t node) {
  Lowered made = constant(PyValue::Kind::kString, "str");
  made.value = string_value(py, node);
  return made;
}

Lowered lower_lambda(Lowering& py, uint32_t node) {
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (py.kind(at) == PyNode::kLambdaParameters) {
      lower_lambda_parameters(py, at);
    } else if (py.named(at)) {
      lower_expression(py, at, Use::kOther);
    }
  }
  Lowered made;
  made.value.kind = PyValue::Kind::kLambda;
  return made;
}

}  // namespace

void lower_children(Lowering& py, uint32_t node) {
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (is_statement(py.kind(at))) {
      lower_statement(py, at);
    } else if (py.kind(at) == PyNode::kBlock) {
      lower_suite(py, at);
    } else if (py.named(at)) {
      lower_expression(py, at, Use::kOther);
    }
  }
}

Lowered lower_expression(Lowering& py, uint32_t node, Use use) {
  switch (py.kind(node)) {
    case PyNode::kIdentifier:
      return lower_name(py, node);
    case PyNode::kAttribute:
      return lower_attribute(py, node);
    case PyNode::kCall:
      return lower_call(py, node, use);
    case PyNode::kSubscript:
      return lower_subscript(py, node);
    case PyNode::kString:
    case PyNode::kConcatenatedString:
      return lower_string(py, node);
    case PyNode::kInteger: {
      Lowered made = constant(PyValue::Kind::kNumber, "int");
      made.value = number_value(py, node);
      return made;
    }
    case PyNode::kFloat: {
      Lowered made = constant(PyValue::Kind::kNumber, "float");
      made.value = number_value(py, node);
      return made;
    }
    case PyNode::kTrue:
      return boolean("True");
    case PyNode::kFalse:
      return boolean("False");
    case PyNode::kNone:
      return constant(PyValue::Kind::kNone, "None");
    case PyNode::kList:
    case PyNode::kTuple:
    case PyNode::kSet:
    case PyNode::kExpressionList:
    case PyNode::kPatternList:
    case PyNode::kTuplePattern:
    case PyNode::kListPattern:
      return lower_list(py, node, use);
    case PyNode::kDictionary:
      return lower_dictionary(py, node);
    case PyNode::kComprehension:
      lower_comprehension(py, node);
      return {};
    case PyNode::kParenthesized:
    case PyNode::kAwait: {
      const uint32_t inner = py.child(node, 0);
      return inner == kNone ? Lowered{} : lower_expression(py, inner, use);
    }
    case PyNode::kConditional:
      lower_conditional(py, node, use);
      return {};
    case PyNode::kLambda:
      return lower_lambda(py, node);
    case PyNode::kYield:
      lower_yield(py, node);
      return {};
    case PyNode::kNamedExpression:
      return lower_walrus(py, node);
    case PyNode::kAsPattern:
      return lower_as(py, node, use);
    case PyNode::kBoolean:
      return lower_boolean(py, node, use);
    case PyNode::kNot:
      for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
        lower_expression(py, at, operand_use(use));
      }
      return {};
    case PyNode::kBinary:
      return lower_binary(py, node, operand_use(use));
    case PyNode::kUnary:
      return lower_unary(py, node, operand_use(use));
    case PyNode::kComparison:
      lower_comparison(py, node, use);
      return {};
    default:
      lower_children(py, node);
      return {};
  }
}

uint32_t skip_parentheses(const Lowering& py, uint32_t node) {
  while (py.kind(node) == PyNode::kParenthesized) {
    const uint32_t inner = py.child(node, 0);
    if (inner == kNone) break;
    node = inner;
  }
  return node;
}

uint32_t lower_condition(Lowering& py, uint32_t node, PyCondition::Kind kind) {
  PyCondition made;
  made.kind = kind;
  made.span = py.span(node);
  uint32_t inner = skip_parentheses(py, node);
  while (py.kind(inner) == PyNode::kNot) {
    const uint32_t argument = py.child(inner, 0);
    if (argument == kNone) break;
    made.negated = !made.negated;
    inner = skip_parentheses(py, argument);
  }
  const LoweringMark mark(py);
  made.value =
      lower_expression(py, inner, kind == PyCondition::Kind::kAssert ? Use::kAsserted : Use::kCondition)
          .value;
  const LoweredRanges ranges = since(py, mark);
  made.comparisons = ranges.comparisons;
  made.reads = ranges.reads;
  made.calls = ranges.calls;
  made.function = py.function;
  made.block = py.block;
  py.module.conditions.push_back(made);
  return static_cast<uint32_t>(py.module.conditions.size() - 1);
}

}  // namespace mlgrade
