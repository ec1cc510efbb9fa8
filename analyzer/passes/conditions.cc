// A small parser that evaluates while it reads.
#include "analyzer/passes/conditions.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "analyzer/base/glob.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

constexpr int kMaxNesting = 50;

using Kind = ConditionValue::Kind;

bool names_main(std::string_view text) {
  return text == "main" || text == "master" || text == "refs/heads/main" || text == "refs/heads/master" ||
         text == "origin/main" || text == "origin/master";
}

bool word_part(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

class Evaluation {
 public:
  Evaluation(std::string_view text, const ConditionNames& names) : text_(text), names_(names) {}

  Truth read() {
    const Truth result = any(0);
    skip();
    return broken_ || at_ < text_.size() ? Truth::kUnknown : result;
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool take(std::string_view mark) {
    skip();
    if (!text_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }

  bool take_word(std::string_view word) {
    skip();
    if (to_lower(text_.substr(at_, word.size())) != word) return false;
    const size_t end = at_ + word.size();
    if (end < text_.size() && word_part(text_[end])) return false;
    at_ = end;
    return true;
  }

  Truth any(int depth) {
    Truth result = all(depth);
    while (take("||") || take_word("or")) result = result || all(depth);
    return result;
  }

  Truth all(int depth) {
    Truth result = one(depth);
    while (take("&&") || take_word("and")) result = result && one(depth);
    return result;
  }

  Truth one(int depth) {
    if (depth > kMaxNesting) broken_ = true;
    if (broken_) return Truth::kUnknown;
    skip();
    const bool bang = text_.substr(at_).starts_with('!') && !text_.substr(at_).starts_with("!=") &&
                      !text_.substr(at_).starts_with("!~");
    if (bang) ++at_;
    if (bang || take_word("not")) return !one(depth + 1);
    if (take("(")) {
      const Truth result = any(depth + 1);
      broken_ = broken_ || !take(")");
      return result;
    }
    return comparison();
  }

  Truth comparison() {
    const ConditionValue left = value();
    if (take("==")) return equal_values(left, value());
    if (take("!=")) return !equal_values(left, value());
    const bool positive = take("=~");
    if (positive || take("!~")) {
      const ConditionValue right = value();
      const bool pattern = right.kind == Kind::kRegex || right.kind == Kind::kText;
      if (!pattern) return Truth::kUnknown;
      const Truth result = matches_regex(left, right.text);
      return positive ? result : !result;
    }
    if (take("=")) return equal_values(left, value());
    if (take_word("in")) return membership(left);
    if (take_word("not")) {
      broken_ = broken_ || !take_word("in");
      return !membership(left);
    }
    return is_truthy(left);
  }

  Truth membership(const ConditionValue& left) {
    const bool round = take("(");
    if (!round && !take("[")) return Truth::kUnknown;
    Truth result = Truth::kNo;
    while (!broken_) {
      result = result || equal_values(left, value());
      if (take(",")) continue;
      broken_ = broken_ || !take(round ? ")" : "]");
      return result;
    }
    return Truth::kUnknown;
  }

  ConditionValue value() {
    skip();
    if (at_ >= text_.size()) {
      broken_ = true;
      return {};
    }
    const char first = text_[at_];
    if (first == '"' || first == '\'' || first == '/') return quoted(first);
    if (text_.substr(at_).starts_with("${")) {
      const size_t end = text_.find('}', at_);
      broken_ = broken_ || end == text_.npos;
      const std::string_view name = text_.substr(at_ + 2, end == text_.npos ? text_.npos : end - at_ - 2);
      at_ = end == text_.npos ? text_.size() : end + 1;
      return names_(trim(name));
    }
    if (first == '$') ++at_;
    const size_t begin = at_;
    while (at_ < text_.size() && word_part(text_[at_])) ++at_;
    if (begin == at_) {
      broken_ = true;
      return {};
    }
    return named(text_.substr(begin, at_ - begin), first == '$');
  }

  // `name(...)` is a function: nothing is known of it.
  ConditionValue named(std::string_view word, bool variable) {
    if (!variable) {
      const std::string lower = to_lower(word);
      if (lower == "true" || lower == "false") return ConditionValue::of(lower);
      if (lower == "null" || lower == "nil") return ConditionValue::null();
      const bool number = word.find_first_not_of("0123456789.") == word.npos;
      if (number) return ConditionValue::of(word);
    }
    if (at_ < text_.size() && text_[at_] == '[') return indexed(std::string(word));
    if (at_ >= text_.size() || text_[at_] != '(') return names_(word);
    int open = 0;
    do {
      if (text_[at_] == '(') ++open;
      if (text_[at_] == ')') --open;
      ++at_;
    } while (at_ < text_.size() && open > 0);
    broken_ = broken_ || open > 0;
    return {};
  }

  // `event["ref"]` is event.ref, `name[:9]` the first characters; other indices say nothing.
  ConditionValue indexed(std::string name) {
    size_t length = std::string::npos;
    bool known = true;
    while (take("[")) {
      skip();
      const char first = at_ < text_.size() ? text_[at_] : '\0';
      if (first == '"' || first == '\'') {
        name += "." + quoted(first).text;
      } else if (take(":")) {
        const size_t begin = at_;
        length = 0;
        while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
          length = std::min<size_t>(length * 10 + static_cast<size_t>(text_[at_++] - '0'), 1000);
        }
        known = known && at_ > begin;
      } else {
        while (at_ < text_.size() && text_[at_] != ']') ++at_;
        known = false;
      }
      broken_ = broken_ || !take("]");
      if (broken_) return {};
      if (at_ < text_.size() && text_[at_] == '.') {
        while (at_ < text_.size() && word_part(text_[at_])) name += text_[at_++];
      }
    }
    if (!known) return {};
    ConditionValue value = names_(name);
    if (length == std::string::npos) return value;
    if (value.kind != Kind::kText) return {};
    value.text = value.text.substr(0, length);
    return value;
  }

  ConditionValue quoted(char mark) {
    const size_t begin = ++at_;
    while (at_ < text_.size() && text_[at_] != mark) at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_, text_.size());
    ConditionValue out = ConditionValue::of(text_.substr(begin, at_ - begin));
    if (mark == '/') out.kind = Kind::kRegex;
    broken_ = broken_ || at_ >= text_.size();
    at_ = std::min(at_ + 1, text_.size());
    while (mark == '/' && at_ < text_.size() && (text_[at_] == 'i' || text_[at_] == 'm')) ++at_;
    return out;
  }

  std::string_view text_;
  const ConditionNames& names_;
  size_t at_ = 0;
  bool broken_ = false;
};

}  // namespace

Truth evaluate_expression(std::string_view text, const ConditionNames& names) {
  return Evaluation(text, names).read();
}

Truth equal_values(const ConditionValue& a, const ConditionValue& b) {
  if (a.kind == Kind::kDefaultBranch && b.kind == Kind::kDefaultBranch) return Truth::kYes;
  for (const auto& [one, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    if (one->kind == Kind::kUnknown && other->kind == Kind::kNull && one->present) return Truth::kNo;
    if (one->kind != Kind::kDefaultBranch) continue;
    if (other->kind == Kind::kNull) return Truth::kNo;
    if (other->kind == Kind::kText) return names_main(other->text) ? Truth::kYes : Truth::kUnknown;
  }
  if (a.kind == Kind::kUnknown || b.kind == Kind::kUnknown) return Truth::kUnknown;
  return a.kind == b.kind && a.text == b.text ? Truth::kYes : Truth::kNo;
}

Truth matches_regex(const ConditionValue& value, std::string_view regex) {
  if (value.kind == Kind::kNull) return Truth::kNo;
  std::string plain(regex);
  std::erase(plain, '\\');
  if (value.kind == Kind::kDefaultBranch) {
    if (plain.find("(?") != std::string::npos) return Truth::kUnknown;
    const bool usual = plain.find("main") != std::string::npos || plain.find("master") != std::string::npos ||
                       plain == ".*" || plain == "^.*$" || plain == ".+";
    return usual ? Truth::kYes : Truth::kUnknown;
  }
  if (value.kind != Kind::kText || plain.find_first_of("*+?[](){}|.") != std::string::npos) {
    return Truth::kUnknown;
  }
  const bool front = plain.starts_with('^'), back = plain.ends_with('$');
  const std::string_view core =
      std::string_view(plain).substr(front ? 1 : 0, plain.size() - (front ? 1 : 0) - (back ? 1 : 0));
  const bool hit = front && back ? value.text == core
                   : front       ? value.text.starts_with(core)
                   : back        ? value.text.ends_with(core)
                                 : value.text.find(core) != std::string::npos;
  return hit ? Truth::kYes : Truth::kNo;
}

Truth is_truthy(const ConditionValue& value) {
  if (value.kind == Kind::kUnknown) return value.present ? Truth::kYes : Truth::kUnknown;
  if (value.kind == Kind::kDefaultBranch) return Truth::kYes;
  const bool filled = value.kind == Kind::kText && !value.text.empty() && value.text != "false";
  return filled ? Truth::kYes : Truth::kNo;
}

Truth takes_default_branch(std::string_view pattern) {
  if (pattern.size() > 1 && pattern.starts_with('/') && pattern.ends_with('/')) {
    return matches_regex(ConditionValue::default_branch(), pattern.substr(1, pattern.size() - 2));
  }
  const bool usual = names_main(pattern) || glob_match(pattern, "main") || glob_match(pattern, "master");
  return usual ? Truth::kYes : Truth::kUnknown;
}

}  // namespace mlgrade
