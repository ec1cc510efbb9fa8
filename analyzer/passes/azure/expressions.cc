// A parser of calls that evaluates while it reads, once for each event.
#include "analyzer/passes/azure/expressions.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "analyzer/passes/text.h"

namespace mlgrade::azure {
namespace {

constexpr int kMaxNesting = 50;
constexpr size_t kMaxText = 200'000;

using Value = ConditionValue;
using Kind = ConditionValue::Kind;

Value from(Truth truth) {
  return truth == Truth::kUnknown ? Value{} : Value::of(truth == Truth::kYes ? "true" : "false");
}

// Build.Reason of a push is IndividualCI or BatchedCI.
Value build_reason(CiEvent event) {
  if (event == CiEvent::kPullRequest) return Value::of("PullRequest");
  if (event == CiEvent::kSchedule) return Value::of("Schedule");
  return Value::of(event == CiEvent::kManual ? "Manual" : "IndividualCI");
}

Value variable(std::string_view name, CiEvent event, const Values& values) {
  const std::string lower = to_lower(name);
  const bool request = event == CiEvent::kPullRequest;
  if (lower == "build.reason") return build_reason(event);
  if (lower == "build.sourcebranch") {
    if (request) return Value::of("refs/pull/1/merge");
    return event == CiEvent::kTag ? Value::of("refs/tags/x") : Value::default_branch();
  }
  if (lower == "build.sourcebranchname") {
    return request || event == CiEvent::kTag ? Value::some() : Value::default_branch();
  }
  if (lower == "system.pullrequest.targetbranch") return request ? Value::default_branch() : Value::null();
  if (lower.starts_with("system.pullrequest.")) return request ? Value::some() : Value::null();
  const auto known = values.find("variables." + lower);
  return known == values.end() ? Value{} : Value::of(known->second);
}

Truth starts_with(const Value& text, const Value& start) {
  if (start.kind != Kind::kText) return Truth::kUnknown;
  if (text.kind == Kind::kNull) return Truth::kNo;
  if (text.kind == Kind::kText) {
    return to_lower(text.text).starts_with(to_lower(start.text)) ? Truth::kYes : Truth::kNo;
  }
  if (text.kind != Kind::kDefaultBranch) return Truth::kUnknown;
  if (start.text.starts_with("refs/heads/") || std::string_view("refs/heads/").starts_with(start.text)) {
    const std::string_view rest =
        std::string_view(start.text).substr(std::min<size_t>(11, start.text.size()));
    return rest.empty() || std::string_view("main").starts_with(rest) ? Truth::kYes : Truth::kUnknown;
  }
  return start.text.starts_with("refs/") ? Truth::kNo : Truth::kUnknown;
}

Truth same(const Value& a, const Value& b, CiEvent event) {
  if (a.kind == Kind::kText && b.kind == Kind::kText) {
    const std::string one = to_lower(a.text), other = to_lower(b.text);
    const auto push = [](const std::string& t) { return t == "individualci" || t == "batchedci"; };
    if (event == CiEvent::kPush && push(one) && push(other)) return Truth::kYes;
    return one == other ? Truth::kYes : Truth::kNo;
  }
  const auto unset = [](const Value& v) { return v.kind == Kind::kText && v.text.empty(); };
  if ((a.kind == Kind::kNull && unset(b)) || (b.kind == Kind::kNull && unset(a))) return Truth::kYes;
  return equal_values(a, b);
}

class Reader {
 public:
  Reader(std::string_view text, CiEvent event, const Values& values, Condition& out)
      : text_(text), event_(event), values_(values), out_(out) {}

  Truth read() {
    const Value value = expression(0);
    skip();
    return broken_ || at_ < text_.size() ? Truth::kUnknown : is_truthy(value);
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool take(char mark) {
    skip();
    if (at_ >= text_.size() || text_[at_] != mark) return false;
    ++at_;
    return true;
  }

  std::string_view word() {
    const size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                  text_[at_] == '_' || text_[at_] == '.' || text_[at_] == '-')) {
      ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  Value expression(int depth) {
    skip();
    if (depth > kMaxNesting || at_ >= text_.size()) broken_ = true;
    if (broken_) return {};
    if (text_[at_] == '\'') return quoted();
    const std::string name = to_lower(word());
    if (name.empty()) {
      broken_ = true;
      return {};
    }
    if (take('(')) return call(name, depth);
    std::string path = name;
    while (take('[')) {  // variables['Build.Reason']
      const Value key = expression(depth + 1);
      broken_ = broken_ || !take(']');
      path += "." + key.text;
      if (at_ < text_.size() && text_[at_] == '.') path += to_lower(word());
    }
    return named(path);
  }

  Value quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        out += text_[at_];
      } else if (text_.substr(at_).starts_with("''")) {
        out += '\'';
        ++at_;
      } else {
        ++at_;
        return Value::of(out);
      }
    }
    broken_ = true;
    return {};
  }

  Value named(const std::string& path) const {
    if (path == "true" || path == "false") return Value::of(path);
    if (path.starts_with("variables.")) return variable(std::string_view(path).substr(10), event_, values_);
    if (path.find_first_not_of("0123456789.-") == std::string::npos) return Value::of(path);
    const auto known = values_.find(to_lower(path));
    return known == values_.end() ? Value{} : Value::of(known->second);
  }

  Value call(const std::string& name, int depth) {
    std::vector<Value> args;
    while (!broken_ && !take(')')) {
      args.push_back(expression(depth + 1));
      if (take(',')) continue;
      if (take(')')) break;
      broken_ = true;
    }
    if (broken_) return {};
    return apply(name, args);
  }

  Value apply(const std::string& name, const std::vector<Value>& args) {
    if (name == "always" || name == "succeededorfailed") {
      out_.after_failure = true;
      return Value::of("true");
    }
    if (name == "failed" || name == "canceled") {
      out_.only_failure = true;
      return {};
    }
    if (name == "succeeded") return Value::of("true");
    if (name == "and" || name == "or") {
      Truth result = name == "and" ? Truth::kYes : Truth::kNo;
      for (const Value& arg : args) {
        result = name == "and" ? result && is_truthy(arg) : result || is_truthy(arg);
      }
      return from(result);
    }
    if (args.size() == 1 && name == "not") return from(!is_truthy(args[0]));
    if (args.size() < 2) return {};
    if (name == "eq") return from(same(args[0], args[1], event_));
    if (name == "ne") return from(!same(args[0], args[1], event_));
    if (name == "startswith") return from(starts_with(args[0], args[1]));
    if (name == "in" || name == "notin") {
      Truth any = Truth::kNo;
      for (size_t i = 1; i < args.size(); ++i) any = any || same(args[0], args[i], event_);
      return from(name == "in" ? any : !any);
    }
    if (name == "contains" && args[0].kind == Kind::kText && args[1].kind == Kind::kText) {
      return from(to_lower(args[0].text).find(to_lower(args[1].text)) != std::string::npos ? Truth::kYes
                                                                                           : Truth::kNo);
    }
    return {};
  }

  std::string_view text_;
  CiEvent event_;
  const Values& values_;
  Condition& out_;
  size_t at_ = 0;
  bool broken_ = false;
};

std::string_view bare(std::string_view text) {
  text = trim(text);
  for (const auto& [open, close] :
       {std::pair<std::string_view, std::string_view>{"${{", "}}"}, {"$[", "]"}}) {
    if (text.starts_with(open) && text.ends_with(close)) {
      return trim(text.substr(open.size(), text.size() - open.size() - close.size()));
    }
  }
  return text;
}

}  // namespace

Condition evaluate(std::string_view text, const Values& values) {
  Condition out;
  const std::string_view expression = bare(text);
  out.runs = EventTruth::ask([&](CiEvent event) { return Reader(expression, event, values, out).read(); });
  return out;
}

std::string filled(std::string_view text, const Values& values) {
  std::string out;
  while (!text.empty() && out.size() < kMaxText) {
    const size_t at = text.find('$');
    out += text.substr(0, at);
    text.remove_prefix(at == text.npos ? text.size() : at);
    const bool template_form = text.starts_with("${{");
    if (!template_form && !text.starts_with("$(")) {
      out += text.substr(0, 1);
      text.remove_prefix(std::min<size_t>(1, text.size()));
      continue;
    }
    const std::string_view close = template_form ? "}}" : ")";
    const size_t open = template_form ? 3 : 2;
    const size_t end = text.find(close);
    if (end == text.npos) {
      out += text;
      break;
    }
    std::string name = to_lower(trim(text.substr(open, end - open)));
    if (!template_form) name = "variables." + name;
    const auto known = values.find(name);
    const std::string_view whole = text.substr(0, end + close.size());
    const bool plain = known != values.end() && known->second.find('$') == std::string::npos;
    out += plain ? std::string_view(known->second) : whole;
    text.remove_prefix(whole.size());
  }
  return out;
}

}  // namespace mlgrade::azure
