// Follows mocks from the test and its fixtures through parameters, plain assignments and attributes of
// `self`.
#include "rules/support/mock_arguments.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr size_t kMostNames = 500;  // followed from one test

bool makes_mock(const PythonModule& module, const PyCall& call) {
  const std::string_view target = call.target.view(), callee = call.callee.view();
  const bool library = target.starts_with("unittest.mock.") || target.starts_with("mock.") ||
                       callee.starts_with("mocker.") || target.starts_with("pytest_mock.");
  const std::string_view method = call.method.view();
  const bool makes = method == "Mock" || method == "MagicMock" || method == "AsyncMock" ||
                     method == "NonCallableMock" || method == "NonCallableMagicMock" ||
                     method == "create_autospec" || method == "stub" || callee == "mocker.patch" ||
                     callee == "mocker.patch.object" || target == "unittest.mock.patch" ||
                     target == "unittest.mock.patch.object";
  if (!library || !makes) return false;
  const auto args = slice(module.args, call.args);
  return std::none_of(args.begin(), args.end(), [](const PyArg& arg) { return arg.keyword == "wraps"; });
}

// The text, or an object that it is a part of, is among the names.
bool holds(const std::set<Name>& names, std::string_view text) {
  for (size_t dot = text.find('.');; dot = text.find('.', dot + 1)) {
    if (names.contains(Name(text.substr(0, dot)))) return true;
    if (dot == std::string_view::npos) return false;
  }
}

class Follower {
 public:
  Follower(const RuleInput& in, const TestCase& test) : in_(in), test_(test) {}

  std::map<PyRef, std::set<Name>> names() {
    std::vector<PyRef> own = test_.fixtures;
    if (test_.function.valid() && test_.function.index != kNone) own.push_back(test_.function);
    std::erase_if(own, [](PyRef ref) { return ref.index == kNone; });
    for (PyRef ref : own) open_.push_back(ref);
    const std::set<PyRef> parts(own.begin(), own.end());
    for (size_t i = 0; i < open_.size() && count_ < kMostNames; ++i) {
      const PyRef ref = open_[i];
      look_at(ref, parts.contains(ref));
    }
    for (PyRef ref : own) found_.erase(ref);  // what the test does with its mocks is another matter
    std::erase_if(found_, [](const auto& entry) { return entry.second.empty(); });
    return std::move(found_);
  }

 private:
  bool is_mock(const PythonModule& module, PyRef in, const PyValue& value, bool test_code) const {
    if (value.kind == PyValue::Kind::kCall) {
      const PyCall& call = module.calls[value.call];
      return test_code && (makes_mock(module, call) || returns_mock(call.function_ref));
    }
    const auto it = found_.find(in);
    return value.kind == PyValue::Kind::kName && it != found_.end() && holds(it->second, value.text.view());
  }

  // A helper of the tests, `make_model()`.
  bool returns_mock(PyRef helper) const {
    if (in_.facts.function(helper) == nullptr) return false;
    const PythonModule& module = in_.facts.python[helper.module];
    if (!is_test_code(in_.facts, module.file)) return false;
    const auto made = [&](const PyValue& value) {
      return value.kind == PyValue::Kind::kCall && makes_mock(module, module.calls[value.call]);
    };
    return std::ranges::any_of(jumps_in(module, helper.index), [&](const PyJump& jump) {
      if (jump.function != helper.index || jump.kind == PyJump::Kind::kRaise) return false;
      const auto binds = [&](const PyBinding& b) { return b.target == jump.value.text && made(b.value); };
      return made(jump.value) || (jump.value.kind == PyValue::Kind::kName &&
                                  std::ranges::any_of(bindings_in(module, helper.index), binds));
    });
  }

  void add(PyRef ref, Name name) {
    if (!found_[ref].insert(name).second) return;
    ++count_;
    open_.push_back(ref);
  }

  // A name of the function; of `self` all methods of the class have it.
  void bind(PyRef ref, Name name) {
    const PythonModule& module = in_.facts.python[ref.module];
    const uint32_t cls = module.functions[ref.index].cls;
    if (cls == kNone || !name.view().starts_with("self.")) return add(ref, name);
    for (uint32_t f : indices(module.classes[cls].functions)) {
      if (module.functions[f].cls == cls) add({ref.module, f}, name);
    }
  }

  void look_at(PyRef ref, bool test_code) {
    const PythonModule& module = in_.facts.python[ref.module];
    for (const PyBinding& binding : bindings_in(module, ref.index)) {
      const bool plain = binding.function == ref.index && !binding.subscript && !binding.unpacked;
      if (plain && is_mock(module, ref, binding.value, test_code)) bind(ref, binding.target);
    }
    if (test_code) give_to_test(module, ref);
    for (uint32_t c : indices(module.body(ref.index).calls)) {
      if (module.calls[c].function == ref.index) hand_over(module, ref, module.calls[c], test_code);
    }
  }

  // What a fixture returns has its name in the test, and in other fixtures.
  void give_to_test(const PythonModule& module, PyRef fixture) {
    if (fixture == test_.function) return;
    for (const PyJump& jump : jumps_in(module, fixture.index)) {
      const bool gives = jump.function == fixture.index && jump.kind != PyJump::Kind::kRaise;
      if (!gives || !is_mock(module, fixture, jump.value, true)) continue;
      const Name name = module.functions[fixture.index].name;
      add_parameter(test_.function, name);
      for (PyRef other : test_.fixtures) add_parameter(other, name);
    }
  }

  void add_parameter(PyRef ref, Name name) {
    const PyFunction* function = in_.facts.function(ref);
    if (function == nullptr) return;
    const bool takes = std::any_of(function->params.begin(), function->params.end(),
                                   [&](const PyParam& param) { return param.name == name; });
    if (takes) add(ref, name);
  }

  void hand_over(const PythonModule& module, PyRef from, const PyCall& call, bool test_code) {
    const PyFunction* callee = in_.facts.function(call.function_ref);
    if (callee == nullptr) return;
    const bool bound = !callee->params.empty() && callee->cls != kNone &&
                       (callee->params[0].name == "self" || callee->params[0].name == "cls");
    for (uint32_t a : indices(call.args)) {
      const PyArg& arg = module.args[a];
      if (!is_mock(module, from, arg.value, test_code)) continue;
      if (!arg.keyword.empty()) {
        add_parameter(call.function_ref, arg.keyword);
        continue;
      }
      const size_t position = a - call.args.begin + (bound ? 1 : 0);
      if (position < callee->params.size() && !callee->params[position].variadic)
        add(call.function_ref, callee->params[position].name);
    }
  }

  const RuleInput& in_;
  const TestCase& test_;
  std::map<PyRef, std::set<Name>> found_;
  std::vector<PyRef> open_;
  size_t count_ = 0;
};

}  // namespace

MockArguments::MockArguments(const RuleInput& in) : in_(in), by_test_(in.facts.tests.size()) {
  // Only modules that make mocks, or whose fixtures' modules do, have any to hand over.
  std::vector<bool> makes(in.facts.python.size());
  for (size_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    makes[m] = std::any_of(module.calls.begin(), module.calls.end(),
                           [&](const PyCall& call) { return makes_mock(module, call); });
  }
  for (size_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    bool any = test.function.valid() && makes[test.function.module];
    for (PyRef fixture : test.fixtures) any = any || makes[fixture.module];
    if (any) by_test_[t] = Follower(in, test).names();
  }
}

bool MockArguments::receives(uint32_t test, uint32_t module, uint32_t call) const {
  const PyCall& one = in_.facts.python[module].calls[call];
  const Names& names = by_test_[test];
  const size_t dot = one.callee.view().rfind('.');
  if (names.empty() || dot == std::string_view::npos) return false;
  for (uint32_t f = one.function; f != kNone; f = in_.facts.python[module].functions[f].parent) {
    const auto it = names.find({module, f});
    if (it != names.end() && holds(it->second, one.callee.view().substr(0, dot))) return true;
  }
  return false;
}

bool replaces_anything(const RuleInput& in, const TestCase& test) {
  const auto index = static_cast<uint32_t>(&test - in.facts.tests.data());
  return !test.mocked.empty() || !test.mocked_names.empty() || shared<MockArguments>(in).any(index);
}

}  // namespace mlgrade
