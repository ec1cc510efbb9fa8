// Whether an expression can ever give a result, or always does: by the values that each part can take.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "analyzer/passes/promql.h"

namespace mlgrade {
namespace {

using Kind = PromNode::Kind;
constexpr double kInf = std::numeric_limits<double>::infinity();

// What a part of the expression can be.
struct Value {
  double low = -kInf, high = kInf;
  bool low_open = false, high_open = false;  // the bound itself is left out
  Truth there = Truth::kUnknown;             // is there a result, whatever the series hold
  bool with_series = false;                  // there is one as soon as its series exist
  bool plain = false;                        // a selector as it stands
  bool signed_value = false;                 // a difference: may well be below nothing
  bool counts = false;                       // a count of what is there
  std::string core;                          // of a filter: what is filtered
  std::string why;
  uint32_t event_window = 0;  // of increase(), changes(): the range
};

Value number(double n) {
  Value out;
  out.low = out.high = n;
  out.there = Truth::kYes;
  return out;
}

Value from(double low, double high, const Value& like) {
  Value out;
  out.low = low;
  out.high = high;
  out.there = like.there;
  out.with_series = like.with_series;
  out.why = like.why;
  return out;
}

std::string words(const ParsedPromql& parsed, uint32_t id) {
  const PromNode& node = parsed.at(id);
  std::string out = node.text;
  if (node.kind == Kind::kParen) return words(parsed, node.children[0]);
  if (node.kind == Kind::kNumber) out = std::to_string(node.number);
  out += "|" + std::to_string(static_cast<int>(node.kind)) + (node.without ? "-" : "");
  for (const PromMatcher& one : node.matchers)
    out += "," + one.label + std::to_string(static_cast<int>(one.op)) + one.value;
  for (const std::string& label : node.labels) out += ";" + label;
  out += "[" + std::to_string(node.range) + "@" + std::to_string(node.offset);
  for (uint32_t child : node.children) out += "(" + words(parsed, child) + ")";
  return out + "]";
}

bool is_number(const PromNode& node) { return node.kind == Kind::kNumber && !node.variable; }

class Judge {
 public:
  explicit Judge(const ParsedPromql& parsed) : parsed_(parsed) {}

  Value value(uint32_t id) const {
    const PromNode& node = parsed_.at(id);
    switch (node.kind) {
      case Kind::kNumber:
        return node.variable ? Value{} : number(node.number);
      case Kind::kString:
        return {};
      case Kind::kSelector:
        return selector(node);
      case Kind::kSubquery:
      case Kind::kParen:
        return value(node.children[0]);
      case Kind::kUnary: {
        Value out = value(node.children[0]);
        out.plain = false;
        if (node.text == "+") return out;
        std::swap(out.low, out.high);
        std::swap(out.low_open, out.high_open);
        out.low = -out.low;
        out.high = -out.high;
        out.signed_value = true;
        return out;
      }
      case Kind::kBinary:
        return binary(node);
      case Kind::kAggregate:
        return aggregate(node);
      case Kind::kCall:
        return call(node);
    }
    return {};
  }

 private:
  // A matcher that asks for one value and another that refuses it or asks for another.
  static bool contradicts(const PromNode& node) {
    using Op = PromMatcher::Op;
    for (const PromMatcher& a : node.matchers) {
      if (a.op != Op::kEqual || a.variable) continue;
      for (const PromMatcher& b : node.matchers) {
        if (b.label != a.label || b.variable) continue;
        if (b.op == Op::kEqual && b.value != a.value) return true;
        if (b.op == Op::kNotEqual && b.value == a.value) return true;
      }
    }
    return false;
  }

  static Value selector(const PromNode& node) {
    Value out;
    out.with_series = out.plain = true;
    const std::string_view name = node.text;
    for (std::string_view ending : {"_total", "_count", "_bucket", "_seconds", "_bytes"}) {
      if (name.ends_with(ending)) out.low = 0;
    }
    if (name == "up") out.low = 0, out.high = 1;
    if (name == "ALERTS") out.low = out.high = 1;
    if (contradicts(node)) {
      out.there = Truth::kNo;
      out.why = "its matchers contradict one another";
    }
    return out;
  }

  Value call(const PromNode& node) const {
    const std::string& name = node.text;
    if (name == "time") return from(1e9, kInf, number(1));
    if (name == "pi") return number(3.14159265358979);
    if (node.children.empty()) return number_range(name, number(1));
    const bool last_is_series = name == "quantile_over_time" || name == "histogram_quantile";
    const Value of = value(last_is_series ? node.children.back() : node.children.front());
    if (name == "vector" || name == "scalar") {
      Value out = of;
      out.plain = false;
      out.there = Truth::kYes;
      return out;
    }
    if (name == "absent" || name == "absent_over_time") {
      Value out;
      out.low = out.high = 1;
      return out;
    }
    if (name == "clamp" || name == "clamp_min" || name == "clamp_max") return clamped(node, of);
    if (name == "rate" || name == "irate" || name == "increase" || name == "changes" || name == "resets") {
      Value out = from(0, kInf, of);
      const PromNode& range = parsed_.at(node.children[0]);
      if (name == "increase" || name == "changes" || name == "resets")
        out.event_window = static_cast<uint32_t>(std::clamp(range.range, 0.0, 1e9));
      return out;
    }
    if (name == "count_over_time") {
      Value out = from(1, kInf, of);
      out.counts = true;
      return out;
    }
    if (name == "present_over_time") return from(1, 1, of);
    if (name.starts_with("stddev") || name.starts_with("stdvar") || name == "abs" || name == "sqrt" ||
        name == "exp")
      return from(0, kInf, of);
    if (name == "sum_over_time") return from(of.low >= 0 ? 0 : -kInf, kInf, of);
    if (name.ends_with("_over_time") || name.starts_with("sort") || name.starts_with("label_")) {
      Value out = of;
      out.plain = false;
      return out;
    }
    Value out = number_range(name, of);
    out.signed_value = name == "delta" || name == "idelta" || name == "deriv" || name == "predict_linear";
    return out;
  }

  static Value number_range(std::string_view name, const Value& of) {
    if (name == "hour") return from(0, 23, of);
    if (name == "minute") return from(0, 59, of);
    if (name == "day_of_week") return from(0, 6, of);
    if (name == "day_of_month") return from(1, 31, of);
    if (name == "month") return from(1, 12, of);
    if (name == "sgn") return from(-1, 1, of);
    if (name == "ceil" || name == "floor" || name == "round") {
      return from(std::floor(of.low), std::ceil(of.high), of);
    }
    return from(-kInf, kInf, of);
  }

  Value clamped(const PromNode& node, const Value& of) const {
    Value out = of;
    out.plain = false;
    const auto bound = [&](size_t i) {
      const PromNode& child = parsed_.at(node.children[i]);
      return is_number(child) ? child.number : std::nan("");
    };
    const double low = node.text == "clamp_max" ? std::nan("") : bound(1);
    const double high = node.text == "clamp_min" ? std::nan("") : bound(node.children.size() - 1);
    if (!std::isnan(low)) out.low = std::max(out.low, low);
    if (!std::isnan(high)) out.high = std::min(out.high, high);
    return out;
  }

  Value aggregate(const PromNode& node) const {
    const Value of = value(node.children.back());
    const std::string& name = node.text;
    if (name == "count" || name == "count_values") {
      Value out = from(1, kInf, of);
      out.counts = true;
      return out;
    }
    if (name == "group") return from(1, 1, of);
    if (name == "sum") {
      Value out = from(of.low >= 0 ? of.low : -kInf, kInf, of);
      out.event_window = of.event_window;
      return out;
    }
    if (name == "stddev" || name == "stdvar") return from(0, kInf, of);
    Value out = of;
    out.plain = false;
    out.core.clear();
    return out;
  }

  Value binary(const PromNode& node) const {
    const Value left = value(node.children[0]);
    const Value right = value(node.children[1]);
    const std::string& op = node.text;
    if (op == "and" || op == "or" || op == "unless") return set(node, left, right);
    if (op == "==" || op == "!=" || op == "<" || op == "<=" || op == ">" || op == ">=")
      return compare(node, left, right);
    Value out;
    out.there = left.there && right.there;
    out.with_series =
        (left.with_series || left.there == Truth::kYes) && (right.with_series || right.there == Truth::kYes);
    out.why = left.there == Truth::kNo ? left.why : right.why;
    const bool positive = left.low >= 0 && right.low >= 0;
    if (op == "+") {
      out.low = left.low + right.low;
      out.high = left.high + right.high;
    } else if (op == "-") {
      out.low = left.low - right.high;
      out.high = left.high - right.low;
      out.signed_value = true;
    } else if ((op == "*" || op == "/" || op == "^") && positive) {
      out.low = 0;
      if (op == "*" && right.low == right.high && std::isfinite(right.high)) {
        out.low = left.low * right.low;
        if (std::isfinite(left.high)) out.high = left.high * right.high;
      }
    }
    if (std::isnan(out.low)) out.low = -kInf;
    if (std::isnan(out.high)) out.high = kInf;
    return out;
  }

  enum class Answer { kMaybe, kNever, kAlways };

  static Answer answer(const std::string& op, const Value& left, const Value& right) {
    const double a = left.low, b = left.high, c = right.low, d = right.high;
    if (std::isnan(c) || std::isnan(a)) return op == "!=" ? Answer::kAlways : Answer::kNever;
    if (op == ">") return b <= c ? Answer::kNever : a > d ? Answer::kAlways : Answer::kMaybe;
    if (op == ">=") return b < c ? Answer::kNever : a >= d ? Answer::kAlways : Answer::kMaybe;
    if (op == "<") return a >= d ? Answer::kNever : b < c ? Answer::kAlways : Answer::kMaybe;
    if (op == "<=") return a > d ? Answer::kNever : b <= c ? Answer::kAlways : Answer::kMaybe;
    const bool apart = b < c || a > d;
    const bool one = a == b && c == d && a == c;
    if (op == "==") return apart ? Answer::kNever : one ? Answer::kAlways : Answer::kMaybe;
    return apart ? Answer::kAlways : one ? Answer::kNever : Answer::kMaybe;
  }

  Value compare(const PromNode& node, const Value& left, const Value& right) const {
    const std::string& op = node.text;
    Value out = left;
    out.plain = false;
    out.core = words(parsed_, node.children[0]);
    out.there = left.there && right.there;
    if (left.there == Truth::kNo || right.there == Truth::kNo) {
      out.there = Truth::kNo;
      out.why = left.there == Truth::kNo ? left.why : right.why;
      return out;
    }
    if (node.returns_bool) {
      Value flag = from(0, 1, out);
      flag.with_series = left.with_series || right.with_series;
      flag.why = "`bool` gives 0 or 1, and both are a result";
      return flag;
    }
    Answer told = answer(op, left, right);
    const bool same = out.core == words(parsed_, node.children[1]);
    if (same) told = op == ">=" || op == "<=" || op == "==" ? Answer::kAlways : Answer::kNever;
    if (told == Answer::kNever) {
      out.there = Truth::kNo;
      out.why = same                                     ? "it compares a value with itself"
                : left.counts && op != ">" && op != ">=" ? "a count of nothing gives nothing, never 0"
                                                         : "no value that it can take satisfies `" + op + "`";
      return out;
    }
    if (told == Answer::kAlways) {
      out.with_series = out.with_series || right.with_series;
      out.why =
          same ? "it compares a value with itself" : "every value that it can take satisfies `" + op + "`";
      return out;
    }
    out.there = Truth::kUnknown;
    out.with_series = false;
    out.why.clear();
    const bool above_nothing = op == ">" && right.low == 0 && right.high == 0;
    if (!above_nothing) out.event_window = 0;
    narrow(op, right, out);
    return out;
  }

  static void narrow(const std::string& op, const Value& right, Value& out) {
    if (op == ">" || op == ">=" || op == "==") {
      if (right.low >= out.low) out.low = right.low, out.low_open = op == ">";
    }
    if (op == "<" || op == "<=" || op == "==") {
      if (right.high <= out.high) out.high = right.high, out.high_open = op == "<";
    }
  }

  static bool apart(const Value& a, const Value& b) {
    const auto below = [](const Value& x, const Value& y) {
      return x.high < y.low || (x.high == y.low && (x.high_open || y.low_open));
    };
    return below(a, b) || below(b, a);
  }

  Value set(const PromNode& node, const Value& left, const Value& right) const {
    Value out = left;
    out.plain = false;
    if (node.text == "or") {
      out.there = left.there || right.there;
      out.with_series = left.with_series || right.with_series;
      out.low = std::min(left.low, right.low);
      out.high = std::max(left.high, right.high);
      out.core.clear();
      out.event_window = 0;
      if (out.why.empty() || left.there != Truth::kNo) out.why = right.why;
      if (right.there == Truth::kYes) out.why = "its `or` always gives a result";
      return out;
    }
    const bool unless = node.text == "unless";
    if (left.there == Truth::kNo) return out;
    const bool same = words(parsed_, node.children[0]) == words(parsed_, node.children[1]);
    out.with_series = false;
    out.event_window = 0;
    if (unless) {
      out.there = same && !node.has_matching ? Truth::kNo : Truth::kUnknown;
      out.why = "it takes away what it asks for";
      return out;
    }
    out.there = left.there && right.there;
    if (right.there == Truth::kNo) {
      out.why = right.why;
    } else if (!left.core.empty() && left.core == right.core && apart(left, right)) {
      out.there = Truth::kNo;
      out.why = "its conditions contradict one another";
    }
    return out;
  }

  const ParsedPromql& parsed_;
};

}  // namespace

PromqlVerdict judge_promql(const ParsedPromql& parsed) {
  const Value value = Judge(parsed).value(parsed.root);
  PromqlVerdict out;
  out.event_window = value.event_window;
  if (value.there == Truth::kNo) {
    out.holds = Truth::kNo;
    out.why = value.why;
  } else if (value.there == Truth::kYes || (value.with_series && !value.plain)) {
    out.holds = Truth::kYes;
    out.why = !value.why.empty() ? value.why
              : value.there == Truth::kYes
                  ? "it reads no series that could change it"
                  : "it has no condition: it gives a result whenever its series exist";
  }
  return out;
}

}  // namespace mlgrade
