// Tokens to a tree, by precedence; types are checked as the tree is made.
#include "analyzer/syntax/promql.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <utility>

#include "analyzer/syntax/promql_functions.h"
#include "analyzer/syntax/promql_tokens.h"

namespace mlgrade {
namespace {

constexpr size_t kMaxText = 64 * 1024;
constexpr int kMaxDepth = 100;
constexpr size_t kMaxNodes = 2'000;

using Kind = PromNode::Kind;
using Token = PromToken::Kind;
using Outcome = ParsedPromql::Outcome;

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The higher the tighter; 0: no operator.
int precedence(std::string_view op) {
  if (op == "or") return 1;
  if (op == "and" || op == "unless") return 2;
  if (op == "==" || op == "!=" || op == "<" || op == "<=" || op == ">" || op == ">=") return 3;
  if (op == "+" || op == "-") return 4;
  if (op == "*" || op == "/" || op == "%" || op == "atan2") return 5;
  return op == "^" ? 6 : 0;
}
bool compares(std::string_view op) { return precedence(op) == 3; }
bool is_set(std::string_view op) { return op == "or" || op == "and" || op == "unless"; }

const char* type_name(PromType type) {
  switch (type) {
    case PromType::kScalar:
      return "a scalar";
    case PromType::kVector:
      return "an instant vector";
    case PromType::kMatrix:
      return "a range vector";
    case PromType::kString:
      return "a string";
    case PromType::kUnknown:
      return "unknown";
  }
  return "";
}

bool is_label(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

struct Stop {};  // thrown and caught in this file: the outcome is settled

class Parser {
 public:
  Parser(std::string_view text, PromqlOptions options) : tokens_(promql_tokens(text, options)) {}

  ParsedPromql run() {
    try {
      const uint32_t root = expression(1);
      if (peek().kind != Token::kEnd) unexpected();
      const PromType type = node(root).type;
      if (type == PromType::kMatrix) fail(0, "a range vector gives no result by itself");
      out_.root = root;
      out_.whole = true;
      out_.outcome = out_.problem.empty() ? Outcome::kParsed : Outcome::kUnknown;
    } catch (const Stop&) {
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] void stop(Outcome outcome, size_t at, std::string why) {
    out_.outcome = outcome;
    out_.problem = std::move(why);
    out_.column = at + 1;
    throw Stop{};
  }
  [[noreturn]] void fail(size_t at, std::string why) { stop(Outcome::kBroken, at, std::move(why)); }
  [[noreturn]] void unexpected() {
    const PromToken& token = peek();
    if (token.kind == Token::kBroken) fail(token.at, token.text);
    if (token.kind == Token::kEnd) fail(token.at, "it ends too early");
    fail(token.at, "`" + token.text + "` is not expected here");
  }
  void unknown(size_t at, std::string why) {
    if (!out_.problem.empty()) return;
    out_.problem = std::move(why);
    out_.column = at + 1;
  }

  const PromToken& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool is(std::string_view symbol, size_t ahead = 0) const {
    const PromToken& token = peek(ahead);
    return token.kind == Token::kSymbol && token.text == symbol;
  }
  bool is_word(std::string_view word) const {
    return peek().kind == Token::kName && !peek().variable && lowered(peek().text) == word;
  }
  bool take(std::string_view symbol) {
    if (!is(symbol)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view symbol) {
    if (!take(symbol)) unexpected();
  }

  PromNode& node(uint32_t id) { return out_.nodes[id]; }
  uint32_t add(PromNode made) {
    if (out_.nodes.size() >= kMaxNodes) stop(Outcome::kUnknown, peek().at, "it is too large");
    out_.nodes.push_back(std::move(made));
    return static_cast<uint32_t>(out_.nodes.size() - 1);
  }

  // The operator at the cursor; "" if there is none.
  std::string operator_here() const {
    const PromToken& token = peek();
    if (token.kind != Token::kSymbol && token.kind != Token::kName) return "";
    std::string text = token.kind == Token::kName ? lowered(token.text) : token.text;
    return precedence(text) > 0 ? text : "";
  }

  uint32_t expression(int least) {
    if (++depth_ > kMaxDepth) stop(Outcome::kUnknown, peek().at, "it is nested too deeply");
    uint32_t left = unary();
    while (true) {
      const std::string op = operator_here();
      const int level = precedence(op);
      if (level == 0 || level < least) break;
      left = binary(left, op, level);
    }
    --depth_;
    return left;
  }

  uint32_t binary(uint32_t left, const std::string& op, int level) {
    PromNode made;
    made.kind = Kind::kBinary;
    made.text = op;
    const size_t at = peek().at;
    ++at_;
    if (is_word("bool")) {
      if (!compares(op)) fail(peek().at, "`bool` belongs to comparisons");
      made.returns_bool = true;
      ++at_;
    }
    matching(op, made);
    const uint32_t right = expression(op == "^" ? level : level + 1);
    made.children = {left, right};
    made.type = type_of_binary(made, at);
    return add(std::move(made));
  }

  void matching(const std::string& op, PromNode& made) {
    if (!is_word("on") && !is_word("ignoring")) return;
    made.has_matching = true;
    made.without = is_word("ignoring");
    ++at_;
    made.labels = label_list();
    if (!is_word("group_left") && !is_word("group_right")) return;
    if (is_set(op)) fail(peek().at, "no grouping for `" + op + "`");
    ++at_;
    if (is("(")) made.included = label_list();
    for (const std::string& label : made.included) {
      const bool both = std::find(made.labels.begin(), made.labels.end(), label) != made.labels.end();
      if (both && !made.without) fail(peek().at, "`" + label + "` cannot be in `on` and in the group");
    }
  }

  PromType type_of_binary(const PromNode& made, size_t at) {
    const PromType left = node(made.children[0]).type;
    const PromType right = node(made.children[1]).type;
    for (const PromType type : {left, right}) {
      if (type == PromType::kMatrix || type == PromType::kString)
        fail(at, "`" + made.text + "` takes no " + std::string(type_name(type)).substr(2));
    }
    if (left == PromType::kUnknown || right == PromType::kUnknown) return PromType::kUnknown;
    const bool scalars = left == PromType::kScalar && right == PromType::kScalar;
    const bool vectors = left == PromType::kVector && right == PromType::kVector;
    if (is_set(made.text) && !vectors) fail(at, "`" + made.text + "` takes instant vectors only");
    if (made.has_matching && !vectors && !made.labels.empty())
      fail(at, "labels are matched between vectors only");
    if (scalars && compares(made.text) && !made.returns_bool)
      fail(at, "a comparison of scalars needs `bool`");
    return scalars ? PromType::kScalar : PromType::kVector;
  }

  uint32_t unary() {
    if (!is("+") && !is("-")) return postfix();
    PromNode made;
    made.kind = Kind::kUnary;
    made.text = peek().text;
    const size_t at = peek().at;
    ++at_;
    // Binds like `*`: -a ^ b is -(a ^ b).
    if (++depth_ > kMaxDepth) stop(Outcome::kUnknown, peek().at, "it is nested too deeply");
    uint32_t operand = unary();
    while (operator_here() == "^") operand = binary(operand, "^", 6);
    --depth_;
    const PromType type = node(operand).type;
    if (type == PromType::kMatrix || type == PromType::kString)
      fail(at, "a sign takes no " + std::string(type_name(type)).substr(2));
    made.type = type;
    made.children = {operand};
    return add(std::move(made));
  }

  // Ranges, subqueries, offset and @.
  uint32_t postfix() {
    uint32_t out = primary();
    bool shifted = false;
    while (true) {
      if (is("[")) {
        out = ranged(out, shifted);
      } else if (is_word("offset")) {
        offset(out);
        shifted = true;
      } else if (is("@")) {
        at_modifier(out);
        shifted = true;
      } else {
        return out;
      }
    }
  }

  double length(bool& variable) {
    const PromToken token = peek();
    if (token.kind == Token::kVariable || (token.kind == Token::kName && token.variable)) {
      variable = true;
    } else if (token.kind != Token::kDuration && token.kind != Token::kNumber) {
      unexpected();
    }
    ++at_;
    return token.number;
  }

  uint32_t ranged(uint32_t inner, bool shifted) {
    const size_t at = peek().at;
    expect("[");
    bool variable = false;
    const double range = length(variable);
    if (range <= 0 && !variable) fail(at, "a range must be longer than nothing");
    // A name may hold colons, so that `[5m:1m]` comes as `5m`, `:1m` or as one broken word.
    const bool sub = peek().kind == Token::kName && peek().text.starts_with(':');
    if (sub) return subquery(inner, range, variable);
    expect("]");
    if (node(inner).kind != Kind::kSelector || node(inner).type != PromType::kVector)
      fail(at, "a range belongs to a selector");
    if (shifted) fail(at, "a range comes before `offset` and `@`");
    node(inner).type = PromType::kMatrix;
    node(inner).range = range;
    node(inner).range_variable = variable;
    return inner;
  }

  // The step is a duration, a variable or nothing.
  uint32_t subquery(uint32_t inner, double range, bool variable) {
    const PromToken step = peek();
    const std::string text = step.text.substr(1);
    if (!text.empty() && !step.variable && promql_duration(text) < 0)
      fail(step.at, "`" + text + "` is no duration");
    ++at_;
    bool ignored = false;
    if (text.empty() && !is("]")) length(ignored);
    expect("]");
    const PromType type = node(inner).type;
    if (type != PromType::kVector && type != PromType::kUnknown)
      fail(step.at, "a subquery takes an instant vector");
    PromNode made;
    made.kind = Kind::kSubquery;
    made.type = PromType::kMatrix;
    made.range = range;
    made.range_variable = variable;
    made.children = {inner};
    return add(std::move(made));
  }

  bool can_shift(uint32_t id) { return node(id).kind == Kind::kSelector || node(id).kind == Kind::kSubquery; }

  void offset(uint32_t inner) {
    const size_t at = peek().at;
    ++at_;
    const bool minus = take("-");
    if (!minus) take("+");
    bool variable = false;
    const double shift = length(variable);
    if (!can_shift(inner)) fail(at, "`offset` belongs to a selector or a subquery");
    node(inner).offset = minus ? -shift : shift;
  }

  void at_modifier(uint32_t inner) {
    const size_t at = peek().at;
    ++at_;
    if (is_word("start") || is_word("end")) {
      ++at_;
      expect("(");
      expect(")");
    } else {
      if (!take("-")) take("+");
      bool variable = false;
      length(variable);
    }
    if (!can_shift(inner)) fail(at, "`@` belongs to a selector or a subquery");
  }

  uint32_t primary() {
    const PromToken token = peek();
    PromNode made;
    switch (token.kind) {
      case Token::kNumber:
      case Token::kDuration:
        ++at_;
        made.number = token.number;
        return add(std::move(made));
      case Token::kString:
        ++at_;
        made.kind = Kind::kString;
        made.type = PromType::kString;
        made.text = token.text;
        return add(std::move(made));
      case Token::kVariable:
        ++at_;
        if (is("{") || is("[")) return selector(token.text, true);
        made.variable = true;
        made.type = PromType::kUnknown;
        return add(std::move(made));
      case Token::kName:
        return named();
      default:
        break;
    }
    if (is("{")) return selector("", false);
    if (!take("(")) unexpected();
    made.kind = Kind::kParen;
    made.children = {expression(1)};
    expect(")");
    made.type = node(made.children[0]).type;
    return add(std::move(made));
  }

  uint32_t named() {
    const PromToken token = peek();
    const std::string low = lowered(token.text);
    ++at_;
    const bool opens = is("(");
    const bool groups = is_word("by") || is_word("without");
    if (!token.variable && promql_aggregation(low) != '\0' && (opens || groups)) return aggregate(low);
    if (opens && !token.variable) return call(token);
    if (!token.variable && (low == "inf" || low == "nan")) {
      PromNode made;
      made.number =
          low == "inf" ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
      return add(std::move(made));
    }
    return selector(token.text, token.variable);
  }

  uint32_t selector(const std::string& name, bool variable) {
    PromNode made;
    made.kind = Kind::kSelector;
    made.type = PromType::kVector;
    made.text = variable ? "" : name;
    made.variable = variable;
    const size_t at = peek().at;
    bool any = !name.empty();
    if (take("{")) {
      while (!is("}")) {
        matcher(made, any);
        if (!take(",")) break;
      }
      expect("}");
    }
    for (const PromMatcher& one : made.matchers) any |= needs_value(one);
    if (!any) fail(at, "a selector needs a name or a matcher that something must match");
    return add(std::move(made));
  }

  // Does it leave out what has no such label?
  static bool needs_value(const PromMatcher& one) {
    using Op = PromMatcher::Op;
    if (one.variable) return true;
    if (one.op == Op::kEqual) return !one.value.empty();
    if (one.op == Op::kNotEqual) return one.value.empty();
    const bool matches_nothing = one.value.empty() || one.value == ".*";
    return one.op == Op::kRegex ? !matches_nothing : one.value == ".*" || one.value.empty();
  }

  void matcher(PromNode& made, bool& any) {
    const PromToken name = peek();
    if (name.kind == Token::kVariable) unknown(name.at, "a variable stands for matchers");
    if (name.kind != Token::kName && name.kind != Token::kString && name.kind != Token::kVariable)
      unexpected();
    ++at_;
    const bool alone = is(",") || is("}");
    if (alone && name.kind == Token::kVariable) return;
    if (alone && name.kind == Token::kString) {  // {"the.name"}
      if (!made.text.empty()) fail(name.at, "the name of the metric is given twice");
      made.text = name.text;
      any = true;
      return;
    }
    if (name.kind == Token::kName && !name.variable && !is_label(name.text))
      fail(name.at, "`" + name.text + "` is no label");
    PromMatcher one;
    one.label = name.text;
    static constexpr std::array<std::pair<std::string_view, PromMatcher::Op>, 4> kOps = {
        {{"=", PromMatcher::Op::kEqual},
         {"!=", PromMatcher::Op::kNotEqual},
         {"=~", PromMatcher::Op::kRegex},
         {"!~", PromMatcher::Op::kNotRegex}}};
    const auto op = std::find_if(kOps.begin(), kOps.end(), [&](const auto& each) { return is(each.first); });
    if (op == kOps.end()) unexpected();
    ++at_;
    one.op = op->second;
    const PromToken value = peek();
    if (value.kind != Token::kString && value.kind != Token::kVariable) unexpected();
    ++at_;
    one.value = value.text;
    one.variable = value.variable || value.kind == Token::kVariable;
    if (one.label == "__name__" && one.op == PromMatcher::Op::kEqual) {
      if (!made.text.empty()) fail(name.at, "the name of the metric is given twice");
      if (!one.variable) made.text = one.value;
      made.variable |= one.variable;
      any = any || !one.value.empty();
      return;
    }
    made.matchers.push_back(std::move(one));
  }

  std::vector<std::string> label_list() {
    std::vector<std::string> out;
    expect("(");
    while (!is(")")) {
      const PromToken& token = peek();
      const bool variable = token.variable || token.kind == Token::kVariable;
      if (token.kind != Token::kName && token.kind != Token::kString && !variable) unexpected();
      if (token.kind == Token::kName && !variable && !is_label(token.text))
        fail(token.at, "`" + token.text + "` is no label");
      if (!variable) out.push_back(token.text);
      ++at_;
      if (!take(",")) break;
    }
    expect(")");
    return out;
  }

  void grouping(PromNode& made) {
    if (!is_word("by") && !is_word("without")) return;
    if (made.has_matching) unexpected();
    made.has_matching = true;
    made.without = is_word("without");
    ++at_;
    made.labels = label_list();
  }

  uint32_t aggregate(const std::string& name) {
    PromNode made;
    made.kind = Kind::kAggregate;
    made.type = PromType::kVector;
    made.text = name;
    grouping(made);
    const size_t at = peek().at;
    made.children = arguments();
    grouping(made);
    const char parameter = promql_aggregation(name);
    made.has_parameter = parameter != '-';
    const size_t wanted = made.has_parameter ? 2 : 1;
    if (made.children.size() != wanted)
      fail(at, "`" + name + "` takes " + (wanted == 2 ? "a parameter and a vector" : "one vector"));
    if (made.has_parameter) check(made.children[0], parameter, name, at);
    check(made.children.back(), 'v', name, at);
    return add(std::move(made));
  }

  std::vector<uint32_t> arguments() {
    std::vector<uint32_t> out;
    expect("(");
    while (!is(")")) {
      out.push_back(expression(1));
      if (!take(",")) break;
      if (is(")")) unexpected();
    }
    expect(")");
    return out;
  }

  void check(uint32_t argument, char wanted, const std::string& of, size_t at) {
    const PromType type = node(argument).type;
    if (type == PromType::kUnknown) return;
    const PromType needs = wanted == 's'   ? PromType::kScalar
                           : wanted == 'v' ? PromType::kVector
                           : wanted == 'm' ? PromType::kMatrix
                                           : PromType::kString;
    if (type != needs)
      fail(at, "`" + of + "` takes " + std::string(type_name(needs)) + ", not " + type_name(type));
  }

  uint32_t call(const PromToken& name) {
    PromNode made;
    made.kind = Kind::kCall;
    made.text = name.text;
    made.children = arguments();
    const PromFunction* function = promql_function(name.text);
    if (function == nullptr) {
      unknown(name.at, "`" + name.text + "` is no function that is known here");
      made.type = PromType::kUnknown;
      return add(std::move(made));
    }
    const size_t given = made.children.size();
    const size_t most = function->args.size();
    const size_t fewest = most - (function->optional < 0 ? 1 : static_cast<size_t>(function->optional));
    if (given < fewest || (given > most && function->optional >= 0))
      fail(name.at, "`" + name.text + "` takes another number of arguments");
    for (size_t i = 0; i < given; ++i) {
      check(made.children[i], function->args[std::min(i, most - 1)], name.text, name.at);
    }
    made.type = function->returns;
    return add(std::move(made));
  }

  std::vector<PromToken> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  ParsedPromql out_;
};

}  // namespace

ParsedPromql parse_promql(std::string_view text, PromqlOptions options) {
  if (text.size() > kMaxText) {
    ParsedPromql out;
    out.outcome = Outcome::kUnknown;
    out.problem = "it is too long";
    return out;
  }
  return Parser(text, options).run();
}

}  // namespace mlgrade
