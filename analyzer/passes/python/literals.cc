// Values of literals: strings with their escapes and holes, numbers, lists and dicts, and what folds of them.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "analyzer/passes/python/lower.h"

namespace mlgrade {
namespace {

using Kind = PyValue::Kind;

bool is_text(const PyValue& value) { return value.kind == Kind::kString || value.kind == Kind::kFString; }

// A string literal without prefix and quotes.
struct Literal {
  uint32_t begin = 0;  // bytes in the file
  uint32_t end = 0;
  bool raw = false;
  bool formatted = false;
};

Literal open_literal(const Lowering& py, uint32_t node) {
  const std::string_view source = py.source(node);
  Literal made;
  size_t at = 0;
  while (at < source.size() && source[at] != '"' && source[at] != '\'') {
    const char prefix = static_cast<char>(source[at] | 0x20);
    made.raw |= prefix == 'r';
    made.formatted |= prefix == 'f' || prefix == 't';
    ++at;
  }
  size_t quotes = 0;
  if (at < source.size()) {
    const char quote = source[at];
    const bool triple = at + 2 < source.size() && source[at + 1] == quote && source[at + 2] == quote;
    quotes = triple && source.size() >= at + 6 ? 3 : 1;
  }
  const size_t begin = std::min(at + quotes, source.size());
  const size_t end = source.size() >= begin + quotes ? source.size() - quotes : source.size();
  made.begin = py.tree.nodes[node].start + static_cast<uint32_t>(begin);
  made.end = py.tree.nodes[node].start + static_cast<uint32_t>(std::max(begin, end));
  return made;
}

void append_utf8(std::string& to, uint32_t code) {
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6);
    to += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | code >> 12);
    to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    to += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    to += static_cast<char>(0xf0 | code >> 18);
    to += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    to += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// The escape behind a backslash at text[at]; returns where it ends. An unknown one stays as it is.
size_t append_escape(std::string& to, std::string_view text, size_t at) {
  const auto code = [&](size_t from, size_t most, int base) {
    uint32_t value = 0;
    const size_t end = std::min(text.size(), from + most);
    const auto parsed = std::from_chars(text.data() + from, text.data() + end, value, base);
    if (parsed.ptr == text.data() + from) {
      to += '\\';
      to += text[at];
      return at + 1;
    }
    append_utf8(to, value);
    return static_cast<size_t>(parsed.ptr - text.data());
  };
  switch (text[at]) {
    case '\n':
      return at + 1;
    case '\r':
      return at + 1 < text.size() && text[at + 1] == '\n' ? at + 2 : at + 1;
    case 'n':
      to += '\n';
      return at + 1;
    case 't':
      to += '\t';
      return at + 1;
    case 'r':
      to += '\r';
      return at + 1;
    case 'a':
      to += '\a';
      return at + 1;
    case 'b':
      to += '\b';
      return at + 1;
    case 'f':
      to += '\f';
      return at + 1;
    case 'v':
      to += '\v';
      return at + 1;
    case '\\':
    case '\'':
    case '"':
      to += text[at];
      return at + 1;
    case 'x':
      return code(at + 1, 2, 16);
    case 'u':
      return code(at + 1, 4, 16);
    case 'U':
      return code(at + 1, 8, 16);
    default:
      break;
  }
  if (text[at] >= '0' && text[at] <= '7') return code(at, 3, 8);
  to += '\\';
  to += text[at];
  return at + 1;
}

void append_text(std::string& to, std::string_view text, const Literal& literal) {
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\\' && !literal.raw && at + 1 < text.size()) {
      at = append_escape(to, text, at + 1);
    } else if (literal.formatted && (c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      to += c;
      at += 2;
    } else {
      to += c;
      ++at;
    }
  }
}

// Appends the literal's text with {} for each interpolation, after lowering what stands in those.
void append_formatted(Lowering& py, uint32_t node, const Literal& literal, std::string& to) {
  uint32_t from = literal.begin;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (py.kind(at) != PyNode::kInterpolation) continue;
    const SyntaxNode& hole = py.tree.nodes[at];
    if (hole.start < from || hole.end > literal.end) continue;
    append_text(to, py.text.substr(from, hole.start - from), literal);
    to += "{}";
    from = hole.end;
    lower_children(py, at);
  }
  append_text(to, py.text.substr(from, literal.end - from), literal);
}

Name joined(Lowering& py, std::string_view left, std::string_view right) {
  py.buffer.assign(left).append(right);
  return Name(py.buffer);
}

// left + right, where at least one is a string.
PyValue concatenated(Lowering& py, const PyValue& left, const PyValue& right) {
  const bool computed = left.kind != Kind::kString || right.kind != Kind::kString;
  PyValue made;
  made.kind = computed ? Kind::kFString : Kind::kString;
  made.text = joined(py, is_text(left) ? left.text.view() : "{}", is_text(right) ? right.text.view() : "{}");
  return made;
}

// What a value adds to a path: its text, for Path("models") that of its argument, "{}" for what is not known.
std::string path_part(const PythonModule& module, const PyValue& value) {
  if (is_text(value) || value.kind == Kind::kPath) return value.text.str();
  if (value.kind == Kind::kCall && value.call < module.calls.size()) {
    const PyCall& call = module.calls[value.call];
    const bool path = call.method == "Path" || call.method == "PurePath" || call.method == "PosixPath";
    if (path && call.args.size() == 1 && is_text(module.args[call.args.begin].value))
      return module.args[call.args.begin].value.text.str();
  }
  return "{}";
}

// left / right, where one is a string or a path already: a path.
PyValue path_of(Lowering& py, const PyValue& left, const PyValue& right) {
  PyValue made;
  made.kind = Kind::kPath;
  made.text = joined(py, path_part(py.module, left) + "/", path_part(py.module, right));
  return made;
}

PyValue computed_number(PyNode op, double left, double right) {
  PyValue made;
  made.kind = Kind::kNumber;
  switch (op) {
    case PyNode::kPlus:
      made.number = left + right;
      break;
    case PyNode::kMinus:
      made.number = left - right;
      break;
    case PyNode::kTimes:
      made.number = left * right;
      break;
    case PyNode::kOver:
      made.number = right == 0 ? std::nan("") : left / right;
      break;
    default:
      return {};
  }
  if (!std::isfinite(made.number)) return {};
  return made;
}

// Counts an element; `nested` says whether an inner list was met before.
void note_element(PyValue& list, const PyValue& element, bool& nested) {
  if (list.count < std::numeric_limits<uint16_t>::max()) ++list.count;
  if (element.kind != Kind::kList) return;
  const auto size = static_cast<uint8_t>(std::min<uint32_t>(element.count, 255));
  list.smallest = nested ? std::min(list.smallest, size) : size;
  nested = true;
}

// Moves the elements on the stack from `first` on into the pool.
void keep_elements(Lowering& py, PyValue& list, size_t first) {
  std::vector<PyValue>& pool = py.module.values;
  list.call = static_cast<uint32_t>(pool.size());
  pool.insert(pool.end(), py.values.begin() + static_cast<ptrdiff_t>(first), py.values.end());
  py.values.resize(first);
}

}  // namespace

PyValue string_value(Lowering& py, uint32_t node) {
  PyValue made;
  made.kind = Kind::kString;
  if (py.kind(node) == PyNode::kConcatenatedString) {
    std::string text;
    for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
      if (!py.named(at)) continue;
      const PyValue part = string_value(py, at);
      if (part.kind == Kind::kFString) made.kind = Kind::kFString;
      text += part.text.view();
    }
    made.text = Name(text);
    return made;
  }
  const Literal literal = open_literal(py, node);
  const std::string_view inside = py.text.substr(literal.begin, literal.end - literal.begin);
  if (literal.formatted) {
    std::string text;
    append_formatted(py, node, literal, text);
    if (py.end(node) > node + 1) made.kind = Kind::kFString;
    made.text = Name(text);
  } else if (literal.raw || inside.find('\\') == std::string_view::npos) {
    made.text = Name(inside);
  } else {
    py.buffer.clear();
    append_text(py.buffer, inside, literal);
    made.text = Name(py.buffer);
  }
  return made;
}

PyValue number_value(const Lowering& py, uint32_t node) {
  PyValue made;
  made.kind = Kind::kNumber;
  const std::string_view source = py.source(node);
  char digits[64];
  size_t size = 0;
  for (char c : source) {
    if (c == '_') continue;
    if (size == sizeof(digits)) break;
    digits[size++] = c;
  }
  const int base = size < 2 || digits[0] != '0' ? 10
                   : (digits[1] | 0x20) == 'x'  ? 16
                   : (digits[1] | 0x20) == 'o'  ? 8
                   : (digits[1] | 0x20) == 'b'  ? 2
                                                : 10;
  if (base == 10) {
    std::from_chars(digits, digits + size, made.number);
  } else {
    uint64_t value = 0;
    std::from_chars(digits + 2, digits + size, value, base);
    made.number = static_cast<double>(value);
  }
  return made;
}

bool is_object(const PyValue& value) {
  return value.kind == Kind::kName || value.kind == Kind::kList || value.kind == Kind::kCall ||
         value.kind == Kind::kSubscript;
}

// What stands at the end of a chain is the value of the chain: the second step of a >> b >> c is b >> c.
void add_shift(Lowering& py, uint32_t node, PyNode op, const PyValue* sides, size_t before_right) {
  const bool back = op == PyNode::kShiftLeft;
  PyShift made;
  made.first = sides[0];
  made.then = sides[1];
  const uint32_t left = py.child(node, 0);
  const auto& shifts = py.module.shifts;
  if (left != kNone && before_right > 0 && shifts[before_right - 1].span == py.span(left)) {
    made.first = back ? shifts[before_right - 1].first : shifts[before_right - 1].then;
  }
  if (!is_object(made.first) || !is_object(made.then)) return;
  if (back) std::swap(made.first, made.then);
  made.function = py.function;
  made.block = py.block;
  made.span = py.span(node);
  py.module.shifts.push_back(made);
}

Lowered lower_binary(Lowering& py, uint32_t node, Use use) {
  PyNode op = PyNode::kUnknown;
  PyValue sides[2];
  int count = 0;
  size_t shifts = 0;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (!py.named(at)) {
      op = py.kind(at);
      shifts = py.module.shifts.size();
    } else if (count < 2) {
      sides[count++] = lower_expression(py, at, use).value;
    } else {
      lower_expression(py, at, use);
    }
  }
  if (op == PyNode::kShiftLeft || op == PyNode::kShiftRight) add_shift(py, node, op, sides, shifts);
  Lowered made;
  if (op == PyNode::kPlus && (is_text(sides[0]) || is_text(sides[1]))) {
    made.value = concatenated(py, sides[0], sides[1]);
  } else if (op == PyNode::kOver &&
             (sides[0].kind == Kind::kPath || is_text(sides[0]) || is_text(sides[1]))) {
    made.value = path_of(py, sides[0], sides[1]);
  } else if (op == PyNode::kPercent && is_text(sides[0])) {
    made.value.kind = Kind::kFString;
    made.value.text = sides[0].text;
  } else if (sides[0].kind == Kind::kNumber && sides[1].kind == Kind::kNumber) {
    made.value = computed_number(op, sides[0].number, sides[1].number);
  }
  if (is_text(made.value)) {
    made.chain = Name("str");
    made.link = Lowered::Link::kPlain;
  }
  return made;
}

Lowered lower_unary(Lowering& py, uint32_t node, Use use) {
  PyNode op = PyNode::kUnknown;
  Lowered made;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (!py.named(at)) {
      op = py.kind(at);
      continue;
    }
    const PyValue value = lower_expression(py, at, use).value;
    if (value.kind == Kind::kNumber && (op == PyNode::kMinus || op == PyNode::kPlus)) {
      made.value = value;
      if (op == PyNode::kMinus) made.value.number = -value.number;
    }
  }
  return made;
}

Lowered lower_list(Lowering& py, uint32_t node, Use use) {
  const bool passes_on = py.kind(node) != PyNode::kList && py.kind(node) != PyNode::kSet &&
                         (use == Use::kReturned || use == Use::kAssigned || use == Use::kWith);
  Lowered made;
  made.value.kind = Kind::kList;
  const size_t first = py.values.size();
  bool nested = false;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (!py.named(at)) continue;
    const PyValue element = lower_expression(py, at, passes_on ? use : Use::kOther).value;
    note_element(made.value, element, nested);
    if (made.value.count <= PyValue::kMaxElements) py.values.push_back(element);
  }
  keep_elements(py, made.value, first);
  made.chain = Name(py.kind(node) == PyNode::kList  ? "list"
                    : py.kind(node) == PyNode::kSet ? "set"
                                                    : "tuple");
  made.link = Lowered::Link::kPlain;
  return made;
}

Lowered lower_dictionary(Lowering& py, uint32_t node) {
  Lowered made;
  made.value.kind = Kind::kDict;
  const size_t first = py.values.size();
  bool nested = false;
  for (uint32_t at = node + 1; at < py.end(node); at = py.next(at)) {
    if (!py.named(at)) continue;
    PyValue key, value;
    if (py.kind(at) == PyNode::kPair) {
      const uint32_t left = py.child(at, 0);
      const uint32_t right = py.child(at, 1);
      if (left != kNone) key = lower_expression(py, left, Use::kOther).value;
      if (right != kNone) value = lower_expression(py, right, Use::kOther).value;
    } else {
      const uint32_t inner = py.kind(at) == PyNode::kDictSplat ? py.child(at, 0) : at;
      if (inner != kNone) value = lower_expression(py, inner, Use::kOther).value;
    }
    note_element(made.value, value, nested);
    if (made.value.count > PyValue::kMaxElements) continue;
    py.values.push_back(key);
    py.values.push_back(value);
  }
  keep_elements(py, made.value, first);
  made.chain = Name("dict");
  made.link = Lowered::Link::kPlain;
  return made;
}

}  // namespace mlgrade
