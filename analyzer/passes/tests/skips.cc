// What marks and calls do to a test: skipped, expected to fail, or only under a condition that a run decides.
#include <algorithm>

#include "analyzer/passes/tests/marks.h"
#include "analyzer/passes/text.h"

namespace mlgrade::passes {
namespace {

const PyArg* argument(const FactStore& facts, const Mark& mark, uint32_t position, std::string_view keyword) {
  if (mark.call == kNone) return nullptr;
  const PythonModule& module = facts.python[mark.module];
  const PyCall& call = module.calls[mark.call];
  for (uint32_t i = call.args.begin; i < call.args.end; ++i) {
    const PyArg& arg = module.args[i];
    if (arg.keyword == keyword || (arg.keyword.empty() && i - call.args.begin == position)) return &arg;
  }
  return nullptr;
}

struct Condition {
  Truth holds = Truth::kUnknown;
  std::string what;
  VariableCondition variable;
};

// The condition that the mark is given; null if it is given none.
const PyCondition* given_condition(const PythonModule& module, const PyCall& call) {
  for (const PyCondition& condition : module.conditions) {
    const bool inside = call.span.line <= condition.span.line &&
                        condition.span.line <= std::max(call.span.line, call.span.end_line);
    if (condition.kind == PyCondition::Kind::kSkip && inside) return &condition;
  }
  return nullptr;
}

// What is known of the condition that a mark is given; without one it always holds.
Condition condition_of(const FactStore& facts, const Mark& mark) {
  const PyArg* arg = argument(facts, mark, 0, "condition");
  if (arg == nullptr) return {Truth::kYes, ""};
  const PyValue& value = arg->value;
  if (value.kind == PyValue::Kind::kBool) return {value.text == "True" ? Truth::kYes : Truth::kNo, ""};
  if (value.kind == PyValue::Kind::kNumber) return {value.number != 0 ? Truth::kYes : Truth::kNo, ""};
  const PythonModule& module = facts.python[mark.module];
  const PyCall& call = module.calls[mark.call];
  const PyCondition* given = given_condition(module, call);
  if (given != nullptr && given->holds != Truth::kUnknown) {
    const bool constant =
        given->value.kind == PyValue::Kind::kBool || given->value.kind == PyValue::Kind::kNumber;
    return {given->holds, constant ? "" : "whether CI runs it", {}};
  }
  std::string what = environment_condition(module, call.span, arg->reads);
  Condition out{Truth::kUnknown, what.empty() ? "a condition that only a run can decide" : what, {}};
  if (given != nullptr) out.variable = variable_condition(module, *given);
  return out;
}

bool is_true(const PyArg* arg) {
  return arg != nullptr && arg->value.kind == PyValue::Kind::kBool && arg->value.text == "True";
}

bool asserts_before(const PythonModule& module, uint32_t function, uint32_t line) {
  const IndexRange inside = module.body(function).asserts;
  return std::any_of(module.asserts.begin() + inside.begin, module.asserts.begin() + inside.end,
                     [&](const PyAssert& assertion) {
                       return assertion.function == function && assertion.span.line < line;
                     });
}

std::string why_decided(const PythonModule& module, uint32_t block) {
  const PyBlock& decider = module.blocks[block];
  if (decider.kind == PyBlock::Kind::kExcept) return "skips itself after an error";
  std::string what;
  if (decider.condition != kNone) {
    const PyCondition& condition = module.conditions[decider.condition];
    what = environment_condition(module, condition.span, condition.reads);
  }
  return what.empty() ? "skips itself under a condition that only a run can decide"
                      : "skips itself depending on " + what;
}

// True if a manifest names a distribution that has this import; common names that differ are known.
bool is_declared(const FactStore& facts, std::string_view import) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"imblearn", "imbalanced-learn"},
                                                                             {"dateutil", "python-dateutil"},
                                                                             {"jwt", "pyjwt"},
                                                                             {"psycopg2", "psycopg2-binary"},
                                                                             {"attr", "attrs"},
                                                                             {"git", "gitpython"},
                                                                             {"bs4", "beautifulsoup4"},
                                                                             {"cv2", "opencv-python"},
                                                                             {"PIL", "pillow"},
                                                                             {"skimage", "scikit-image"},
                                                                             {"sklearn", "scikit-learn"},
                                                                             {"yaml", "pyyaml"},
                                                                             {"dotenv", "python-dotenv"}};
  std::string name(import.substr(0, import.find('.')));
  for (const auto& [module, distribution] : kNames) {
    if (module == name) name = distribution;
  }
  name = to_lower(name);
  std::replace(name.begin(), name.end(), '_', '-');
  return std::any_of(facts.dependencies.begin(), facts.dependencies.end(),
                     [&](const Dependency& dependency) { return dependency.name == name; });
}

// A branch that is known to be taken, wherever its own surroundings are.
bool always_runs(const PythonModule& module, uint32_t block) {
  const PyBlock& branch = module.blocks[block];
  if (branch.condition == kNone) return false;
  const Truth holds = module.conditions[branch.condition].holds;
  const bool taken = (branch.kind == PyBlock::Kind::kIf && holds == Truth::kYes) ||
                     (branch.kind == PyBlock::Kind::kElse && holds == Truth::kNo);
  return taken && deciding_block(module, branch.parent) == kNone;
}

// A module of the repository, however much of its name is given.
bool is_own_module(const FactStore& facts, std::string_view name) {
  return std::any_of(facts.python.begin(), facts.python.end(), [&](const PythonModule& module) {
    const std::string_view own = module.name.view();
    return own == name || (own.starts_with(name) && own.size() > name.size() && own[name.size()] == '.') ||
           (own.ends_with(name) && own.size() > name.size() && own[own.size() - name.size() - 1] == '.');
  });
}

bool is_skip_call(std::string_view target) {
  return target == "pytest.skip" || target == "pytest.xfail" || target == "pytest.skip.Exception" ||
         target == "unittest.SkipTest" || target.ends_with("TestCase.skipTest");
}

}  // namespace

uint32_t deciding_block(const PythonModule& module, uint32_t block) {
  for (; block != kNone; block = module.blocks[block].parent) {
    switch (module.blocks[block].kind) {
      case PyBlock::Kind::kIf:
      case PyBlock::Kind::kElse:
      case PyBlock::Kind::kExcept:
      case PyBlock::Kind::kLoop:
      case PyBlock::Kind::kMatch:
      case PyBlock::Kind::kMainGuard:
        return block;
      case PyBlock::Kind::kFunction:
      case PyBlock::Kind::kModule:
        return kNone;
      default:
        break;
    }
  }
  return kNone;
}

std::string environment_condition(const PythonModule& module, const Span& span, IndexRange reads) {
  bool environment = false;
  bool platform = false;
  for (uint32_t i = reads.begin; i < reads.end; ++i) {
    std::string_view name = module.names[i].view();
    environment |= name.starts_with("os.environ") || name.starts_with("environ");
    platform |= name.starts_with("sys.version") || name.starts_with("sys.platform") ||
                name.starts_with("platform.") || name == "os.name";
  }
  for (const PyCall& call : module.calls) {
    if (call.span.line < span.line || call.span.line > std::max(span.line, span.end_line)) continue;
    std::string_view target = call.target.view();
    platform |= target.starts_with("platform.") || target.starts_with("sys.platform");
    if (target == "torch.cuda.is_available" || target == "tensorflow.config.list_physical_devices")
      return "a GPU";
    if (target != "os.getenv" && target != "os.environ.get") continue;
    environment = true;
    if (call.args.empty() || module.args[call.args.begin].value.kind != PyValue::Kind::kString) continue;
    return "the environment variable " + module.args[call.args.begin].value.text.str();
  }
  if (environment) return "the environment";
  return platform ? "the platform" : "";
}

void apply_mark(const FactStore& facts, const Mark& mark, bool xfail_strict, Skip& skip) {
  const std::string_view name = mark.name.view();
  if (name == "pytest.mark.skip" || name == "unittest.skip") {
    skip.worsen(Truth::kYes, mark.span, "marked to be skipped");
  } else if (name == "pytest.mark.skipif" || name == "unittest.skipIf" || name == "unittest.skipUnless") {
    Condition condition = condition_of(facts, mark);
    Truth holds = name == "unittest.skipUnless" ? !condition.holds : condition.holds;
    if (condition.what == "the platform") holds = Truth::kNo;  // of some platforms or versions, not of all
    const Truth unset = name == "unittest.skipUnless" ? !condition.variable.unset : condition.variable.unset;
    if (holds == Truth::kUnknown && !condition.variable.variable.empty() && unset != Truth::kUnknown) {
      return skip.depend(mark.span, condition.variable.variable, unset == Truth::kNo,
                         "skipped depending on " + condition.what);
    }
    std::string why = "skipped depending on " + condition.what;
    if (holds == Truth::kYes) {
      why = condition.what.empty() ? "skipped by a condition that always holds" : "skipped where CI runs it";
    }
    skip.worsen(holds, mark.span, std::move(why));
  } else if (name == "pytest.mark.xfail") {
    const PyArg* strict = argument(facts, mark, kNone, "strict");
    if (strict != nullptr ? is_true(strict) : xfail_strict) return;
    skip.worsen(condition_of(facts, mark).holds, mark.span,
                "expected to fail, but not strictly: it fails no run");
  } else if (name == "pytest.mark.parametrize") {
    const PyArg* cases = argument(facts, mark, 1, "argvalues");
    if (cases != nullptr && cases->value.kind == PyValue::Kind::kList && cases->value.count == 0) {
      skip.worsen(Truth::kYes, mark.span, "given no cases");
    }
  }
}

void apply_skip_calls(const FactStore& facts, PyRef ref, Skip& skip) {
  const PythonModule& module = facts.python[ref.module];
  const IndexRange inside = module.body(ref.index).calls;
  for (uint32_t i = inside.begin; i < inside.end; ++i) {
    const PyCall& call = module.calls[i];
    if (call.function != ref.index) continue;
    std::string_view target = call.target.view();
    if (target == "pytest.importorskip") {
      if (call.args.empty() || module.args[call.args.begin].value.kind != PyValue::Kind::kString) continue;
      std::string name = module.args[call.args.begin].value.text.str();
      if (is_declared(facts, name) || is_own_module(facts, name)) continue;
      const bool locked = std::any_of(facts.dependencies.begin(), facts.dependencies.end(),
                                      [](const Dependency& dependency) { return dependency.locked; });
      skip.worsen(locked ? Truth::kYes : Truth::kUnknown, call.span,
                  "skipped unless " + name + " is installed, which no manifest" +
                      (locked ? " or lock file" : "") + " names");
    } else if (is_skip_call(target)) {
      uint32_t decider = deciding_block(module, call.block);
      if (decider != kNone && module.blocks[decider].kind == PyBlock::Kind::kMainGuard) continue;
      if (module.dead_block(call.block) != kNone) continue;
      if (decider != kNone && always_runs(module, decider)) {
        skip.worsen(Truth::kYes, call.span, "skips itself where CI runs it");
        continue;
      }
      if (decider != kNone) {
        const PyBlock& block = module.blocks[decider];
        VariableCondition variable;
        if (block.kind == PyBlock::Kind::kIf && block.condition != kNone)
          variable = variable_condition(module, module.conditions[block.condition]);
        if (!variable.variable.empty() && variable.unset != Truth::kUnknown) {
          skip.depend(call.span, variable.variable, variable.unset == Truth::kNo,
                      why_decided(module, decider));
        } else {
          skip.worsen(Truth::kUnknown, call.span, why_decided(module, decider));
        }
      } else if (!asserts_before(module, ref.index, call.span.line)) {
        skip.worsen(Truth::kYes, call.span, "skips itself always");
      }
    }
  }
}

uint32_t parametrize_cases(const FactStore& facts, const Mark& mark) {
  const PyArg* cases = argument(facts, mark, 1, "argvalues");
  if (cases == nullptr) return 0;
  if (cases->value.kind == PyValue::Kind::kList) return cases->value.count;
  if (cases->value.kind != PyValue::Kind::kName) return 0;
  for (const PyBinding& binding : facts.python[mark.module].bindings) {
    bool fits = binding.function == kNone && binding.target == cases->value.text;
    if (fits && binding.value.kind == PyValue::Kind::kList) return binding.value.count;
  }
  return 0;
}

std::vector<std::string_view> parametrize_names(const FactStore& facts, const Mark& mark) {
  std::vector<std::string_view> names;
  const PyArg* arg = argument(facts, mark, 0, "argnames");
  if (arg == nullptr) return names;
  auto add = [&](const PyValue& value) {
    if (value.kind != PyValue::Kind::kString) return;
    for (std::string_view part : split(value.text.view(), ',')) names.push_back(trim(part));
  };
  add(arg->value);
  const PythonModule& module = facts.python[mark.module];
  for (uint32_t i = arg->value.elements().begin; i < arg->value.elements().end; ++i) add(module.values[i]);
  return names;
}

}  // namespace mlgrade::passes
