// Follows made-up rows through returns and arguments.
#include "rules/support/synthetic.h"

#include <algorithm>
#include <unordered_map>

#include "rules/support/code.h"
#include "rules/support/flow.h"

namespace mlgrade {
namespace {

constexpr int kHandOvers = 4;  // callers of callers that are looked at
constexpr int kRounds = 3;     // functions that return what functions return

// Generators of values. Choosing, shuffling and splitting draw from real rows and make nothing up.
bool is_generator(std::string_view target) {
  static constexpr std::string_view kMakers[] = {
      "normal",          "uniform", "rand", "randn", "randint",  "random",    "gauss",
      "exponential",     "poisson", "beta", "gamma", "binomial", "lognormal", "multivariate_normal",
      "standard_normal", "integers"};
  if (target.empty() || std::string_view("fmnrs").find(target.front()) == std::string_view::npos)
    return false;  // none of the libraries below
  if (target.starts_with("faker.") || target.starts_with("mimesis.") ||
      target.starts_with("sklearn.datasets.make_") || target.starts_with("sdv.")) {
    return true;
  }
  bool numbers = target.starts_with("numpy.random.") || target.starts_with("random.");
  std::string_view last = target.substr(target.rfind('.') + 1);
  return numbers && std::find(std::begin(kMakers), std::end(kMakers), last) != std::end(kMakers);
}

bool says_so(std::string_view name) {
  return has_word(name,
                  {"simulate", "simulated", "synthetic", "synthesize", "fake", "fakes", "mock", "dummy"});
}

}  // namespace

SyntheticData::SyntheticData(const RuleInput& in) : in_(in) {
  const auto& python = in.facts.python;
  made_.resize(python.size());
  std::unordered_map<Name, bool> known;  // names of functions: do they say so
  const auto named = [&](Name name) {
    const auto [at, fresh] = known.try_emplace(name);
    if (fresh) at->second = says_so(name.view());
    return at->second;
  };
  for (size_t m = 0; m < python.size(); ++m) {
    made_[m].assign(python[m].calls.size(), 0);
    for (size_t c = 0; c < python[m].calls.size(); ++c) {
      const PyCall& call = python[m].calls[c];
      const PyFunction* own = in.facts.function(call.function_ref);
      made_[m][c] = is_generator(call.target.view()) || (own != nullptr && named(own->name));
    }
  }
  for (int round = 0; round < kRounds; ++round) {
    std::vector<PyRef> returns;
    for (uint32_t m = 0; m < python.size(); ++m) {
      if (std::none_of(made_[m].begin(), made_[m].end(), [](uint8_t v) { return v != 0; })) continue;
      for (const PyJump& jump : python[m].jumps) {
        if (jump.kind != PyJump::Kind::kReturn || jump.function == kNone) continue;
        Carriers carriers = carriers_of(python[m], jump.function, [&](uint32_t c) { return makes(m, c); });
        bool direct = false;
        for (uint32_t c = jump.calls.begin; c < jump.calls.end; ++c) direct |= makes(m, c);
        if (direct || carriers.carries(python[m], jump.reads)) returns.push_back({m, jump.function});
      }
    }
    std::sort(returns.begin(), returns.end());
    bool changed = false;
    for (uint32_t m = 0; m < python.size(); ++m) {
      for (uint32_t c = 0; c < python[m].calls.size(); ++c) {
        PyRef ref = python[m].calls[c].function_ref;
        if (made_[m][c] != 0 || !ref.valid() || !std::binary_search(returns.begin(), returns.end(), ref))
          continue;
        made_[m][c] = 1;
        changed = true;
      }
    }
    if (!changed) break;
  }
}

Span SyntheticData::made_up(uint32_t module, const PyCall& call) const { return reaches(module, call, 0); }

Span SyntheticData::reaches(uint32_t m, const PyCall& call, int depth) const {
  const PythonModule& module = in_.facts.python[m];
  auto made = [&](uint32_t c) { return makes(m, c); };
  Carriers carriers = carriers_of(module, call.function, made);
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.value.kind == PyValue::Kind::kCall && makes(m, arg.value.call))
      return module.calls[arg.value.call].span;
    if (!carriers.carries(arg.value) && !carriers.carries(module, arg.reads)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      if (module.calls[c].function == call.function && makes(m, c)) return module.calls[c].span;
    }
  }
  if (call.function == kNone || depth >= kHandOvers) return {};
  const PyRef self{m, call.function};
  for (uint32_t other = 0; other < in_.facts.python.size(); ++other) {
    const PythonModule& caller = in_.facts.python[other];
    if (is_test_code(in_.facts, caller.file)) continue;
    for (const PyCall& outer : caller.calls) {
      if (outer.function_ref != self) continue;
      if (Span at = reaches(other, outer, depth + 1); at.valid()) return at;
    }
  }
  return {};
}

}  // namespace mlgrade
