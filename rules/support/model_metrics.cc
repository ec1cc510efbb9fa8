// Recognises measures of quality by where their value comes from, then by what they are called.
#include "rules/support/model_metrics.h"

#include <algorithm>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/same_value.h"

namespace mlgrade {

bool is_error_name(std::string_view name) {
  return has_word(name, {"rmse", "mse", "mae", "mape", "smape", "wape", "msle", "rmsle", "loss", "logloss",
                         "error", "perplexity", "wer", "cer", "brier", "ece"});
}

bool is_quality_name(std::string_view name) {
  return is_error_name(name) ||
         has_word(name, {"accuracy", "acc",   "auc",         "roc",         "auroc",       "auprc",
                         "ap",       "map",   "f1",          "fbeta",       "precision",   "recall",
                         "r2",       "score", "scores",      "metric",      "metrics",     "kappa",
                         "mcc",      "bleu",  "rouge",       "iou",         "miou",        "dice",
                         "ndcg",     "mrr",   "performance", "specificity", "sensitivity", "gini"});
}

namespace {

// A function of the repository that computes a measure itself, by its name and because it is handed at least
// what is true and what was said: `ndcg_at_k(recommended, relevant, k)`.
bool computes_measure(const PyFunction& function) {
  const std::string_view name = function.name.view();
  const auto own = static_cast<size_t>(std::count_if(
      function.params.begin(), function.params.end(),
      [](const PyParam& param) { return param.name != "self" && param.name != "cls" && !param.variadic; }));
  const bool measure =
      has_word(name, {"accuracy", "auc", "auroc", "f1",   "fbeta", "precision", "recall", "rmse", "mae",
                      "mape",     "mse", "smape", "wape", "rmsle", "r2",        "kappa",  "mcc",  "bleu",
                      "rouge",    "iou", "miou",  "dice", "ndcg",  "mrr",       "hit",    "gini"}) &&
      (!has_word(name, {"hit"}) || (has_word(name, {"rate", "ratio"}) && !has_word(name, {"cache"})));
  return own >= 2 && measure && !function.is_stub &&
         !has_word(name, {"plot", "log", "print", "show", "save", "write", "load", "test", "check", "get",
                          "read", "update", "alert", "train", "optimize", "loss", "threshold"});
}

}  // namespace

MetricCalls::MetricCalls(const RuleInput& in) {
  metric_.resize(in.facts.python.size());
  for (size_t m = 0; m < metric_.size(); ++m) metric_[m].assign(in.facts.python[m].calls.size(), 0);
  for (const Use& use : in.uses) {
    if (use.kind != Use::Kind::kCall || use.capability != "computes-metric" || use.call == kNone) continue;
    metric_[use.function.module][use.call] = 1;
  }
  for (size_t m = 0; m < metric_.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    for (size_t c = 0; c < module.calls.size(); ++c) {
      const PyFunction* own = in.facts.function(module.calls[c].function_ref);
      if (own != nullptr && computes_measure(*own)) metric_[m][c] = 1;
    }
  }
  // Functions that return a measure: two rounds follow helpers of helpers.
  for (int round = 0; round < 2; ++round) {
    std::vector<PyRef> returns;
    for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
      const PythonModule& module = in.facts.python[m];
      bool any = std::any_of(metric_[m].begin(), metric_[m].end(), [](uint8_t v) { return v != 0; });
      if (!any) continue;
      std::vector<bool> done(module.functions.size());
      for (const PyJump& jump : module.jumps) {
        if (jump.kind != PyJump::Kind::kReturn || jump.function == kNone || done[jump.function]) continue;
        Carriers carriers = carriers_of(module, jump.function, [&](uint32_t c) { return is_metric(m, c); });
        bool direct = false;
        for (uint32_t c = jump.calls.begin; c < jump.calls.end; ++c) direct |= is_metric(m, c);
        if (!direct && !carriers.carries(module, jump.reads)) continue;
        done[jump.function] = true;
        returns.push_back({m, jump.function});
      }
    }
    std::sort(returns.begin(), returns.end());
    for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
      const PythonModule& module = in.facts.python[m];
      for (uint32_t c = 0; c < module.calls.size(); ++c) {
        if (!module.calls[c].function_ref.valid()) continue;
        if (std::binary_search(returns.begin(), returns.end(), module.calls[c].function_ref))
          metric_[m][c] = 1;
      }
    }
  }
}

QualityCalls::QualityCalls(const RuleInput& in) : calls_(shared<MetricCalls>(in)), passing_(in.facts) {}

std::function<bool(uint32_t)> QualityCalls::in_module(uint32_t module) const {
  return [this, module](uint32_t call) { return is_metric(module, call); };
}

namespace {

using Op = PyComparison::Op;

bool by_order(Op op) {
  return op == Op::kGreater || op == Op::kGreaterEqual || op == Op::kLess || op == Op::kLessEqual;
}

// The last part of a dotted or subscripted name: "rows" of "report.rows" and of "metrics[rows]".
std::string_view last_part(std::string_view text) {
  if (text.ends_with(']')) {
    const size_t open = text.rfind('[');
    std::string_view key = text.substr(open + 1, text.size() - open - 2);
    if (!key.empty()) return key;
    text = text.substr(0, open);
  }
  return text.substr(text.rfind('.') + 1);
}

// Counts, times and places: beside measures, and none.
bool counts_or_places(std::string_view name) {
  return has_word(name, {"rows",    "row",     "count",   "counts", "n",       "num",   "size",  "samples",
                         "support", "minutes", "seconds", "hours",  "days",    "ms",    "age",   "time",
                         "latency", "timeout", "path",    "paths",  "file",    "files", "dir",   "folder",
                         "name",    "names",   "key",     "keys",   "uri",     "url",   "id",    "ids",
                         "version", "port",    "code",    "codes",  "message", "msg",   "text",  "log",
                         "logger",  "type",    "columns", "shape",  "epochs",  "epoch", "steps", "step"});
}

bool names_measure(std::string_view text) {
  const std::string_view last = last_part(text);
  if (is_quality_name(last)) return !counts_or_places(last);
  return is_quality_name(text) && !counts_or_places(last);
}

// Measures that lie between nothing and one.
bool names_share(std::string_view text) {
  return !is_error_name(text) &&
         has_word(text, {"accuracy", "acc", "auc", "roc", "auroc", "auprc", "f1", "fbeta", "precision",
                         "recall", "iou", "miou", "dice", "ndcg", "mrr", "specificity", "sensitivity"});
}

bool is_bar_name(std::string_view name) {
  return has_word(name, {"threshold", "thresholds", "min", "minimum", "max", "maximum", "limit", "limits",
                         "bar", "target", "floor", "required", "tolerance", "margin", "baseline", "budget"});
}

bool is_difference(std::string_view name) {
  return has_word(name, {"change", "diff", "difference", "delta", "gain", "gap", "improvement", "regression",
                         "drop", "lift", "margin"});
}

// A call that gives back a number made of the number it is given.
bool is_numeric(const PyCall& call) {
  static constexpr std::string_view kCalls[] = {"float", "abs", "round", "min", "max", "mean", "get", "item"};
  return std::find(std::begin(kCalls), std::end(kCalls), call.method.view()) != std::end(kCalls);
}

// The names of one function that hold measures: by where their value comes from, and by what they are called.
class Measures {
 public:
  Measures(const RuleInput& in, const QualityCalls& quality, uint32_t m, uint32_t function)
      : module_(in.facts.python[m]),
        quality_(quality),
        m_(m),
        function_(function),
        values_(quality.passing(), m, function, sources()) {
    for (const PyBinding& binding : bindings_in(module_, function)) {
      const bool counted = binding.function == function && binding.value.kind == PyValue::Kind::kCall &&
                           module_.calls[binding.value.call].callee == "len";
      if (counted) counts_.insert(binding.target);
    }
    for (int round = 0; round < 3; ++round) {
      const size_t before = computed_.size();
      for (const PyBinding& binding : bindings_in(module_, function)) {
        if (binding.function == function && computes(binding)) computed_.insert(binding.target);
      }
      if (computed_.size() == before) break;
    }
  }

  bool by_value(const PyValue& value) const {
    if (value.kind == PyValue::Kind::kCall) {
      const PyCall& call = module_.calls[value.call];
      if (quality_.is_metric(m_, value.call)) return true;
      if (!is_numeric(call) || call.args.empty()) return false;
      return by_value(module_.args[call.args.begin].value);
    }
    return !counts_.contains(value.text) && values_.carries(value);
  }
  bool is(const PyValue& value) const {
    if (by_value(value)) return true;
    if (value.kind == PyValue::Kind::kCall) {
      const PyCall& call = module_.calls[value.call];
      return is_numeric(call) && !call.args.empty() && is(module_.args[call.args.begin].value);
    }
    const bool name = value.kind == PyValue::Kind::kName || value.kind == PyValue::Kind::kSubscript;
    return name && !counts_.contains(value.text) &&
           (computed_.contains(value.text) || names_measure(value.text.view()));
  }
  bool by_value(uint32_t read) const {
    return !counts_.contains(module_.names[read]) && values_.carries(IndexRange{read, read + 1}, {});
  }
  bool is_read(uint32_t read) const {
    const Name name = module_.names[read];
    if (counts_.contains(name)) return false;
    return by_value(read) || computed_.contains(name) || names_measure(name.view());
  }

 private:
  AnswerSources sources() const {
    AnswerSources sources;
    sources.is_call = quality_.in_module(m_);
    sources.by_branch = false;
    sources.parts = false;
    return sources;
  }

  // Arithmetic on measures, or a function of the repository that is handed one and gives a number made of it.
  bool computes(const PyBinding& binding) const {
    const bool value = binding.value.kind == PyValue::Kind::kOther ||
                       binding.value.kind == PyValue::Kind::kSubscript ||
                       binding.value.kind == PyValue::Kind::kCall;
    if (binding.kind != PyBinding::Kind::kAssign || binding.subscript || !value ||
        !binding.comparisons.empty() || is_bar_name(binding.target.view()) ||
        counts_or_places(last_part(binding.target.view()))) {
      return false;
    }
    if (binding.value.kind == PyValue::Kind::kSubscript) return names_measure(binding.value.text.view());
    for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) {
      const PyCall& call = module_.calls[c];
      if (!is_numeric(call) && !call.function_ref.valid()) return false;
    }
    for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
      if (is_read(r) && handed_back(binding, r)) return true;
    }
    return false;
  }

  bool handed_back(const PyBinding& binding, uint32_t read) const {
    for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) {
      const PyCall& call = module_.calls[c];
      if (!call.function_ref.valid()) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const IndexRange reads = module_.args[a].reads;
        if (read < reads.begin || read >= reads.end) continue;
        const uint32_t param = parameter_of(quality_.passing().facts(), module_, call, a);
        if (param == kNone || !quality_.passing().handed(call.function_ref, param, false).any()) return false;
      }
    }
    return true;
  }

  const PythonModule& module_;
  const QualityCalls& quality_;
  uint32_t m_;
  uint32_t function_;
  Followed values_;
  std::unordered_set<Name> counts_, computed_;
};

// What a bar asks for, seen from the measure: at least, or at most.
enum class Asks { kAtLeast, kAtMost, kOther };

Asks asks(Op op, bool measure_left, bool fails_when_true) {
  if (!by_order(op)) return Asks::kOther;
  const bool greater = op == Op::kGreater || op == Op::kGreaterEqual;
  const bool at_least = (greater == measure_left) != fails_when_true;
  return at_least ? Asks::kAtLeast : Asks::kAtMost;
}

// Every model passes "accuracy >= 0", "accuracy <= 1" and "loss < 1e9".
bool is_vacuous(Asks kind, double bar, std::string_view measure) {
  constexpr double kHuge = 1e6;
  if (kind == Asks::kAtLeast) return bar <= 0 && !is_difference(measure);
  return kind == Asks::kAtMost && (bar >= kHuge || (bar >= 1 && names_share(measure)));
}

struct Sides {
  bool left = false, right = false;  // which sides are measures
};

// Two or more measures take part: `f1 > baseline_f1 + 0.02`, `auc - simple_auc < 0.01`,
// `f1_score(y, p) > 1.1 * f1_score(y, q)`.
bool carries_several(const PythonModule& module, const QualityCalls& quality, const Measures& measures,
                     uint32_t m, IndexRange reads, IndexRange calls) {
  int count = 0;
  for (uint32_t c = calls.begin; c < calls.end; ++c) count += quality.is_metric(m, c);
  std::string_view first;
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    const std::string_view name = module.names[r].view();
    if (!measures.is_read(r) || (is_bar_name(name) && !measures.by_value(r))) continue;
    const bool part = !first.empty() && (name.starts_with(first) || first.starts_with(name));  // m and m[f1]
    if (part) continue;
    if (first.empty()) first = name;
    ++count;
  }
  return count >= 2;
}

// A side that is computed from measures is one.
void read_arithmetic(const PyComparison& comparison, Sides& sides) {
  if (sides.left && sides.right) return;
  if (!sides.left && comparison.left.kind == PyValue::Kind::kOther) {
    sides.left = true;
  } else if (!sides.right && comparison.right.kind == PyValue::Kind::kOther) {
    sides.right = true;
  }
}

// The branch that fails is the one taken when the condition holds, not its `else`.
bool fails_if_true(const PythonModule& module, uint32_t condition) {
  for (uint32_t b = 0; b < module.blocks.size(); ++b) {
    const PyBlock& block = module.blocks[b];
    if (block.condition == condition && block.kind == PyBlock::Kind::kIf && branch_fails(module, b))
      return true;
  }
  return false;
}

// The comparisons of one expression, with what they read.
struct Expression {
  IndexRange comparisons, reads, calls;
  uint32_t condition = kNone;
  uint32_t block = kNone;
};

std::vector<Expression> expressions(const PythonModule& module, uint32_t function) {
  std::vector<Expression> out;
  auto add = [&](const auto& fact, uint32_t condition) {
    if (fact.function != function || fact.comparisons.empty()) return;
    bool order = false;
    for (uint32_t i = fact.comparisons.begin; i < fact.comparisons.end && !order; ++i)
      order = by_order(module.comparisons[i].op);
    if (order) out.push_back({fact.comparisons, fact.reads, fact.calls, condition, fact.block});
  };
  for (uint32_t c : indices(module.body(function).conditions)) {
    if (module.conditions[c].kind != PyCondition::Kind::kFilter) add(module.conditions[c], c);
  }
  for (const PyBinding& binding : bindings_in(module, function)) add(binding, kNone);
  for (const PyJump& jump : jumps_in(module, function)) {
    if (jump.kind == PyJump::Kind::kReturn) add(jump, kNone);
  }
  return out;
}

// A chain like `0 <= score <= 1` asks whether a value is one at all.
bool asks_for_range(const PythonModule& module, const Expression& at) {
  if (at.comparisons.size() != 2) return false;
  const PyComparison& low = module.comparisons[at.comparisons.begin];
  const PyComparison& high = module.comparisons[at.comparisons.begin + 1];
  const auto is = [](const PyValue& v, double n) {
    return v.kind == PyValue::Kind::kNumber && v.number == n;
  };
  const bool chain = is(low.left, 0) && is(high.right, 1) && low.right.text == high.left.text;
  const bool two = low.left.text == high.left.text && (is(low.right, 0) || is(low.right, 1)) &&
                   (is(high.right, 0) || is(high.right, 1));
  return chain || two;
}

bool judge(const PythonModule& module, const QualityCalls& quality, const Measures& measures, uint32_t m,
           const Expression& at, uint32_t i, QualityComparison& out) {
  const PyComparison& comparison = module.comparisons[i];
  if (!by_order(comparison.op)) return false;
  const PyValue &left = comparison.left, &right = comparison.right;
  Sides sides{measures.is(left), measures.is(right)};
  const bool several =
      at.comparisons.size() == 1 && carries_several(module, quality, measures, m, at.reads, at.calls);
  if (several) read_arithmetic(comparison, sides);
  if (!sides.left && !sides.right) return false;
  const auto bar_named = [&](const PyValue& v) {
    const bool name = v.kind == PyValue::Kind::kName || v.kind == PyValue::Kind::kSubscript;
    return name && is_bar_name(v.text.view()) && !measures.by_value(v);
  };
  if (sides.left && sides.right && bar_named(left)) sides.left = false;
  if (sides.left && sides.right && bar_named(right)) sides.right = false;
  if (sides.left != sides.right && bar_named(sides.left ? left : right)) return false;
  out.comparison = i;
  out.condition = at.condition;
  out.block = at.block;
  out.span = comparison.span;
  out.against_other = several || (sides.left && sides.right);
  out.by_value = measures.by_value(left) || measures.by_value(right);
  const std::string_view measure = (sides.left ? left : right).text.view();
  double number = 0;
  if (several || compared_number(module, comparison, number) == nullptr) return true;
  if (at.condition == kNone) {
    out.vacuous = is_vacuous(Asks::kAtLeast, number == 0 ? 0 : 1, measure) || asks_for_range(module, at);
    return true;
  }
  const PyCondition& condition = module.conditions[at.condition];
  const bool when_true = condition.kind == PyCondition::Kind::kIf && condition_fails(module, at.condition) &&
                         fails_if_true(module, at.condition);
  const Asks kind = asks(comparison.op, sides.left, when_true != condition.negated);
  out.vacuous = is_vacuous(kind, number, measure) || asks_for_range(module, at);
  return true;
}

}  // namespace

std::vector<QualityComparison> quality_comparisons(const RuleInput& in, const QualityCalls& quality,
                                                   uint32_t m, uint32_t function) {
  const PythonModule& module = in.facts.python[m];
  std::vector<QualityComparison> found;
  const std::vector<Expression> all = expressions(module, function);
  if (all.empty()) return found;
  const Measures measures(in, quality, m, function);
  std::set<uint32_t> seen;  // a ternary's condition lies inside the binding of its value
  for (const Expression& at : all) {
    for (uint32_t i = at.comparisons.begin; i < at.comparisons.end; ++i) {
      QualityComparison one;
      if (!seen.insert(i).second || !judge(module, quality, measures, m, at, i, one)) continue;
      const PyComparison& comparison = module.comparisons[i];
      one.against_itself =
          one.against_other && same_value(module, function, comparison.left, comparison.right);
      found.push_back(one);
    }
  }
  return found;
}

std::vector<QualityBar> quality_bars(const RuleInput& in, const QualityCalls& quality, uint32_t m,
                                     uint32_t function) {
  std::vector<QualityBar> bars;
  for (const QualityComparison& one : quality_comparisons(in, quality, m, function)) {
    if (one.condition == kNone) continue;
    bars.push_back({one.condition, one.comparison, condition_fails(in.facts.python[m], one.condition),
                    one.vacuous, one.against_other, one.span, one.against_itself});
  }
  return bars;
}

}  // namespace mlgrade
