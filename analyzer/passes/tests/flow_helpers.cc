// Values across functions: helpers, fixtures, modules, and what a test starts with.
#include <algorithm>

#include "analyzer/passes/tests/flow_frame.h"

namespace mlgrade::passes {

size_t Flow::HelperCallHash::operator()(const HelperCall& call) const {
  size_t hash = size_t{call.depth} << 1 | size_t{call.checks};
  for (uint32_t part : {call.function.module, call.function.index, call.inputs, call.ran, call.attributes})
    hash = hash * 0x9e3779b97f4a7c15ull + part;
  return hash;
}

size_t Flow::AttributesHash::operator()(const Attributes& attributes) const {
  size_t hash = attributes.size();
  for (const auto& [name, origin] : attributes)
    hash = (hash * 0x9e3779b97f4a7c15ull + std::hash<std::string_view>{}(name)) * 31 + origin;
  return hash;
}

uint32_t Flow::number_of(const std::map<std::string_view, OriginId>& attributes) {
  const auto next = static_cast<uint32_t>(attribute_sets_.size());
  return attribute_sets_.try_emplace(Attributes(attributes.begin(), attributes.end()), next).first->second;
}

Flow::HelperOutcome Flow::run_helper(const Frame& frame, PyRef ref, OriginId inputs) {
  HeldNames names;
  for (const PyParam& param : world_.facts.function(ref)->params) add(names[param.name.view()], inputs);
  for (const auto& [name, origin] : frame.result.names.of_self) add(names[name], origin);
  const OriginId ran = join(frame.ran_before, frame.result.ran);
  Outcome made = run(ref, std::move(names), ran, frame.depth + 1, frame.checks);
  return {.returned = made.returned,
          .ran = made.ran,
          .reads_ran = made.reads_ran,
          .attributes = {made.names.of_self.begin(), made.names.of_self.end()},
          .assertions = std::move(made.assertions)};
}

const Flow::HelperOutcome& Flow::helper(const Frame& frame, PyRef ref, OriginId inputs) {
  HelperMemo& known = helpers_.back();
  HelperCall call{.function = ref,
                  .inputs = inputs,
                  .ran = kAnyRan,
                  .attributes = number_of(frame.result.names.of_self),
                  .depth = static_cast<uint8_t>(frame.depth + 1),
                  .checks = frame.checks};
  const auto [any, fresh] = known.try_emplace(call);
  HelperOutcome& outcome = any->second;
  if (!fresh && !outcome.reads_ran) return outcome;
  call.ran = join(frame.ran_before, frame.result.ran);
  if (!fresh) {
    const auto [same, first] = known.try_emplace(call);
    if (first) same->second = run_helper(frame, ref, inputs);
    return same->second;
  }
  outcome = run_helper(frame, ref, inputs);
  if (outcome.reads_ran) known[call] = outcome;
  return outcome;
}

// A function of a test file: followed with what it is given.
OriginId Flow::call_helper(Frame& frame, uint32_t index, OriginId inputs) {
  const PyCall& call = frame.module.calls[index];
  const HelperOutcome& made = helper(frame, call.function_ref, inputs);
  frame.result.reads_ran |= made.reads_ran;
  add(frame.result.ran, made.ran);
  for (const auto& [name, origin] : made.attributes) add(frame.result.names.of_self[name], origin);
  if (made.assertions.empty()) return made.returned;
  const TestAssertion::Worth worth = place_worth(frame, call.block, call.span);
  for (FoundAssertion found : made.assertions) {
    if (worth != TestAssertion::Worth::kEffective) found.worth = worth;
    frame.result.assertions.push_back(found);
  }
  return made.returned;
}

const HeldNames& Flow::module_names(uint32_t module) {
  const auto [it, fresh] = modules_.try_emplace(module);
  HeldNames& names = it->second;
  if (!fresh) return names;  // empty while it is being made
  helpers_.emplace_back();
  names = run({module, kNone}, {}, 0, 0, false).names;
  helpers_.pop_back();
  return names;
}

const Flow::FixtureOutcome& Flow::fixture(PyRef ref) {
  const auto [it, fresh] = fixtures_.try_emplace(ref);
  FixtureOutcome& outcome = it->second;
  if (!fresh) return outcome;  // empty while it is being made
  helpers_.emplace_back();
  const PyFunction& function = *world_.facts.function(ref);
  HeldNames given;
  OriginId ran = 0;
  for (const PyParam& param : function.params) {
    PyRef inner = world_.fixtures.find(ref.module, function.cls, param.name.view());
    if (!inner.valid() || inner == ref) continue;
    const FixtureOutcome& needed = fixture(inner);
    add(given[param.name.view()], needed.returned);
    add(ran, needed.ran);
  }
  const Outcome made = run(ref, std::move(given), ran, 1, false);
  helpers_.pop_back();
  outcome.returned = made.returned;
  outcome.ran = join(ran, made.ran);
  for (const auto& [name, origin] : made.names.plain) {
    const bool global = std::any_of(function.globals.begin(), function.globals.end(),
                                    [&, n = name](Name g) { return g == n; });
    if (global) outcome.handed_on.emplace_back(name, origin);
    if (name.starts_with("cls."))
      outcome.handed_on.emplace_back(Name("self." + std::string(name.substr(4))).view(), origin);
  }
  std::sort(outcome.handed_on.begin(), outcome.handed_on.end());
  outcome.handed_on.insert(outcome.handed_on.end(), made.names.of_self.begin(), made.names.of_self.end());
  return outcome;
}

// What cases that are functions or classes of the project bring. `given`: the parameter is parametrised.
OriginId Flow::parametrized(const std::vector<Mark>& marks, std::string_view param, bool& given) {
  OriginId origin = 0;
  for (const Mark& mark : marks) {
    if (mark.name != "pytest.mark.parametrize" || mark.call == kNone) continue;
    std::vector<std::string_view> filled = parametrize_names(world_.facts, mark);
    if (std::find(filled.begin(), filled.end(), param) == filled.end()) continue;
    given = true;
    for (const PyReference& reference : world_.module(mark.module).references) {
      if (reference.call != mark.call || !world_.is_project_function(reference.target)) continue;
      origin = origins_.with(origin, Origins::Mark::kProject);
      origin = origins_.with_target(origin, world_.facts.function(reference.target)->target);
    }
  }
  return origin;
}

// What the parameters of a test and the attributes of its object hold when it starts.
HeldNames Flow::parameters(const TestCase& test, const std::vector<Mark>& marks, OriginId& ran) {
  HeldNames names;
  for (PyRef ref : test.fixtures) {
    const FixtureOutcome& made = fixture(ref);
    add(ran, made.ran);
    for (const auto& [name, origin] : made.handed_on) add(names[name], origin);
  }
  const bool patched = std::any_of(marks.begin(), marks.end(), [](const Mark& mark) {
    return mark.name.view().starts_with("unittest.mock.patch");
  });
  const PyRef cls = test.cls;
  const uint32_t module = cls.valid() ? cls.module : test.function.module;
  for (const PyParam& param : world_.facts.function(test.function)->params) {
    OriginId origin = names[param.name.view()];
    PyRef ref = world_.fixtures.find(module, cls.valid() ? cls.index : kNone, param.name.view());
    if (ref.valid()) add(origin, fixture(ref).returned);
    bool given = false;
    add(origin, parametrized(marks, param.name.view(), given));
    if (param.name == "mocker" || (patched && !ref.valid() && !given && param.name != "self"))
      origin = origins_.with(origin, Origins::Mark::kMock);
    names[param.name.view()] = origin;
  }
  return names;
}

std::vector<FoundAssertion> Flow::run_test(const TestCase& test, const std::vector<Mark>& marks,
                                           const std::vector<PyRef>& mocked) {
  if (mocked != mocked_) helpers_.back().clear();
  mocked_ = mocked;
  OriginId ran = 0;
  HeldNames names = parameters(test, marks, ran);
  return run(test.function, std::move(names), ran, 0, true).assertions;
}

}  // namespace mlgrade::passes
