// Words, operands, pipes.
#include "analyzer/passes/charts/expressions.h"

#include <algorithm>

#include "analyzer/passes/charts/values.h"

namespace mlgrade::charts {
namespace {

constexpr int kMaxDepth = 40;
constexpr int kMaxSteps = 400'000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class Evaluator {
 public:
  Evaluator(std::string_view text, const Scope& scope, Host& host, int depth)
      : text_(text), scope_(scope), host_(host), depth_(depth) {}

  DataNode pipeline() {
    DataNode value = command(nullptr);
    skip();
    while (at_ < text_.size() && text_[at_] == '|') {
      ++at_;
      const DataNode given = std::move(value);
      value = command(&given);
      skip();
    }
    return value;
  }

  void expect_end() {
    skip();
    if (at_ < text_.size()) throw NotRendered{"an expression that is not understood"};
  }

  size_t at() const { return at_; }

 private:
  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  bool at_end() {
    skip();
    return at_ >= text_.size() || text_[at_] == '|' || text_[at_] == ')';
  }

  // One function with its arguments, or one operand.
  DataNode command(const DataNode* piped) {
    if (++host_.steps > kMaxSteps) throw NotRendered{"takes too many steps"};
    skip();
    if (at_ < text_.size() && is_name_start(text_[at_])) {
      const std::string name = word();
      if (name != "true" && name != "false" && name != "nil") return call(name, piped);
      return literal(name);
    }
    const std::string_view written = text_.substr(at_);
    DataNode value = operand();
    if (written.starts_with(".Files") || written.starts_with("$.Files"))
      throw NotRendered{"reads other files"};
    if (!at_end()) {  // .Capabilities.APIVersions.Has "x"
      if (written.find(".Capabilities.") > 1) throw NotRendered{"calls a method that is not known here"};
      while (!at_end()) operand();
      return bool_value(false);
    }
    if (piped != nullptr) throw NotRendered{"pipes into what is no function"};
    return value;
  }

  static bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

  std::string word() {
    const size_t begin = at_;
    while (at_ < text_.size() && (is_name_start(text_[at_]) || (text_[at_] >= '0' && text_[at_] <= '9')))
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  static DataNode literal(const std::string& name) { return name == "nil" ? DataNode{} : plain_value(name); }

  DataNode call(const std::string& name, const DataNode* piped) {
    // `and` and `or` stop at the first that decides; so does what their arguments may not bear.
    std::vector<DataNode> arguments;
    while (!at_end()) arguments.push_back(operand());
    if (piped != nullptr) arguments.push_back(*piped);
    std::optional<DataNode> value = call_function(name, arguments, host_);
    if (!value) throw NotRendered{"uses the function " + name};
    return std::move(*value);
  }

  DataNode operand() {
    skip();
    if (at_ >= text_.size()) throw NotRendered{"an expression ends too early"};
    const char c = text_[at_];
    if (c == '"' || c == '`') return string(c);
    if (c == '(') {
      ++at_;
      if (depth_ > kMaxDepth) throw NotRendered{"is nested too deep"};
      Evaluator inner(text_.substr(at_), scope_, host_, depth_ + 1);
      DataNode value = inner.pipeline();
      at_ += inner.at();
      skip();
      if (at_ >= text_.size() || text_[at_] != ')') throw NotRendered{"a parenthesis is not closed"};
      ++at_;
      return fields(std::move(value));
    }
    if (c == '$') {
      ++at_;
      const std::string name = word();
      if (name.empty()) return fields(*scope_.root);
      const DataNode* value = scope_.variable("$" + name);
      if (value == nullptr) throw NotRendered{"uses a variable that is not set"};
      return fields(*value);
    }
    if (c == '.') {
      if (at_ + 1 >= text_.size() || !is_name_start(text_[at_ + 1])) {
        ++at_;
        return scope_.dot;
      }
      return fields(scope_.dot);
    }
    if (c == '-' || c == '+' || (c >= '0' && c <= '9')) return number();
    if (is_name_start(c)) {
      const std::string name = word();
      if (name == "true" || name == "false" || name == "nil") return literal(name);
      std::optional<DataNode> value = call_function(name, {}, host_);
      if (!value) throw NotRendered{"uses the function " + name};
      return std::move(*value);
    }
    throw NotRendered{"an expression that is not understood"};
  }

  // .a.b behind an object; what is not there is null.
  DataNode fields(DataNode value) {
    while (at_ + 1 < text_.size() && text_[at_] == '.' && is_name_start(text_[at_ + 1])) {
      ++at_;
      const std::string name = word();
      const DataNode* found = value.find(name);
      DataNode next = found == nullptr ? DataNode{} : *found;
      value = std::move(next);
    }
    return value;
  }

  DataNode string(char quote) {
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      char c = text_[at_];
      if (c == '\\' && quote == '"' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
      }
      out += c;
    }
    ++at_;
    return text_value(out);
  }

  DataNode number() {
    const size_t begin = at_++;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ')' && text_[at_] != '|') ++at_;
    return plain_value(text_.substr(begin, at_ - begin));
  }

  std::string_view text_;
  size_t at_ = 0;
  const Scope& scope_;
  Host& host_;
  int depth_;
};

}  // namespace

const DataNode* Scope::variable(std::string_view name) const {
  for (auto it = variables.rbegin(); it != variables.rend(); ++it) {
    if (it->first == name) return &it->second;
  }
  return nullptr;
}

DataNode evaluate(std::string_view pipeline, const Scope& scope, Host& host, int depth) {
  Evaluator evaluator(pipeline, scope, host, depth);
  DataNode value = evaluator.pipeline();
  evaluator.expect_end();
  return value;
}

}  // namespace mlgrade::charts
