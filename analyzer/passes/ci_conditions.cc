// The pass: which conditions of Python code are known to hold, or not to, where checks are run: those that
// are constants, and those that ask whether a CI system runs the code (it sets the variable CI). Blocks
// behind a condition that never holds are marked.
#include <algorithm>
#include <array>

#include "analyzer/facts/test_paths.h"
#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

using Kind = PyValue::Kind;

// Systems that start jobs by themselves, and whether they set CI=true. Source: their lists of predefined
// variables.
struct CiSystem {
  std::string_view system;
  bool sets_ci;
};
constexpr std::array<CiSystem, 15> kSystems = {{{"github-actions", true},
                                                {"gitlab-ci", true},
                                                {"circleci", true},
                                                {"travis", true},
                                                {"bitbucket", true},
                                                {"buildkite", true},
                                                {"appveyor", true},
                                                {"drone", true},
                                                {"woodpecker", true},
                                                {"azure-pipelines", false},
                                                {"jenkins", false},
                                                {"cloud-build", false},
                                                {"codebuild", false},
                                                {"tekton", false},
                                                {"taskcluster", false}}};

// Is the variable set in runs that nobody starts by hand? Unknown where some systems set it and others do
// not.
struct Variables {
  Truth ci_in_tests = Truth::kUnknown;    // tests are run by CI systems alone
  Truth ci_in_product = Truth::kUnknown;  // product code also by schedulers, which set nothing
  Truth github = Truth::kUnknown;
  Truth gitlab = Truth::kUnknown;
};

bool starts_by_itself(const AutomationFile& file) {
  return std::any_of(file.triggers.begin(), file.triggers.end(), [](const Trigger& trigger) {
    return trigger.automatic != Truth::kNo && trigger.kind != TriggerKind::kManual &&
           trigger.kind != TriggerKind::kHook && trigger.kind != TriggerKind::kCalled;
  });
}

Truth of(bool some, bool others) { return !some ? Truth::kUnknown : others ? Truth::kUnknown : Truth::kYes; }

Variables variables_of(const FactStore& facts) {
  bool set = false, unset = false, elsewhere = false, github = false, gitlab = false, other = false;
  for (const AutomationFile& file : facts.automation) {
    const std::string_view system = file.system.view();
    if (!starts_by_itself(file) || system == "pre-commit") continue;
    const auto known = std::find_if(kSystems.begin(), kSystems.end(),
                                    [&](const CiSystem& one) { return one.system == system; });
    if (known == kSystems.end()) {
      elsewhere = true;
      continue;
    }
    (known->sets_ci ? set : unset) = true;
    const bool is_github = system == "github-actions", is_gitlab = system.starts_with("gitlab");
    github |= is_github;
    gitlab |= is_gitlab;
    other |= !is_github && !is_gitlab;
  }
  return {.ci_in_tests = of(set, unset),
          .ci_in_product = of(set, unset || elsewhere),
          .github = of(github, gitlab || other),
          .gitlab = of(gitlab, github || other)};
}

class Evaluator {
 public:
  Evaluator(const PythonModule& module, const Variables& variables, bool test)
      : module_(module), variables_(variables), test_(test) {}

  Truth holds(const PyCondition& condition) const {
    const Truth plain = positive(condition);
    return condition.negated ? !plain : plain;
  }

 private:
  Truth positive(const PyCondition& condition) const {
    const PyValue& value = condition.value;
    if (value.kind == Kind::kBool) return value.text == "True" ? Truth::kYes : Truth::kNo;
    if (value.kind == Kind::kNumber) return value.number != 0 ? Truth::kYes : Truth::kNo;
    if (condition.comparisons.size() > 1) return Truth::kUnknown;
    if (condition.comparisons.size() == 1) {
      return compare(module_.comparisons[condition.comparisons.begin], condition.calls, condition.reads,
                     condition.function, 0);
    }
    return set(value, condition.function, 0);
  }

  Truth of_variable(std::string_view name) const {
    if (name == "CI") return test_ ? variables_.ci_in_tests : variables_.ci_in_product;
    if (name == "GITHUB_ACTIONS") return variables_.github;
    if (name == "GITLAB_CI") return variables_.gitlab;
    return Truth::kUnknown;
  }

  // Is the value, as true or false, whether such a variable is set?
  Truth set(const PyValue& value, uint32_t function, int hops) const {
    if (value.kind == Kind::kCall) return set_by_call(module_.calls[value.call], function, hops);
    if (value.kind == Kind::kSubscript) {
      std::string_view text = value.text.view();
      if (!text.starts_with("os.environ[") || !text.ends_with("]")) return Truth::kUnknown;
      return of_variable(text.substr(11, text.size() - 12));
    }
    if (value.kind != Kind::kName || hops > 3) return Truth::kUnknown;
    const PyBinding* only = nullptr;
    for (const PyBinding& binding : module_.bindings) {
      const bool seen = binding.function == function || binding.function == kNone;
      if (binding.target != value.text || !seen) continue;
      if (only != nullptr) return Truth::kUnknown;
      only = &binding;
    }
    const bool plain =
        only != nullptr && only->kind == PyBinding::Kind::kAssign && !only->unpacked && !only->subscript;
    if (!plain) return Truth::kUnknown;
    if (only->comparisons.size() == 1 && only->value.kind == Kind::kOther) {
      return compare(module_.comparisons[only->comparisons.begin], only->calls, only->reads, function,
                     hops + 1);
    }
    return only->comparisons.empty() ? set(only->value, function, hops + 1) : Truth::kUnknown;
  }

  const PyValue* first_argument(const PyCall& call) const {
    return call.args.empty() ? nullptr : &module_.args[call.args.begin].value;
  }

  Truth set_by_call(const PyCall& call, uint32_t function, int hops) const {
    const std::string_view target = call.target.empty() ? call.callee.view() : call.target.view();
    const PyValue* first = first_argument(call);
    if (target == "os.getenv" || target == "os.environ.get") {
      if (first == nullptr || first->kind != Kind::kString) return Truth::kUnknown;
      return of_variable(first->text.view());
    }
    if (target == "bool" && first != nullptr && hops < 4) return set(*first, function, hops + 1);
    const bool same_text = call.method == "lower" || call.method == "strip" || call.method == "upper";
    if (same_text && call.receiver != kNone && hops < 4)
      return set_by_call(module_.calls[call.receiver], function, hops + 1);
    return Truth::kUnknown;
  }

  // CI == "true", "CI" in os.environ, CI is not None.
  Truth compare(const PyComparison& comparison, IndexRange calls, IndexRange reads, uint32_t function,
                int hops) const {
    using Op = PyComparison::Op;
    const bool more =
        std::any_of(module_.names.begin() + reads.begin, module_.names.begin() + reads.end, [&](Name name) {
          const bool own = comparison.left.kind == Kind::kName && name == comparison.left.text;
          return !own && name != "os" && name != "os.environ";
        });
    if (more || calls.size() > 2) return Truth::kUnknown;  // `and` or `or` with something else
    if (comparison.op == Op::kIn || comparison.op == Op::kNotIn) {
      const bool environment =
          comparison.right.kind == Kind::kName && comparison.right.text == "os.environ" && calls.empty();
      if (!environment || comparison.left.kind != Kind::kString) return Truth::kUnknown;
      const Truth there = of_variable(comparison.left.text.view());
      return comparison.op == Op::kIn ? there : !there;
    }
    const Truth there = set(comparison.left, function, hops);
    if (there != Truth::kYes) return Truth::kUnknown;
    const bool equal = comparison.op == Op::kEqual || comparison.op == Op::kIs;
    const bool differs = comparison.op == Op::kNotEqual || comparison.op == Op::kIsNot;
    if (!equal && !differs) return Truth::kUnknown;
    bool same = false;
    if (comparison.right.kind == Kind::kString) {
      same = to_lower(comparison.right.text.view()) == "true";
    } else if (comparison.right.kind == Kind::kBool) {
      same = comparison.right.text == "True";
    } else if (comparison.right.kind != Kind::kNone) {
      return Truth::kUnknown;
    }
    return same == equal ? Truth::kYes : Truth::kNo;
  }

  const PythonModule& module_;
  const Variables& variables_;
  bool test_;
};

}  // namespace

void judge_conditions(FactStore& facts) {
  const Variables variables = variables_of(facts);
  for (PythonModule& module : facts.python) {
    const Evaluator evaluator(module, variables, is_test_path(facts.path(module.file)));
    for (PyCondition& condition : module.conditions) {
      const bool decides =
          condition.kind == PyCondition::Kind::kIf || condition.kind == PyCondition::Kind::kSkip;
      if (decides) condition.holds = evaluator.holds(condition);
    }
    for (PyBlock& block : module.blocks) {
      if (block.condition == kNone) continue;
      const Truth holds = module.conditions[block.condition].holds;
      if (block.kind == PyBlock::Kind::kIf && holds == Truth::kNo) block.runs = Truth::kNo;
      if (block.kind == PyBlock::Kind::kElse && holds == Truth::kYes) block.runs = Truth::kNo;
    }
  }
}

}  // namespace mlgrade::passes
