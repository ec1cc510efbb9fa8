// The features of a row are computed both ways and compared: in a test, or continuously on logged requests.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// What is said of values without being any: their names, number and types.
bool is_description(std::string_view part) {
  static constexpr std::string_view kParts[] = {"columns", "shape", "dtypes", "dtype", "keys",
                                                "ndim",    "size",  "index",  "names", "schema"};
  return std::find(std::begin(kParts), std::end(kParts), part) != std::end(kParts);
}

bool describes(std::string_view dotted) {
  for (size_t at = 0; at < dotted.size();) {
    const size_t end = std::min(dotted.find('.', at), dotted.size());
    std::string_view part = dotted.substr(at, end - at);
    part = part.substr(0, part.find_first_of("[("));
    if (at > 0 && is_description(part)) return true;
    at = end + 1;
  }
  return false;
}

// One side of a comparison: the names that it reads and the calls that it holds.
struct Operand {
  std::vector<Name> reads;
  std::set<uint32_t> calls;
};

void add_call(const PythonModule& module, uint32_t c, Operand& operand, int depth = 0) {
  constexpr int kDeepest = 6;
  if (depth > kDeepest || !operand.calls.insert(c).second) return;
  const PyCall& call = module.calls[c];
  if (call.method == "len" || call.method == "type" || describes(call.callee.view())) return;
  if (call.callee.view().find('.') != std::string_view::npos) operand.reads.push_back(call.callee);
  if (call.receiver != kNone) add_call(module, call.receiver, operand, depth + 1);
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) operand.reads.push_back(module.names[r]);
    if (arg.value.kind == PyValue::Kind::kCall) add_call(module, arg.value.call, operand, depth + 1);
  }
}

Operand operand_of(const PythonModule& module, const PyValue& value) {
  Operand operand;
  if (value.kind == PyValue::Kind::kName || value.kind == PyValue::Kind::kSubscript)
    operand.reads.push_back(value.text);
  if (value.kind == PyValue::Kind::kCall) add_call(module, value.call, operand);
  std::erase_if(operand.reads, [](Name read) { return describes(read.view()); });
  return operand;
}

// Pairs of values that the function holds to be the same: in an assertion, or by a helper such as allclose.
std::vector<std::pair<Operand, Operand>> compared_pairs(const PythonModule& module, uint32_t function) {
  std::vector<std::pair<Operand, Operand>> pairs;
  const PyBody body = module.body(function);
  for (uint32_t c = body.calls.begin; c < body.calls.end; ++c) {
    const PyCall& call = module.calls[c];
    const bool holds = call.function == function && call.args.size() >= 2 &&
                       has_word(call.callee.view(), {"allclose", "equal", "equals", "isclose"});
    if (!holds) continue;
    Operand sides[2];
    for (uint32_t i = 0; i < 2; ++i) {
      const PyArg& arg = module.args[call.args.begin + i];
      sides[i] = operand_of(module, arg.value);
      for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
        const bool plain = arg.value.kind != PyValue::Kind::kCall && !describes(module.names[r].view());
        if (plain) sides[i].reads.push_back(module.names[r]);
      }
    }
    pairs.emplace_back(std::move(sides[0]), std::move(sides[1]));
  }
  for (uint32_t c = body.calls.begin; c < body.calls.end; ++c) {  // a.equals(b)
    const PyCall& call = module.calls[c];
    if (call.function != function || call.args.size() != 1 || call.method != "equals") continue;
    Operand left;
    if (call.receiver != kNone) add_call(module, call.receiver, left);
    if (!describes(call.callee.view())) left.reads.push_back(call.callee);
    pairs.emplace_back(std::move(left), operand_of(module, module.args[call.args.begin].value));
  }
  for (uint32_t i = body.conditions.begin; i < body.conditions.end; ++i) {
    const PyCondition& condition = module.conditions[i];
    if (condition.function != function || condition.kind != PyCondition::Kind::kAssert) continue;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& one = module.comparisons[c];
      if (one.op == PyComparison::Op::kEqual)
        pairs.emplace_back(operand_of(module, one.left), operand_of(module, one.right));
      const bool small = one.op == PyComparison::Op::kLess || one.op == PyComparison::Op::kLessEqual;
      if (!small) continue;  // abs(offline - online) < 1e-6
      Operand gap = operand_of(module, one.left);
      for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
        if (one.left.kind == PyValue::Kind::kOther) gap.reads.push_back(module.names[r]);
      }
      pairs.emplace_back(gap, gap);
    }
  }
  return pairs;
}

// Where a value of the test comes from, and on which sides that runs.
struct Origin {
  std::function<bool(const Operand&)> in;
  PyRef function;  // invalid: the service, asked through its route
  bool serving = false;
  bool training = false;
  bool only_serving = false;   // runs something that training does not
  bool only_training = false;  // runs something that serving does not
};

bool speaks_of_parity(std::string_view name) {
  return has_word(name, {"parity", "skew", "consistency", "consistent", "equivalence", "equivalent", "agree",
                         "agrees", "match", "matches", "same", "identical", "equal", "equals", "golden"});
}

// Nothing that prepares rows takes part: the test calls predictions only, or reads nothing but answers.
bool only_answers(const RuleInput& in, const PythonModule& module, uint32_t function) {
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function) continue;
    const PyFunction* called = in.facts.function(call.function_ref);
    if (called != nullptr && is_transform_name(called->target.view())) return false;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {  // client.post("/features")
      if (is_transform_name(module.args[a].value.text.view())) return false;
    }
  }
  return true;
}

// client.post("/predict", ...): the service answers.
bool requests_route(const PythonModule& module, const PyCall& call) {
  const bool asks = call.method == "post" || call.method == "get" || call.method == "put";
  return asks && !call.args.empty() && module.args[call.args.begin].value.text.view().starts_with("/");
}

Origin origin_of(const RuleInput& in, const Sides& sides, PyRef function) {
  Origin origin;
  origin.function = function;
  for (NodeId n : work_of(in, in.graph.node_of_function(function))) {
    if (in.graph.nodes[n].kind != NodeKind::kFunction) continue;
    const bool serving = contains_node(sides.serving, n), training = contains_node(sides.training, n);
    origin.serving |= serving;
    origin.training |= training;
    origin.only_serving |= serving && !training;
    origin.only_training |= training && !serving;
  }
  return origin;
}

// What the test calls, and the fixtures that it takes. A function that is only looked at (its signature, its
// name) is not called.
std::vector<Origin> origins_of(const RuleInput& in, const Sides& sides, const TestCase& test) {
  std::vector<Origin> origins;
  const PythonModule& module = in.facts.python[test.function.module];
  const IndexRange calls = module.body(test.function.index).calls;
  for (uint32_t c = calls.begin; c < calls.end; ++c) {
    const PyCall& call = module.calls[c];
    const bool asks = requests_route(module, call);
    if (call.function != test.function.index || (!call.function_ref.valid() && !asks)) continue;
    Origin origin = asks ? Origin{} : origin_of(in, sides, call.function_ref);
    if (asks) origin.serving = origin.only_serving = true;
    const auto is_it = [c](uint32_t other) { return other == c; };
    origin.in = [c, names = carriers_of(module, test.function.index, is_it)](const Operand& operand) {
      return operand.calls.contains(c) ||
             std::any_of(operand.reads.begin(), operand.reads.end(), [&](Name read) {
               PyValue value;
               value.kind = PyValue::Kind::kName;
               value.text = read;
               return names.carries(value);
             });
    };
    origins.push_back(std::move(origin));
  }
  for (PyRef fixture : test.fixtures) {
    const PyFunction* function = in.facts.function(fixture);
    if (function == nullptr) continue;
    Origin origin = origin_of(in, sides, fixture);
    origin.in = [name = function->name](const Operand& operand) {
      return std::any_of(operand.reads.begin(), operand.reads.end(), [&](Name read) {
        const std::string_view text = read.view();
        return text.substr(0, text.find_first_of(".[")) == name.view();
      });
    };
    origins.push_back(std::move(origin));
  }
  return origins;
}

bool one_class(const RuleInput& in, PyRef one, PyRef other) {
  const PyFunction* a = in.facts.function(one);
  const PyFunction* b = in.facts.function(other);
  return a != nullptr && b != nullptr && one.module == other.module && a->cls != kNone && a->cls == b->cls;
}

// Two computations, not one that both sides have. Methods of one class that serving shares with training are
// the same one, called in two ways: fit_transform against fit and transform.
bool two_ways(const RuleInput& in, const Origin& train, const Origin& serve) {
  if (train.function == serve.function || !train.training || !serve.serving) return false;
  const bool any = train.only_training || train.only_serving || serve.only_training || serve.only_serving;
  return one_class(in, train.function, serve.function) ? serve.only_serving && train.only_training : any;
}

// The training's computation stands on one side of a comparison and the serving's on the other.
bool compares_sides(const RuleInput& in, const Sides& sides, const TestCase& test) {
  const PythonModule& module = in.facts.python[test.function.module];
  const std::vector<std::pair<Operand, Operand>> pairs = compared_pairs(module, test.function.index);
  if (pairs.empty()) return false;
  const std::vector<Origin> origins = origins_of(in, sides, test);
  const auto joined = [&](const Origin& train, const Origin& serve) {
    return two_ways(in, train, serve) && std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
             return (train.in(pair.first) && serve.in(pair.second)) ||
                    (train.in(pair.second) && serve.in(pair.first));
           });
  };
  return std::any_of(origins.begin(), origins.end(), [&](const Origin& train) {
    return std::any_of(origins.begin(), origins.end(),
                       [&](const Origin& serve) { return joined(train, serve); });
  });
}

// A job that computes logged features again and fails when they differ.
void add_jobs(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      const bool named = has_word(function.name.view(), {"skew", "parity"}) ||
                         has_word(module.name.view(), {"skew", "parity"});
      if (!named || only_answers(in, module, f)) continue;
      auto recomputes = [&](uint32_t c) {
        const PyFunction* called = in.facts.function(module.calls[c].function_ref);
        return called != nullptr && is_transform_name(called->target.view());
      };
      const Carriers carriers = carriers_of(module, f, recomputes);
      for (const Decision& decision : decisions_on(module, f, carriers, recomputes)) {
        if (!decision.fails || decision.comparison == kNone) continue;
        Evidence evidence;
        evidence.place = function.span;
        evidence.what = "logged features are compared with recomputed ones";
        evidence.runs_at = in.graph.node_of_function({m, f});
        evidence.links.push_back(
            {module.comparisons[decision.comparison].span, "the bar on their difference"});
        run_in_earnest(in, evidence);
        out.push_back(std::move(evidence));
        break;
      }
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const Sides& sides = shared<Sides>(in);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.function.valid() || test.function.index == kNone || !speaks_of_parity(test.id.view())) continue;
    const PythonModule& module = in.facts.python[test.function.module];
    if (!compares_sides(in, sides, test)) continue;
    Evidence evidence = test_evidence(in, t, "a test compares the training's with the serving's computation",
                                      {{place_of(in.facts, test), "compares both sides"}});
    if (only_answers(in, module, test.function.index)) {
      evidence.defeat = "only answers are compared, and features that differ may give the same answer";
      evidence.remedy = "Compare the features of both sides before a model sees them.";
      evidence.defeat_at = evidence.place;
    }
    output.evidence.push_back(std::move(evidence));
  }
  add_jobs(in, output.evidence);
  for (const Use* use : product_uses(in, "detects-skew")) {
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} compares the two sides", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    UseEffect effect = effect_of(*use, in.facts);
    evidence.effect = effect.effect;
    evidence.effect_at = effect.at;
    evidence.effect_why = effect.why;
    run_in_earnest(in, evidence);
    output.evidence.push_back(std::move(evidence));
  }
  keep_best(in, output.evidence, 10);
}

}  // namespace

extern const Rule monitoring_train_serve_parity;
const Rule monitoring_train_serve_parity{
    .summary = "features computed for training and for serving are compared",
    .why = "Skew between the two is silent: every request succeeds, and every answer is a little wrong.",
    .fix =
        "Send golden raw rows through both paths in a CI test and assert that the features agree within a "
        "tolerance.",
    .source = "Breck et al. 2017, table IV, Monitor 3",
    .run = run,
};

}  // namespace mlgrade::rules
