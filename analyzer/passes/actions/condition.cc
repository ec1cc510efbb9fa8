// A small evaluator of workflow expressions over values that may be unknown.
#include "analyzer/passes/actions/condition.h"

#include <algorithm>
#include <cctype>

#include "analyzer/base/glob.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr int kMaxNesting = 60;

struct Value {
  enum class Kind { kUnknown, kNull, kBool, kNumber, kString, kAnyRef, kDefaultRef, kBase, kSelf, kActor };
  Kind kind = Kind::kUnknown;
  std::string text;  // kString, kNumber; of kDefaultRef whether it is the short name
  bool yes = false;  // kBool

  static Value boolean(Truth truth) {
    Value value;
    if (truth == Truth::kUnknown) return value;
    value.kind = Kind::kBool;
    value.yes = truth == Truth::kYes;
    return value;
  }
  static Value string(std::string_view text) { return {Kind::kString, std::string(text), false}; }
  static Value of(Kind kind) { return {kind, "", false}; }
};

Truth truth_of(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kUnknown:
      return Truth::kUnknown;
    case Value::Kind::kNull:
      return Truth::kNo;
    case Value::Kind::kBool:
      return value.yes ? Truth::kYes : Truth::kNo;
    case Value::Kind::kNumber:
      return value.text == "0" ? Truth::kNo : Truth::kYes;
    case Value::Kind::kString:
      return value.text.empty() ? Truth::kNo : Truth::kYes;
    default:
      return Truth::kYes;
  }
}

bool by_hand(std::string_view event) {
  return event == "workflow_dispatch" || event == "repository_dispatch";
}

// Recursive descent over one expression with one event assumed.
class Evaluator {
 public:
  Evaluator(std::string_view text, std::string_view event, const std::vector<std::string>& bases,
            Condition& notes)
      : text_(text), event_(event), bases_(bases), notes_(notes) {}

  Value whole() {
    Value value = any_of();
    skip_blanks();
    return at_ == text_.size() && !failed_ ? value : Value();
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool eat(std::string_view token) {
    skip_blanks();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  Value any_of() {
    Value left = all_of();
    while (eat("||")) {
      Value right = all_of();
      const Truth truth = truth_of(left);
      if (truth == Truth::kNo) {
        left = right;
      } else if (truth == Truth::kUnknown) {
        left = Value::boolean(truth_of(right) == Truth::kYes ? Truth::kYes : Truth::kUnknown);
      }
    }
    return left;
  }

  Value all_of() {
    Value left = comparison();
    while (eat("&&")) {
      Value right = comparison();
      const Truth truth = truth_of(left);
      if (truth == Truth::kYes) {
        left = right;
      } else if (truth == Truth::kUnknown) {
        left = Value::boolean(truth_of(right) == Truth::kNo ? Truth::kNo : Truth::kUnknown);
      }
    }
    return left;
  }

  Value comparison() {
    Value left = unary();
    const std::string name = last_name_;
    for (std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!eat(op)) continue;
      Value right = unary();
      if (op == "==") return equal(left, right, name);
      if (op == "!=" && left.kind == Value::Kind::kBase) return Value::boolean(base_differs(right));
      if (op == "!=") return Value::boolean(!truth_of(equal(left, right, "")));
      return Value();
    }
    return left;
  }

  // `name` is the context on the left, as in needs.test.result.
  Value equal(const Value& left, const Value& right, const std::string& name) {
    if (right.kind == Value::Kind::kString && right.text == "success" && name.starts_with("needs.") &&
        name.ends_with(".result")) {
      notes_.needs_success.push_back(name.substr(6, name.size() - 6 - 7));
      return Value::boolean(Truth::kYes);
    }
    const Value& special = is_special(left) ? left : right;
    const Value& other = is_special(left) ? right : left;
    if (is_special(special)) return equal_special(special, other);
    if (left.kind == Value::Kind::kUnknown || right.kind == Value::Kind::kUnknown) return Value();
    if (left.kind == Value::Kind::kNull || right.kind == Value::Kind::kNull) {
      return Value::boolean(truth_of(left) == Truth::kNo && truth_of(right) == Truth::kNo ? Truth::kYes
                                                                                          : Truth::kNo);
    }
    if (left.kind == Value::Kind::kBool || right.kind == Value::Kind::kBool) {
      if (left.kind != right.kind) return Value();
      return Value::boolean(left.yes == right.yes ? Truth::kYes : Truth::kNo);
    }
    return Value::boolean(to_lower(left.text) == to_lower(right.text) ? Truth::kYes : Truth::kNo);
  }

  // Can the branch that a pull request aims at be this one.
  Truth base_is(const Value& other) const {
    if (other.kind != Value::Kind::kString) return Truth::kUnknown;
    if (bases_.empty()) return other.text == "main" || other.text == "master" ? Truth::kYes : Truth::kUnknown;
    Truth out = Truth::kNo;
    for (const std::string& base : bases_) {
      if (base.starts_with('!')) return Truth::kUnknown;
      if (glob_match(base, other.text)) out = Truth::kYes;
    }
    return out;
  }

  // Can it be another.
  Truth base_differs(const Value& other) const {
    if (other.kind != Value::Kind::kString || bases_.empty()) return Truth::kUnknown;
    Truth out = Truth::kNo;
    for (const std::string& base : bases_) {
      if (base.find_first_of("!*?+[") != base.npos) return Truth::kUnknown;
      if (base != other.text) out = Truth::kYes;
    }
    return out;
  }

  static bool is_special(const Value& value) {
    return value.kind == Value::Kind::kAnyRef || value.kind == Value::Kind::kDefaultRef ||
           value.kind == Value::Kind::kBase || value.kind == Value::Kind::kSelf ||
           value.kind == Value::Kind::kActor;
  }

  Value equal_special(const Value& special, const Value& other) const {
    if (special.kind == Value::Kind::kBase) return Value::boolean(base_is(other));
    if (special.kind == Value::Kind::kSelf) return Value::boolean(Truth::kYes);
    if (special.kind == Value::Kind::kActor) {
      const bool bot = other.kind == Value::Kind::kString && other.text.find("[bot]") != std::string::npos;
      return bot ? Value::boolean(Truth::kNo) : Value();
    }
    if (special.kind == Value::Kind::kAnyRef || other.kind != Value::Kind::kString) return Value();
    const std::string branch = other.text.starts_with("refs/heads/") ? other.text.substr(11) : other.text;
    if (branch == "main" || branch == "master") return Value::boolean(Truth::kYes);
    return branch.starts_with("refs/") ? Value::boolean(Truth::kNo) : Value();
  }

  Value unary() {
    if (++depth_ > kMaxNesting) {
      failed_ = true;
      at_ = text_.size();
      return Value();
    }
    Value value;
    skip_blanks();
    if (text_.substr(at_, 2) != "!=" && eat("!")) {
      value = Value::boolean(!truth_of(unary()));
    } else {
      value = primary();
    }
    --depth_;
    return value;
  }

  Value primary() {
    last_name_.clear();
    if (eat("(")) {
      Value inner = any_of();
      if (!eat(")")) failed_ = true;
      return inner;
    }
    skip_blanks();
    if (at_ >= text_.size()) {
      failed_ = true;
      return Value();
    }
    const char c = text_[at_];
    if (c == '\'') return quoted();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '-') return number();
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_') return name();
    failed_ = true;
    at_ = text_.size();
    return Value();
  }

  Value quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        out += text_[at_];
      } else if (text_.substr(at_, 2) == "''") {
        out += '\'';
        ++at_;
      } else {
        ++at_;
        return Value::string(out);
      }
    }
    failed_ = true;
    return Value();
  }

  Value number() {
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '.' || text_[at_] == '-'))
      ++at_;
    return {Value::Kind::kNumber, std::string(text_.substr(begin, at_ - begin)), false};
  }

  Value name() {
    const size_t begin = at_;
    auto goes_on = [this] {
      const char c = text_[at_];
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == '*';
    };
    while (at_ < text_.size() && goes_on()) ++at_;
    std::string path(text_.substr(begin, at_ - begin));
    while (eat("[")) {
      Value index = any_of();
      if (!eat("]")) failed_ = true;
      path += "." + index.text;
      while (at_ < text_.size() && goes_on()) path += text_[at_++];
    }
    if (eat("(")) return function(to_lower(path));
    last_name_ = path;
    return context(path);
  }

  Value function(const std::string& function_name) {
    std::vector<Value> arguments;
    while (!eat(")") && !failed_ && at_ < text_.size()) {
      arguments.push_back(any_of());
      eat(",");
    }
    last_name_.clear();
    if (function_name == "success") return Value::boolean(Truth::kYes);
    if (function_name == "always" || function_name == "failure" || function_name == "cancelled") {
      notes_.after_failure = true;
      return Value::boolean(function_name == "cancelled" ? Truth::kNo : Truth::kYes);
    }
    if (arguments.size() == 2) return text_function(function_name, arguments[0], arguments[1]);
    return Value();
  }

  static Value text_function(const std::string& function_name, const Value& where, const Value& what) {
    const bool known = where.kind == Value::Kind::kString && what.kind == Value::Kind::kString;
    const std::string text = to_lower(where.text);
    const std::string part = to_lower(what.text);
    if (where.kind == Value::Kind::kDefaultRef && what.kind == Value::Kind::kString) {
      if (part.starts_with("refs/tags")) return Value::boolean(Truth::kNo);
      if (part == "refs/heads/" || part == "refs/heads") return Value::boolean(Truth::kYes);
      return Value();
    }
    if (!known) return Value();
    bool yes = false;
    if (function_name == "contains") {
      yes = text.find(part) != std::string::npos;
    } else if (function_name == "startswith") {
      yes = text.starts_with(part);
    } else if (function_name == "endswith") {
      yes = text.ends_with(part);
    } else {
      return Value();
    }
    return Value::boolean(yes ? Truth::kYes : Truth::kNo);
  }

  Value context(const std::string& path) {
    if (path == "true" || path == "false") return Value::boolean(path == "true" ? Truth::kYes : Truth::kNo);
    if (path == "null") return Value::of(Value::Kind::kNull);
    if (path.starts_with("secrets.")) notes_.secret_gated = true;
    if (path == "github.event_name") return event_.empty() ? Value() : Value::string(event_);
    if (path == "github.ref" || path == "github.ref_name") return reference();
    if (path == "github.base_ref" || path == "github.event.pull_request.base.ref") return base();
    if (path == "github.repository" || path == "github.repository_owner")
      return Value::of(Value::Kind::kSelf);
    if (path == "github.actor" || path == "github.triggering_actor") return Value::of(Value::Kind::kActor);
    const bool given_by_hand = path.starts_with("inputs.") || path.starts_with("github.event.inputs.");
    if (given_by_hand && !by_hand(event_) && event_ != "workflow_call" && !event_.empty()) {
      return Value::of(Value::Kind::kNull);
    }
    return Value();
  }

  // Only pull requests have one; elsewhere it is empty.
  Value base() const {
    if (event_.empty() || event_ == "workflow_call") return Value();
    return event_.starts_with("pull_request") ? Value::of(Value::Kind::kBase) : Value::string("");
  }

  Value reference() const {
    if (event_ == "push" || event_ == "schedule" || event_ == "workflow_run" || event_ == "workflow_call") {
      return Value::of(Value::Kind::kDefaultRef);
    }
    if (event_.starts_with("pull_request")) return Value::string("refs/pull/1/merge");
    if (event_ == "release") return Value::string("refs/tags/v1");
    return Value::of(Value::Kind::kAnyRef);
  }

  std::string_view text_;
  std::string_view event_;
  const std::vector<std::string>& bases_;
  Condition& notes_;
  size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  std::string last_name_;
};

// The expression inside `${{ }}`; text around it makes a non-empty string, which is always true.
std::string_view expression_of(std::string_view text, bool& always_true) {
  text = trim(text);
  const size_t open = text.find("${{");
  if (open == std::string_view::npos) return text;
  const size_t close = text.rfind("}}");
  if (open == 0 && close != std::string_view::npos && close + 2 == text.size() &&
      text.find("${{", 3) == std::string_view::npos) {
    return trim(text.substr(3, close - 3));
  }
  always_true = true;
  return text;
}

}  // namespace

Condition evaluate_condition(std::string_view text, const std::vector<std::string>& events,
                             const std::vector<std::string>& bases) {
  Condition out;
  bool always_true = false;
  std::string_view expression = expression_of(text, always_true);
  if (expression.empty() || always_true) return out;
  bool any_automatic = false;
  out.automatic = Truth::kNo;
  out.manual = Truth::kNo;
  for (const std::string& event : events) {
    const Truth holds = truth_of(Evaluator(expression, event, bases, out).whole());
    if (by_hand(event)) {
      out.manual = out.manual || holds;
    } else {
      out.automatic = out.automatic || holds;
      any_automatic = true;
    }
  }
  if (events.empty()) {
    out.automatic = truth_of(Evaluator(expression, "", bases, out).whole());
    out.manual = out.automatic;
  } else if (!any_automatic) {
    out.automatic = out.manual;
  }
  std::sort(out.needs_success.begin(), out.needs_success.end());
  out.needs_success.erase(std::unique(out.needs_success.begin(), out.needs_success.end()),
                          out.needs_success.end());
  return out;
}

}  // namespace mlgrade
