// Reads Groovy texts by recursive descent over their tokens.
#include "analyzer/syntax/groovy.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "analyzer/syntax/groovy_tokens.h"

namespace mlgrade {
namespace {

using Kind = GroovyToken::Kind;

constexpr int kMaxNesting = 200;

// Binary operators by how tightly they bind, loosest first.
constexpr std::array<std::array<std::string_view, 8>, 6> kLevels = {{
    {"||"},
    {"&&"},
    {"==", "!=", "=~", "==~", "<=>", "===", "!=="},
    {"<", ">", "<=", ">=", "in", "instanceof", ".."},
    {"+", "-", "<<", ">>"},
    {"*", "/", "%", "**"},
}};

constexpr std::array<std::string_view, 9> kAssignments = {
    "=", "+=", "-=", "*=", "/=", "?=", "|=", "&=", "%="};

constexpr std::array<std::string_view, 9> kModifiers = {
    "def", "final", "static", "private", "public", "protected", "abstract", "void", "var"};

bool any_of(const auto& list, const GroovyToken& token) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view mark) {
    return !mark.empty() && (token.is(mark) || token.word(mark));
  });
}

class Parser {
 public:
  explicit Parser(GroovyTokens tokens) : tokens_(std::move(tokens.tokens)) {
    out_.broken_line = tokens.broken_line;
  }

  ParsedGroovy parse() {
    out_.program.kind = GroovyKind::kBlock;
    while (token().kind != Kind::kEnd) {
      statements(out_.program.children);
      if (token().kind == Kind::kEnd) break;
      broken();  // a closing bracket without an opening one
      ++at_;
    }
    return std::move(out_);
  }

 private:
  const GroovyToken& token(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool take(std::string_view mark) {
    if (!token().is(mark)) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (!token().word(word)) return false;
    ++at_;
    return true;
  }
  void skip_newlines() {
    while (token().kind == Kind::kNewline) ++at_;
  }
  void broken() {
    if (out_.broken_line == 0) out_.broken_line = token().line;
  }
  // What comes behind line ends.
  size_t behind_newlines() const {
    size_t ahead = 0;
    while (token(ahead).kind == Kind::kNewline) ++ahead;
    return ahead;
  }
  GroovyNode node(GroovyKind kind) const {
    GroovyNode out;
    out.kind = kind;
    out.line = token().line;
    return out;
  }

  // Skips to the bracket that closes the one at hand, and past it.
  void skip_brackets() {
    int open = 0;
    do {
      if (token().is("(") || token().is("[") || token().is("{")) ++open;
      if (token().is(")") || token().is("]") || token().is("}")) --open;
      if (token().kind == Kind::kEnd) return;
      ++at_;
    } while (open > 0);
  }

  void statements(std::vector<GroovyNode>& out) {
    if (++depth_ > kMaxNesting) {
      out_.limited = true;
      while (token().kind != Kind::kEnd && !token().is("}")) {
        if (token().is("{")) {
          skip_brackets();
        } else {
          ++at_;
        }
      }
      --depth_;
      return;
    }
    while (token().kind != Kind::kEnd && !token().is("}") && !token().is(")") && !token().is("]")) {
      if (token().kind == Kind::kNewline || token().is(";")) {
        ++at_;
        continue;
      }
      const size_t before = at_;
      out.push_back(statement());
      if (at_ == before) {  // nothing that begins a statement
        broken();
        ++at_;
        out.pop_back();
      }
    }
    --depth_;
  }

  // `{ ... }`, or one statement.
  GroovyNode block() {
    skip_newlines();
    GroovyNode out = node(GroovyKind::kBlock);
    if (take("{")) {
      statements(out.children);
      if (!take("}")) broken();
    } else {
      out.children.push_back(statement());
    }
    return out;
  }

  GroovyNode statement() {
    while (token().is("@")) skip_annotation();
    if (take_word("if")) return if_statement();
    if (take_word("try")) return try_statement();
    if (token().word("for") || token().word("while") || token().word("switch")) return loop();
    if (take_word("do")) {
      GroovyNode out = node(GroovyKind::kLoop);
      out.children.push_back(block());
      if (take_word("while")) skip_brackets();
      return out;
    }
    if (token().word("return") || token().word("throw")) {
      GroovyNode out = node(token().word("return") ? GroovyKind::kReturn : GroovyKind::kThrow);
      ++at_;
      if (!ends_statement()) out.children.push_back(expression());
      return out;
    }
    if (token().word("import") || token().word("package")) {
      GroovyNode out = node(GroovyKind::kConst);
      while (!ends_statement()) ++at_;
      return out;
    }
    if (token().word("class") || token().word("case") || token().word("default")) return skipped_head();
    if (is_function()) return function();
    skip_type();
    return expression_statement();
  }

  // `class X extends Y {`, `case 'a':`: the head says nothing, what follows is read.
  GroovyNode skipped_head() {
    while (!ends_statement() && !token().is("{") && !token().is(":")) ++at_;
    take(":");
    if (token().is("{")) return block();
    return node(GroovyKind::kConst);
  }

  bool ends_statement() const {
    return token().kind == Kind::kNewline || token().kind == Kind::kEnd || token().is(";") ||
           token().is("}") || token().is(")") || token().is("]");
  }

  void skip_annotation() {
    ++at_;
    if (token().kind == Kind::kName) ++at_;
    while (token().is(".") && token(1).kind == Kind::kName) at_ += 2;
    if (token().is("(")) skip_brackets();
    if (token().word("_")) ++at_;  // @Library('x') _
    skip_newlines();
  }

  GroovyNode if_statement() {
    GroovyNode out = node(GroovyKind::kIf);
    out.children.push_back(parenthesized());
    out.children.push_back(block());
    const size_t ahead = behind_newlines();
    const size_t more = token(ahead).is(";") ? ahead + 1 : ahead;
    if (token(more).word("else")) {
      at_ += more + 1;
      out.children.push_back(block());
    }
    return out;
  }

  GroovyNode parenthesized() {
    if (!take("(")) return node(GroovyKind::kConst);
    GroovyNode out = expression();
    while (!token().is(")") && token().kind != Kind::kEnd && !token().is("{")) ++at_;
    if (!take(")")) broken();
    return out;
  }

  GroovyNode try_statement() {
    GroovyNode out = node(GroovyKind::kTry);
    out.children.push_back(block());
    for (;;) {
      const size_t ahead = behind_newlines();
      if (!token(ahead).word("catch") && !token(ahead).word("finally")) return out;
      at_ += ahead;
      GroovyNode part = node(token().word("catch") ? GroovyKind::kCatch : GroovyKind::kFinally);
      ++at_;
      if (token().is("(")) {
        const size_t begin = at_;
        skip_brackets();
        if (at_ > begin + 2) part.name = tokens_[at_ - 2].text;
      }
      part.children = block().children;
      out.children.push_back(std::move(part));
    }
  }

  GroovyNode loop() {
    GroovyNode out = node(GroovyKind::kLoop);
    ++at_;
    if (token().is("(")) skip_brackets();
    out.children.push_back(block());
    return out;
  }

  // Modifiers and types, a name, parameters in brackets and a body.
  bool is_function() const {
    size_t ahead = 0;
    while (token(ahead).kind == Kind::kName && token(ahead + 1).kind == Kind::kName) ++ahead;
    if (ahead == 0) return false;
    if (token(ahead).kind != Kind::kName || !token(ahead + 1).is("(")) return false;
    const bool typed = any_of(kModifiers, token()) ||
                       std::isupper(static_cast<unsigned char>(token().text[0])) != 0 ||
                       token().word("int") || token().word("boolean") || token().word("long");
    if (!typed) return false;
    size_t close = ahead + 1;
    int open = 0;
    do {
      if (token(close).is("(")) ++open;
      if (token(close).is(")")) --open;
      if (token(close).kind == Kind::kEnd) return false;
      ++close;
    } while (open > 0);
    while (token(close).kind == Kind::kNewline) ++close;
    return token(close).is("{");
  }

  GroovyNode function() {
    GroovyNode out = node(GroovyKind::kFunction);
    while (token(1).kind == Kind::kName) ++at_;
    out.name = token().text;
    ++at_;
    take("(");
    while (!token().is(")") && token().kind != Kind::kEnd) {
      GroovyNode parameter = node(GroovyKind::kName);
      while (token().kind == Kind::kName) {
        parameter.text = token().text;
        ++at_;
      }
      if (take("=")) parameter.children.push_back(expression());
      if (!parameter.text.empty()) out.args.push_back(std::move(parameter));
      if (!take(",") && !token().is(")")) ++at_;
    }
    take(")");
    out.children = block().children;
    return out;
  }

  // `def x`, `String x`, `Map<String, String> x`: leaves the name at hand.
  void skip_type() {
    while (any_of(kModifiers, token()) && (token(1).kind == Kind::kName || token(1).is("("))) ++at_;
    const bool declared = token().kind == Kind::kName && token(1).kind == Kind::kName &&
                          (token(2).is("=") || token(2).kind == Kind::kNewline);
    if (declared && token(2).is("=")) ++at_;
    if (token().kind == Kind::kName && token(1).is("<")) {
      size_t ahead = 1;
      while (ahead < 20 && (token(ahead).kind == Kind::kName || token(ahead).is("<") ||
                            token(ahead).is(",") || token(ahead).is(">") || token(ahead).is(">>")))
        ++ahead;
      if (token(ahead).is("=") && token(ahead - 1).kind == Kind::kName) at_ += ahead - 1;
    }
  }

  GroovyNode expression_statement() {
    GroovyNode left = command_or_expression();
    if (!any_of(kAssignments, token())) return left;
    ++at_;
    skip_newlines();
    GroovyNode out;
    out.kind = GroovyKind::kAssign;
    out.line = left.line;
    if (left.kind == GroovyKind::kName) out.name = left.text;
    if (left.kind == GroovyKind::kOperator && left.name == "[]" &&
        left.children[0].kind == GroovyKind::kName) {
      out.name = left.children[0].text + "[]";
    }
    out.children.push_back(command_or_expression());
    return out;
  }

  // A name with arguments behind it but no brackets: `sh 'x'`, `checkout scm`, `parallel a: {}, b: {}`.
  GroovyNode command_or_expression() {
    GroovyNode out = expression();
    const bool can_call =
        out.kind == GroovyKind::kName ||
        (out.kind == GroovyKind::kCall && out.args.empty() && !out.has_closure && bare_call_);
    bare_call_ = false;
    if (can_call && begins_argument()) {
      if (out.kind == GroovyKind::kName) out = call_of(std::move(out));
      arguments(out, "");
      trailing_closure(out, false);
    }
    return out;
  }

  bool begins_argument() const {
    const GroovyToken& next = token();
    if (!next.spaced) return false;
    if (next.kind == Kind::kName) return !next.word("in") && !next.word("as") && !next.word("instanceof");
    if (next.kind == Kind::kString || next.kind == Kind::kNumber) return true;
    return next.is("[") || (next.is("-") && !token(1).spaced);
  }

  // "a.b.c" as the call of c on a.b.
  static GroovyNode call_of(GroovyNode name) {
    GroovyNode out;
    out.kind = GroovyKind::kCall;
    out.line = name.line;
    const size_t dot = name.text.rfind('.');
    if (dot == std::string::npos) {
      out.name = std::move(name.text);
      return out;
    }
    out.name = name.text.substr(dot + 1);
    name.text.resize(dot);
    out.receiver.push_back(std::move(name));
    return out;
  }

  // Arguments up to `close`, or to the end of the statement.
  void arguments(GroovyNode& call, std::string_view close) {
    for (;;) {
      if (!close.empty()) skip_newlines();
      if (!close.empty() && (token().is(close) || token().kind == Kind::kEnd)) return;
      call.args.push_back(entry());
      if (close.empty() && !token().is(",")) return;
      if (take(",")) {
        skip_newlines();
        continue;
      }
      if (close.empty() || token().is(close) || token().kind == Kind::kEnd) return;
      broken();
      const size_t before = at_;
      if (token().is("}")) return;
      ++at_;
      if (at_ == before) return;
    }
  }

  // `key: value`, or a value.
  GroovyNode entry() {
    const bool keyed =
        (token().kind == Kind::kName || token().kind == Kind::kString || token().kind == Kind::kNumber) &&
        token(1).is(":");
    std::string key;
    if (keyed) {
      key = token().text;
      at_ += 2;
      skip_newlines();
    } else if (token().is("(")) {  // (computed): value
      size_t ahead = 0;
      int open = 0;
      do {
        if (token(ahead).is("(")) ++open;
        if (token(ahead).is(")")) --open;
        ++ahead;
      } while (open > 0 && ahead < 200 && token(ahead).kind != Kind::kEnd);
      if (open == 0 && token(ahead).is(":")) {
        key = "?";
        at_ += ahead + 1;
        skip_newlines();
      }
    }
    GroovyNode out = expression();
    out.key = std::move(key);
    return out;
  }

  GroovyNode expression() {
    if (++depth_ > kMaxNesting) {
      out_.limited = true;
      GroovyNode nothing = node(GroovyKind::kConst);
      if (token().is("(") || token().is("[") || token().is("{")) {
        skip_brackets();
      } else if (!ends_statement()) {
        ++at_;
      }
      --depth_;
      return nothing;
    }
    GroovyNode out = binary(0);
    if (token().is("?") || token().is("?:")) {
      GroovyNode choice = node(GroovyKind::kOperator);
      choice.name = "?:";
      const bool elvis = token().is("?:");
      ++at_;
      skip_newlines();
      choice.children.push_back(std::move(out));
      choice.children.push_back(expression());
      skip_newlines_before(":");
      if (!elvis && take(":")) {
        skip_newlines();
        choice.children.push_back(expression());
      }
      out = std::move(choice);
    }
    --depth_;
    return out;
  }

  void skip_newlines_before(std::string_view mark) {
    const size_t ahead = behind_newlines();
    if (token(ahead).is(mark)) at_ += ahead;
  }

  GroovyNode binary(size_t level) {
    if (level == kLevels.size()) return unary();
    GroovyNode left = binary(level + 1);
    for (;;) {
      // `a\n  && b`: a line that begins with such an operator goes on with the one before.
      if (level < 2 && token(behind_newlines()).kind == Kind::kMark &&
          any_of(kLevels[level], token(behind_newlines())))
        skip_newlines();
      if (!any_of(kLevels[level], token())) return left;
      GroovyNode out = node(GroovyKind::kOperator);
      out.name = token().text;
      ++at_;
      skip_newlines();
      out.children.push_back(std::move(left));
      out.children.push_back(binary(level + 1));
      left = std::move(out);
    }
  }

  GroovyNode unary() {
    if (token().is("!") || token().is("-") || token().is("+") || token().is("++") || token().is("--")) {
      GroovyNode out = node(GroovyKind::kOperator);
      out.name = token().text;
      ++at_;
      if (++depth_ > kMaxNesting) {
        out_.limited = true;
      } else {
        out.children.push_back(unary());
      }
      --depth_;
      return out;
    }
    GroovyNode out = postfix(primary());
    if (take_word("as")) {
      if (token().kind == Kind::kName) ++at_;
    }
    return out;
  }

  GroovyNode postfix(GroovyNode out) {
    for (;;) {
      const size_t ahead = behind_newlines();
      const GroovyToken& next = token(ahead);
      if (next.is(".") || next.is("?.") || next.is("*.") || next.is(".&")) {
        at_ += ahead + 1;
        out = member(std::move(out));
      } else if (token().is("(") && !token().spaced) {
        out = with_arguments(std::move(out));
      } else if (token().is("(") && out.kind == GroovyKind::kName) {
        out = with_arguments(std::move(out));  // `sh (script: ...)`
      } else if (token().is("[") && !token().spaced) {
        GroovyNode index = node(GroovyKind::kOperator);
        index.name = "[]";
        ++at_;
        index.children.push_back(std::move(out));
        if (!token().is("]")) index.children.push_back(expression());
        if (!take("]")) broken();
        out = std::move(index);
      } else if (token().is("++") || token().is("--")) {
        ++at_;
      } else if (next.is("{") && takes_closure(out, ahead)) {
        trailing_closure(out, true);
      } else {
        return out;
      }
    }
  }

  // A closure belongs to the name or call before it; on a new line only where nothing but that stands there.
  static bool takes_closure(const GroovyNode& before, size_t newlines) {
    if (before.kind == GroovyKind::kName) return newlines == 0 || before.text.find('.') == std::string::npos;
    return before.kind == GroovyKind::kCall && !before.has_closure;
  }

  GroovyNode member(GroovyNode receiver) {
    skip_newlines();
    const std::string name = token().text;
    if (token().kind == Kind::kName || token().kind == Kind::kString) ++at_;
    if (receiver.kind == GroovyKind::kName) {
      receiver.text += "." + name;
      return receiver;
    }
    GroovyNode out;
    out.kind = GroovyKind::kCall;
    out.line = receiver.line;
    out.name = name;
    out.receiver.push_back(std::move(receiver));
    bare_call_ = true;
    return out;
  }

  GroovyNode with_arguments(GroovyNode out) {
    if (out.kind == GroovyKind::kName) {
      out = call_of(std::move(out));
    } else if (out.kind != GroovyKind::kCall || !out.args.empty() || out.has_closure) {
      GroovyNode call;  // the value of an expression is called
      call.kind = GroovyKind::kCall;
      call.line = out.line;
      call.receiver.push_back(std::move(out));
      out = std::move(call);
    }
    ++at_;
    arguments(out, ")");
    if (!take(")")) broken();
    bare_call_ = false;
    return out;
  }

  void trailing_closure(GroovyNode& out, bool newlines_too) {
    const size_t ahead = newlines_too ? behind_newlines() : 0;
    if (!token(ahead).is("{")) return;
    at_ += ahead;
    if (out.kind == GroovyKind::kName) out = call_of(std::move(out));
    GroovyNode closure = closure_literal();
    out.has_closure = true;
    out.children = std::move(closure.children);
    bare_call_ = false;
  }

  GroovyNode closure_literal() {
    GroovyNode out = node(GroovyKind::kClosure);
    ++at_;
    // Parameters up to `->`.
    size_t ahead = 0;
    while (ahead < 40 &&
           (token(ahead).kind == Kind::kName || token(ahead).kind == Kind::kNewline || token(ahead).is(",")))
      ++ahead;
    if (token(ahead).is("->")) {
      for (size_t i = 0; i < ahead; ++i) {
        const bool last = !(token(i + 1).kind == Kind::kName);
        if (token(i).kind != Kind::kName || !last) continue;
        GroovyNode parameter = node(GroovyKind::kName);
        parameter.text = token(i).text;
        out.args.push_back(std::move(parameter));
      }
      at_ += ahead + 1;
    }
    statements(out.children);
    if (!take("}")) broken();
    return out;
  }

  GroovyNode primary() {
    GroovyNode out = node(GroovyKind::kConst);
    const GroovyToken& first = token();
    switch (first.kind) {
      case Kind::kString:
        out.kind = GroovyKind::kString;
        out.text = first.text;
        out.literal = first.literal;
        out.block = first.block;
        ++at_;
        return out;
      case Kind::kNumber:
        out.text = first.text;
        ++at_;
        return out;
      case Kind::kName:
        return named();
      default:
        break;
    }
    if (first.is("(")) return parenthesized();
    if (first.is("[")) return list_or_map();
    if (first.is("{")) return closure_literal();
    return out;  // nothing that begins a value: the caller notices
  }

  GroovyNode named() {
    GroovyNode out = node(GroovyKind::kName);
    out.text = token().text;
    if (out.text == "true" || out.text == "false" || out.text == "null") out.kind = GroovyKind::kConst;
    const bool made = out.text == "new" && token(1).kind == Kind::kName;
    ++at_;
    if (made) {
      out.text = token().text;
      ++at_;
    }
    return out;
  }

  GroovyNode list_or_map() {
    GroovyNode out = node(GroovyKind::kList);
    ++at_;
    if (take(":")) {  // [:]
      out.kind = GroovyKind::kMap;
      if (!take("]")) broken();
      return out;
    }
    GroovyNode holder;
    arguments(holder, "]");
    out.children = std::move(holder.args);
    const bool keyed = std::any_of(out.children.begin(), out.children.end(),
                                   [](const GroovyNode& each) { return !each.key.empty(); });
    if (keyed) out.kind = GroovyKind::kMap;
    if (!take("]")) broken();
    return out;
  }

  std::vector<GroovyToken> tokens_;
  ParsedGroovy out_;
  size_t at_ = 0;
  int depth_ = 0;
  bool bare_call_ = false;  // the last member() made a call that may yet take arguments without brackets
};

}  // namespace

const GroovyNode* GroovyNode::arg(std::string_view wanted) const {
  for (const GroovyNode& each : args) {
    if (each.key == wanted) return &each;
  }
  return nullptr;
}

const GroovyNode* GroovyNode::first_arg() const {
  for (const GroovyNode& each : args) {
    if (each.key.empty()) return &each;
  }
  return nullptr;
}

ParsedGroovy parse_groovy(std::string_view text) { return Parser(groovy_tokens(text)).parse(); }

}  // namespace mlgrade
