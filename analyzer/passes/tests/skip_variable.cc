// Conditions on one environment variable: does `not os.getenv("RUN_FULL")` hold where nobody sets it?
#include <optional>
#include <string_view>

#include "analyzer/passes/tests/marks.h"

namespace mlgrade::passes {
namespace {

constexpr int kMaxWrappers = 4;  // int(os.getenv("X", "0").strip())

// The read of a variable, and what it gives where the variable is not set: a text, or none.
struct Read {
  Name variable;
  bool has_default = false;
  std::string_view fallback;
};

const PyValue* argument(const PythonModule& module, const PyCall& call, uint32_t position) {
  return call.args.size() > position ? &module.args[call.args.begin + position].value : nullptr;
}

std::optional<Read> read_of(const PythonModule& module, const PyValue& value, int depth = 0) {
  if (value.kind == PyValue::Kind::kSubscript) {  // os.environ["X"] raises where it is not set
    return std::nullopt;
  }
  if (value.kind != PyValue::Kind::kCall || depth > kMaxWrappers) return std::nullopt;
  const PyCall& call = module.calls[value.call];
  const std::string_view target = call.target.view();
  if (target == "os.getenv" || target == "os.environ.get") {
    const PyValue* name = argument(module, call, 0);
    if (name == nullptr || name->kind != PyValue::Kind::kString) return std::nullopt;
    const PyValue* fallback = argument(module, call, 1);
    if (fallback == nullptr || fallback->kind == PyValue::Kind::kNone) return Read{name->text, false, {}};
    if (fallback->kind == PyValue::Kind::kString) return Read{name->text, true, fallback->text.view()};
    if (fallback->kind == PyValue::Kind::kBool && fallback->text == "False")
      return Read{name->text, true, ""};
    return std::nullopt;
  }
  const bool converts = call.method == "int" || call.method == "bool" || call.method == "str";
  if (converts && call.receiver == kNone) {
    const PyValue* inner = argument(module, call, 0);
    std::optional<Read> read = inner == nullptr ? std::nullopt : read_of(module, *inner, depth + 1);
    if (read && call.method == "int" && read->fallback == "0") read->fallback = "";
    return read;
  }
  const bool trims = call.method == "lower" || call.method == "upper" || call.method == "strip";
  if (!trims || call.receiver == kNone) return std::nullopt;
  PyValue inner;
  inner.kind = PyValue::Kind::kCall;
  inner.call = call.receiver;
  return read_of(module, inner, depth + 1);
}

Truth truth_of(bool holds) { return holds ? Truth::kYes : Truth::kNo; }

VariableCondition compared(const PythonModule& module, const PyComparison& comparison) {
  using Op = PyComparison::Op;
  const bool among = comparison.op == Op::kIn || comparison.op == Op::kNotIn;
  if (among && comparison.left.kind == PyValue::Kind::kString && comparison.right.text == "os.environ")
    return {comparison.left.text, truth_of(comparison.op == Op::kNotIn)};
  const std::optional<Read> read = read_of(module, comparison.left);
  if (!read) return {};
  const PyValue& right = comparison.right;
  if (right.kind == PyValue::Kind::kNone) {
    const bool is = comparison.op == Op::kIs || comparison.op == Op::kEqual;
    return {read->variable, truth_of(is != read->has_default)};
  }
  if (right.kind == PyValue::Kind::kString &&
      (comparison.op == Op::kEqual || comparison.op == Op::kNotEqual)) {
    const bool same = read->has_default && read->fallback == right.text.view();
    return {read->variable, truth_of(same == (comparison.op == Op::kEqual))};
  }
  if (comparison.op == Op::kIn || comparison.op == Op::kNotIn) {
    for (uint32_t i = right.elements().begin; i < right.elements().end; ++i) {
      const PyValue& one = module.values[i];
      if (one.kind != PyValue::Kind::kString) return {};
      if (read->has_default && one.text.view() == read->fallback)
        return {read->variable, truth_of(comparison.op == Op::kIn)};
    }
    if (right.kind == PyValue::Kind::kList) return {read->variable, truth_of(comparison.op == Op::kNotIn)};
  }
  return {};
}

// Nothing but the environment is looked at.
bool reads_environment_only(const PythonModule& module, IndexRange reads) {
  for (uint32_t i = reads.begin; i < reads.end; ++i) {
    const std::string_view name = module.names[i].view();
    const bool environment = name == "os" || name.starts_with("os.") || name.starts_with("environ");
    if (!environment) return false;
  }
  return true;
}

}  // namespace

VariableCondition variable_condition(const PythonModule& module, const PyCondition& condition) {
  VariableCondition out;
  if (!reads_environment_only(module, condition.reads)) return out;
  if (condition.comparisons.size() == 1) {
    if (condition.value.kind == PyValue::Kind::kCall) return {};  // the comparison is only a part of it
    out = compared(module, module.comparisons[condition.comparisons.begin]);
  } else if (condition.comparisons.empty()) {
    const std::optional<Read> read = read_of(module, condition.value);
    if (!read) return {};
    out = {read->variable, truth_of(read->has_default && !read->fallback.empty())};
  }
  if (condition.negated) out.unset = !out.unset;
  return out;
}

}  // namespace mlgrade::passes
