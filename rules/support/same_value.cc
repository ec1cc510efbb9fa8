// Writes down where a value comes from, and compares what was written.
#include "rules/support/same_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr int kMaxDepth = 8;

class Origin {
 public:
  Origin(const PythonModule& module, uint32_t function) : module_(module), function_(function) {}

  // None: not understood, equal to nothing.
  std::optional<std::string> of(const PyValue& value, int depth) const {
    if (depth > kMaxDepth) return std::nullopt;
    switch (value.kind) {
      case PyValue::Kind::kName:
        return of_name(value.text, depth);
      case PyValue::Kind::kCall:
        return of_call(value.call, depth);
      case PyValue::Kind::kString:
        return fmt::format("'{}'", value.text.view());
      case PyValue::Kind::kNumber:
        return fmt::format("{}", value.number);
      case PyValue::Kind::kBool:
      case PyValue::Kind::kNone:
        return fmt::format("{}", value.text.view());
      default:
        return std::nullopt;
    }
  }

 private:
  // The one assignment that gives the name its value; null if there is none, or more than one.
  const PyBinding* binding_of(Name name) const {
    const PyBinding* found = nullptr;
    for (const PyBinding& binding : bindings_in(module_, function_)) {
      if (binding.function != function_ || binding.target != name) continue;
      const bool plain = binding.kind == PyBinding::Kind::kAssign && !binding.subscript && !binding.unpacked;
      if (!plain || found != nullptr) return nullptr;
      found = &binding;
    }
    return found;
  }

  std::optional<std::string> of_name(Name name, int depth) const {
    const std::string_view text = name.view();
    const size_t dot = text.find('.');
    if (dot != std::string_view::npos) {
      std::optional<std::string> head = of_name(Name(text.substr(0, dot)), depth + 1);
      if (head) *head += text.substr(dot);
      return head;
    }
    const PyBinding* binding = binding_of(name);
    const bool followed = binding != nullptr && (binding->value.kind == PyValue::Kind::kName ||
                                                 binding->value.kind == PyValue::Kind::kCall);
    if (followed) {
      if (auto origin = of(binding->value, depth + 1)) return origin;
    }
    return name.str();
  }

  static bool differs_each_time(const PyCall& call) {
    return has_word(call.callee.view(),
                    {"sample", "next",   "read",    "recv",    "poll",    "fetch",       "fetchall", "get",
                     "post",   "query",  "now",     "random",  "shuffle", "permutation", "choice",   "rand",
                     "randn",  "normal", "uniform", "split",   "input",   "simulate",    "generate", "fit",
                     "train",  "pop",    "send",    "request", "execute"});
  }

  std::optional<std::string> of_call(uint32_t index, int depth) const {
    const PyCall& call = module_.calls[index];
    const std::string_view callee = call.callee.view();
    const bool reads_file = callee.find("read_") != std::string_view::npos || call.method == "load";
    if (callee.find('(') != std::string_view::npos || (differs_each_time(call) && !reads_file))
      return std::nullopt;
    std::optional<std::string> out = of_name(call.callee, depth + 1);
    if (!out) return std::nullopt;
    *out += "(";
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const std::optional<std::string> value = of(module_.args[a].value, depth + 1);
      if (!value) return std::nullopt;
      *out += fmt::format("{}={},", module_.args[a].keyword.view(), *value);
    }
    *out += ")";
    return out;
  }

  const PythonModule& module_;
  uint32_t function_;
};

}  // namespace

bool same_value(const PythonModule& module, uint32_t function, const PyValue& a, const PyValue& b) {
  const Origin origin(module, function);
  const std::optional<std::string> first = origin.of(a, 0);
  const std::optional<std::string> second = origin.of(b, 0);
  return first && second && *first == *second;
}

}  // namespace mlgrade
