// A test that does the same thing twice and compares: two trainings, or at least two draws after the same
// seed.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/followed.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr std::string_view kSeeds[] = {"seeds-all",   "seeds-random",     "seeds-numpy",
                                       "seeds-torch", "seeds-tensorflow", "seeds-jax"};

// The root of a dotted name: "a" of "a.weights[0]".
Name root_of(Name name) { return Name(name.view().substr(0, name.view().find_first_of(".[("))); }

// How many different values that carry a repeated result an expression reads.
size_t carried_roots(const PythonModule& module, const Carriers& carriers,
                     std::initializer_list<IndexRange> reads) {
  std::set<Name> roots;
  for (IndexRange range : reads) {
    for (uint32_t r = range.begin; r < range.end; ++r) {
      if (carriers.names.contains(root_of(module.names[r]))) roots.insert(root_of(module.names[r]));
    }
  }
  return roots.size();
}

// How long, of what shape or type: the same for two trainings that differ in everything else.
bool is_outline(const PythonModule& module, const PyValue& value) {
  if (value.kind == PyValue::Kind::kCall) {
    const Name method = module.calls[value.call].method;
    return method == "len" || method == "type" || method == "set" || method == "sorted" || method == "keys" ||
           method == "isinstance" || method == "count";
  }
  return has_word(value.text.view().substr(value.text.view().rfind('.') + 1),
                  {"shape", "size", "ndim", "dtype", "dtypes", "columns", "index", "classes", "names", "len",
                   "length", "type"});
}

// The assertion compares one of the repeated results with another for equality.
bool compares_results(const PythonModule& module, const TestAssertion& assertion, const Carriers& carriers) {
  for (const PyCondition& condition : module.conditions) {
    if (condition.kind != PyCondition::Kind::kAssert || condition.span.line != assertion.span.line) continue;
    bool equal = false;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      equal |= comparison.op == PyComparison::Op::kEqual && !is_outline(module, comparison.left) &&
               !is_outline(module, comparison.right);
    }
    for (uint32_t c = condition.calls.begin; c < condition.calls.end; ++c) {
      equal |= has_word(module.calls[c].callee.view(),
                        {"equal", "equals", "allclose", "close", "approx", "isclose"});
    }
    if (equal && carried_roots(module, carriers, {condition.reads}) >= 2) return true;
  }
  for (const PyCall& call : module.calls) {
    bool here = call.span.line >= assertion.span.line &&
                call.span.line <= std::max(assertion.span.end_line, assertion.span.line);
    if (!here || !has_word(call.callee.view(), {"equal", "equals", "allclose", "close"}) ||
        call.args.size() < 2)
      continue;
    std::set<Name> roots;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (is_outline(module, module.args[a].value)) continue;
      for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
        if (carriers.names.contains(root_of(module.names[r]))) roots.insert(root_of(module.names[r]));
      }
    }
    if (roots.size() >= 2) return true;
  }
  return false;
}

// Names that hold what the repeated function gave, or what it was called on.
Carriers results_of(const PythonModule& module, uint32_t function, PyRef repeated) {
  auto is_call = [&](uint32_t c) { return module.calls[c].function_ref == repeated; };
  Carriers carriers = carriers_of(module, function, is_call);
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function || call.function_ref != repeated) continue;
    size_t dot = call.callee.view().find('.');
    if (dot != std::string_view::npos) carriers.names.insert(root_of(call.callee));
  }
  // What is computed from these carries them, too.
  auto reads_one = [&](uint32_t c) {
    const PyCall& call = module.calls[c];
    return is_call(c) || carriers.names.contains(root_of(call.callee));
  };
  Carriers wider = carriers_of(module, function, reads_one);
  wider.names.insert(carriers.names.begin(), carriers.names.end());
  return wider;
}

// An equality of two names: with seeding calls before each, two draws.
bool draws_are_compared(const PythonModule& module, const TestCase& test) {
  for (const PyCall& call : calls_in(module, test.function.index)) {
    bool compares = has_word(call.callee.view(), {"equal", "equals", "allclose", "close", "isclose"});
    if (call.function == test.function.index && compares && call.args.size() >= 2) return true;
  }
  for (const PyCondition& condition : conditions_in(module, test.function.index)) {
    if (condition.function != test.function.index || condition.kind != PyCondition::Kind::kAssert) continue;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      auto computed = [](const PyValue& v) {
        return v.kind == PyValue::Kind::kName || v.kind == PyValue::Kind::kCall ||
               v.kind == PyValue::Kind::kOther;
      };
      if (comparison.op == PyComparison::Op::kEqual && computed(comparison.left) &&
          computed(comparison.right))
        return true;
    }
  }
  return false;
}

// Functions of the repository that the test itself (or a helper in the test's file) calls at least twice.
std::vector<std::pair<PyRef, Span>> repeated(const PythonModule& module, const TestCase& test) {
  std::map<PyRef, std::pair<int, Span>> count;
  for (const PyCall& call : calls_in(module, test.function.index)) {
    if (call.function != test.function.index || !call.function_ref.valid()) continue;
    auto& [times, at] = count[call.function_ref];
    ++times;
    at = call.span;
    for (uint32_t b = call.block; b != kNone; b = module.blocks[b].parent) {
      if (module.blocks[b].kind == PyBlock::Kind::kLoop) ++times;
      if (module.blocks[b].kind == PyBlock::Kind::kFunction) break;
    }
  }
  std::vector<std::pair<PyRef, Span>> out;
  for (const auto& [ref, seen] : count) {
    if (seen.first >= 2) out.emplace_back(ref, seen.second);
  }
  return out;
}

// A helper whose own work is to set seeds: by its name, or because it does nothing else of interest.
bool sets_seeds(const RuleInput& in, const AbilityMap& abilities, PyRef ref) {
  const PyFunction* function = in.facts.function(ref);
  if (function == nullptr || function->name == "__init__") return false;
  bool named = has_word(function->name.view(),
                        {"seed", "seeds", "seeding", "reproducible", "deterministic", "determinism"});
  const std::vector<AbleAt>& able = abilities.at(in.graph.node_of_function(ref));
  return named && std::any_of(able.begin(), able.end(), [](const AbleAt& a) {
           return std::find(std::begin(kSeeds), std::end(kSeeds), a.capability.view()) != std::end(kSeeds);
         });
}

// The number that the call is given as seed; none if it is given none, or one that is no literal.
std::optional<double> seed_of(const FactStore& facts, const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.value.kind != PyValue::Kind::kNumber) continue;
    Name name = arg.keyword;
    const uint32_t param = parameter_of(facts, module, call, a);
    if (param != kNone) name = facts.function(call.function_ref)->params[param].name;
    if (has_word(name.view(), {"seed", "state", "random"})) return arg.value.number;
  }
  return std::nullopt;
}

// Each call is given a seed of its own: that the results agree would show nothing.
bool seeds_differ(const FactStore& facts, const PythonModule& module, uint32_t function, PyRef repeated) {
  std::set<double> seeds;
  size_t calls = 0;
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function || call.function_ref != repeated) continue;
    ++calls;
    if (std::optional<double> seed = seed_of(facts, module, call)) seeds.insert(*seed);
  }
  return calls >= 2 && seeds.size() == calls;
}

bool same_literal(const PyValue& a, const PyValue& b) {
  const auto literal = [](const PyValue& v) {
    return v.kind == PyValue::Kind::kString || v.kind == PyValue::Kind::kNumber ||
           v.kind == PyValue::Kind::kBool || v.kind == PyValue::Kind::kNone;
  };
  if (!literal(a) && !literal(b)) return true;  // what they hold is not known here
  return a.kind == b.kind && a.text == b.text && a.number == b.number;
}

// Both calls are given the same, as far as their words tell.
bool same_arguments(const PythonModule& module, const PyCall& a, const PyCall& b) {
  if (a.args.size() != b.args.size()) return false;
  for (uint32_t i = 0; i < a.args.size(); ++i) {
    const PyArg &one = module.args[a.args.begin + i], &other = module.args[b.args.begin + i];
    if (one.keyword != other.keyword || !same_literal(one.value, other.value)) return false;
  }
  return true;
}

// The call that made the object whose method is called; null if it is not seen in the function.
const PyCall* maker_of(const PythonModule& module, const PyCall& call) {
  if (call.receiver != kNone) return &module.calls[call.receiver];
  const Name root = root_of(call.callee);
  const PyCall* maker = nullptr;
  for (const PyBinding& binding : bindings_in(module, call.function)) {
    if (binding.function != call.function || binding.target != root) continue;
    if (binding.value.kind == PyValue::Kind::kCall && binding.span.line <= call.span.line)
      maker = &module.calls[binding.value.call];
  }
  return maker;
}

// Two of the calls train alike: given the same, on objects that were made the same way.
bool some_alike(const PythonModule& module, uint32_t function, PyRef repeated) {
  std::vector<const PyCall*> calls;
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function == function && call.function_ref == repeated) calls.push_back(&call);
  }
  if (calls.size() < 2) return true;  // one in a loop
  for (size_t i = 0; i < calls.size(); ++i) {
    for (size_t k = i + 1; k < calls.size(); ++k) {
      if (!same_arguments(module, *calls[i], *calls[k])) continue;
      const PyCall *one = maker_of(module, *calls[i]), *other = maker_of(module, *calls[k]);
      if (one == nullptr || other == nullptr || one == other ||
          (one->callee == other->callee && same_arguments(module, *one, *other)))
        return true;
    }
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& output) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.function.valid() || test.function.index == kNone) continue;
    const PythonModule& module = in.facts.python[test.function.module];
    for (const auto& [ref, at] : repeated(module, test)) {
      bool trains = abilities.can(in.graph.node_of_function(ref), "trains-model");
      bool seeds = sets_seeds(in, abilities, ref);
      if (!trains && !seeds) continue;
      if (seeds_differ(in.facts, module, test.function.index, ref)) continue;
      if (trains && !some_alike(module, test.function.index, ref)) continue;
      Carriers carriers = results_of(module, test.function.index, ref);
      bool equal = std::any_of(test.assertions.begin(), test.assertions.end(),
                               [&](const TestAssertion& a) { return compares_results(module, a, carriers); });
      // After a seed, the draws themselves are compared, not what the seeding function gives.
      if (!equal && !(seeds && !trains && draws_are_compared(module, test))) continue;
      Evidence evidence = test_evidence(
          in, t, trains ? "a test trains twice and compares" : "a test draws twice and compares",
          {{at, trains ? "trains again" : "seeds again"}});
      if (!trains) {
        evidence.worth = 0.5;
        evidence.worth_why = "it shows that the generator repeats itself, not that the training does";
      }
      output.evidence.push_back(std::move(evidence));
    }
  }
  keep_best(in, output.evidence, 10);
}

}  // namespace

extern const Rule infra_repeat_run_test;
const Rule infra_repeat_run_test{
    .summary = "a test that trains twice and compares the results",
    .why = "Seeds are set with care and undone by one unseeded shuffle; only a second run notices.",
    .fix =
        "Train twice on a small sample with the same seed in a CI test, and assert that predictions agree.",
    .source = "Breck et al. 2017, table III, Infra 1",
    .run = run,
};

}  // namespace mlgrade::rules
