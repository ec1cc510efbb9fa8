// What tests break on purpose, and what they expect of it.
#include "rules/support/faults.h"

#include <algorithm>

#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade {
namespace {

// Raises something that is no assertion of the test's own.
bool fails_on_purpose(const PythonModule& module, uint32_t function) {
  if (module.functions[function].is_stub) return false;
  const IndexRange jumps = module.functions[function].body.jumps;
  for (uint32_t j = jumps.begin; j < jumps.end; ++j) {
    const PyJump& jump = module.jumps[j];
    if (jump.kind != PyJump::Kind::kRaise) continue;
    const bool call = jump.value.kind == PyValue::Kind::kCall && jump.value.call != kNone;
    const std::string_view name = call ? module.calls[jump.value.call].callee.view() : jump.value.text.view();
    if (!name.ends_with("AssertionError") && !name.ends_with("NotImplementedError") && !name.empty())
      return true;
  }
  return false;
}

bool is_failing_function(const RuleInput& in, PyRef ref) {
  if (!ref.valid() || ref.index == kNone) return false;
  const PythonModule& module = in.facts.python[ref.module];
  return is_test_code(in.facts, module.file) && fails_on_purpose(module, ref.index);
}

bool is_failing_class(const RuleInput& in, PyRef ref) {
  if (!ref.valid() || ref.index == kNone) return false;
  const PythonModule& module = in.facts.python[ref.module];
  if (!is_test_code(in.facts, module.file)) return false;
  const IndexRange functions = module.classes[ref.index].functions;
  for (uint32_t f = functions.begin; f < functions.end; ++f) {
    if (fails_on_purpose(module, f)) return true;
  }
  return false;
}

// An error, or a list with one in it; a stand-in that gives one value after another does not fail.
bool is_fault_value(const RuleInput& in, const PythonModule& module, const PyValue& value) {
  switch (value.kind) {
    case PyValue::Kind::kName:
    case PyValue::Kind::kCall: {
      const bool call = value.kind == PyValue::Kind::kCall && value.call != kNone;
      const std::string_view whole = call ? module.calls[value.call].callee.view() : value.text.view();
      const std::string_view name = whole.substr(whole.rfind('.') + 1);
      for (std::string_view end : {"Error", "Exception", "Timeout", "Failure", "Interrupt", "Exit", "Refused",
                                   "Unavailable", "NotFound", "Expired"}) {
        if (name.ends_with(end)) return true;
      }
      if (has_word(name, {"error", "exception", "exc", "err", "timeout", "fail", "fails", "failing", "raise",
                          "raises", "raising", "raiser", "boom", "broken", "explode"}))
        return true;
      return call && (is_failing_function(in, module.calls[value.call].function_ref) ||
                      is_failing_class(in, module.calls[value.call].class_ref));
    }
    case PyValue::Kind::kList: {
      const IndexRange elements = value.elements();
      for (uint32_t e = elements.begin; e < elements.end && e < module.values.size(); ++e) {
        const PyValue& one = module.values[e];
        if (one.kind != PyValue::Kind::kList && is_fault_value(in, module, one)) return true;
      }
      return false;
    }
    default:
      return false;
  }
}

// A call that the catalogue knows for breaking something; of one with a side effect only where that is an
// error.
bool is_fault_call(const RuleInput& in, const Use& use) {
  const PyCall* call = call_of(in, use);
  if (call == nullptr) return true;
  const PythonModule& module = in.facts.python[use.function.module];
  for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.keyword == "side_effect") return is_fault_value(in, module, arg.value);
  }
  return true;
}

// `monkeypatch.setattr(module, "name", gone)`, `patch("module.name", new=gone)`.
bool puts_in_place(const PyCall& call) {
  return call.method == "setattr" || call.method == "setitem" || call.method == "patch" ||
         call.method == "object";
}

// A function of that name in the module, in the function itself or at the top, fails on purpose.
bool is_failing_name(const RuleInput& in, PyRef function, const PyValue& value) {
  if (value.kind != PyValue::Kind::kName) return false;
  const PythonModule& module = in.facts.python[function.module];
  for (uint32_t f = 0; f < module.functions.size(); ++f) {
    const PyFunction& one = module.functions[f];
    const bool visible = one.cls == kNone && (one.parent == kNone || one.parent == function.index);
    if (visible && one.name == value.text && is_failing_function(in, {function.module, f})) return true;
  }
  return false;
}

// A stand-in of the tests' own that the function hands on: `client.get.side_effect = Timeout()`, `Broken()`,
// a function that raises, `(_ for _ in ()).throw(Timeout())`.
Span own_fault(const RuleInput& in, PyRef function) {
  if (!function.valid() || function.index == kNone) return {};
  const PythonModule& module = in.facts.python[function.module];
  const PyBody& body = module.functions[function.index].body;
  for (uint32_t b = body.bindings.begin; b < body.bindings.end; ++b) {
    const PyBinding& binding = module.bindings[b];
    if (binding.target.view().ends_with(".side_effect") && is_fault_value(in, module, binding.value))
      return binding.span;
  }
  for (uint32_t c = body.calls.begin; c < body.calls.end; ++c) {
    const PyCall& call = module.calls[c];
    if (call.method == "throw" || is_failing_class(in, call.class_ref) ||
        is_failing_function(in, call.function_ref))
      return call.span;
    for (uint32_t a = call.args.begin; a < call.args.end && puts_in_place(call); ++a) {
      if (is_failing_name(in, function, module.args[a].value)) return call.span;
    }
  }
  const Span& whole = module.functions[function.index].span;
  for (const PyReference& reference : module.references) {
    const bool inside = reference.span.line >= whole.line && reference.span.line <= whole.end_line;
    if (inside && reference.kind != PyReference::Kind::kDecorator &&
        (is_failing_function(in, reference.target) || is_failing_class(in, reference.cls)))
      return reference.span;
  }
  return {};
}

// Methods that run before each test of its class.
std::vector<PyRef> set_up_of(const RuleInput& in, const TestCase& test) {
  std::vector<PyRef> out;
  if (!test.cls.valid() || test.cls.index == kNone) return out;
  const PythonModule& module = in.facts.python[test.cls.module];
  const IndexRange functions = module.classes[test.cls.index].functions;
  for (uint32_t f = functions.begin; f < functions.end; ++f) {
    const Name name = module.functions[f].name;
    if (name == "setUp" || name == "asyncSetUp" || name == "setup_method")
      out.push_back({test.cls.module, f});
  }
  return out;
}

}  // namespace

Span injected_fault(const RuleInput& in, const TestCase& test) {
  for (const Use* use : uses_of(in, "injects-faults")) {
    if (use->kind != Use::Kind::kCall && use->kind != Use::Kind::kDecorator) continue;
    const bool own = use->function == test.function;
    const bool fixture =
        std::find(test.fixtures.begin(), test.fixtures.end(), use->function) != test.fixtures.end();
    if ((own || fixture) && is_fault_call(in, *use)) return use->span;
  }
  std::vector<PyRef> functions = {test.function};
  functions.insert(functions.end(), test.fixtures.begin(), test.fixtures.end());
  for (const PyRef ref : set_up_of(in, test)) functions.push_back(ref);
  for (const PyRef ref : functions) {
    if (const Span span = own_fault(in, ref); span.valid()) return span;
  }
  return {};
}

const TestAssertion* expected_error(const TestCase& test) {
  return effective_assertion(test, [](const TestAssertion& assertion) { return assertion.raises; });
}

namespace {

// `pytest.raises(FileNotFoundError)` on the line of the assertion.
bool expects_missing_file(const RuleInput& in, const TestCase& test, const TestAssertion& assertion) {
  if (!test.function.valid() || test.function.index == kNone) return false;
  const PythonModule& module = in.facts.python[test.function.module];
  const IndexRange calls = module.functions[test.function.index].body.calls;
  for (uint32_t c = calls.begin; c < calls.end; ++c) {
    const PyCall& call = module.calls[c];
    if (call.span.line != assertion.span.line) continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      for (std::string_view missing : {"FileNotFoundError", "IsADirectoryError", "NotADirectoryError",
                                       "PermissionError", "ImportError", "ModuleNotFoundError"}) {
        if (module.args[a].value.text == missing) return true;
      }
    }
  }
  return false;
}

}  // namespace

const TestAssertion* expected_refusal(const RuleInput& in, const TestCase& test) {
  return effective_assertion(test, [&](const TestAssertion& assertion) {
    return assertion.raises && !expects_missing_file(in, test, assertion);
  });
}

const PyFunction* called_about(const RuleInput& in, const TestCase& test,
                               std::initializer_list<std::string_view> words) {
  for (const PyRef ref : test.project_functions) {
    const PyFunction* function = in.facts.function(ref);
    if (function != nullptr && has_word(function->qualname.view(), words)) return function;
  }
  return nullptr;
}

void ask_for_product(const RuleInput& in, uint32_t test, Evidence& evidence) {
  const std::vector<PyRef>& runs = in.facts.tests[test].project_functions;
  const auto run_by_test = [&](PyRef ref) { return std::find(runs.begin(), runs.end(), ref) != runs.end(); };
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    const bool called = std::any_of(module.calls.begin(), module.calls.end(), [&](const PyCall& call) {
      return call.function_ref.valid() && run_by_test(call.function_ref);
    });
    if (called) return;
  }
  const bool registered = std::any_of(runs.begin(), runs.end(), [&](PyRef ref) {
    const PyFunction* function = in.facts.function(ref);
    return function != nullptr && !function->decorators.empty();
  });
  if (registered) return;
  evidence.worth = std::min(evidence.worth, 0.5);
  if (evidence.worth_why.empty()) evidence.worth_why = "only tests call what refuses it";
}

}  // namespace mlgrade
