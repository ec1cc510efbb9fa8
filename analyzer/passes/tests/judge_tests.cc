// The pass: for every test its checks, what they depend on, and whether it could tell broken code from sound
// code.
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <unordered_map>

#include "analyzer/passes/repo_passes.h"
#include "analyzer/passes/tests/flow.h"
#include "analyzer/passes/tests/mocks.h"

namespace mlgrade::passes {
namespace {

using Worth = TestAssertion::Worth;

std::string_view defeat_of(Worth worth) {
  switch (worth) {
    case Worth::kEffective:
      return "";
    case Worth::kConstant:
      return "asserts what is always true";
    case Worth::kNotNone:
      return "asserts only that something is not None";
    case Worth::kMockEcho:
      return "asserts what the test itself told a mock to return";
    case Worth::kSwallowed:
      return "a failed assertion is caught and dropped";
    case Worth::kUnreachable:
      return "the assertion is never reached";
    case Worth::kTooBroad:
      return "any exception at all satisfies it";
    case Worth::kNothingOfProject:
      return "asserts nothing that comes from the project's code, data or models";
  }
  return "";
}

TestAssertion fact_of(const FoundAssertion& found, const Origin& origin) {
  TestAssertion fact{.worth = found.worth,
                     .span = found.span,
                     .raises = found.raises,
                     .compares_number = found.compares_number,
                     .on_artifact = found.on_artifact,
                     .type_only = found.type_only,
                     .depends_on = origin.targets};
  std::sort(fact.depends_on.begin(), fact.depends_on.end());
  return fact;
}

void conclude(TestCase& test, std::vector<FoundAssertion> found, const Flow& flow) {
  std::stable_sort(found.begin(), found.end(),
                   [](const FoundAssertion& a, const FoundAssertion& b) { return a.span < b.span; });
  test.assertions.reserve(found.size());
  for (const FoundAssertion& one : found) {
    const Origin& origin = flow.origin(one.origin);
    if (one.worth == Worth::kEffective) {
      test.effective = true;
      test.on_artifacts |= origin.artifact;
    }
    test.assertions.push_back(fact_of(one, origin));
  }
  if (test.effective || test.assertions.empty()) return;
  test.defeat = defeat_of(test.assertions.front().worth);
  test.defeat_at = test.assertions.front().span;
}

// Judges the tests of one module, one after another.
struct Judge {
  const TestWorld& world;
  TestWorld::Seen& seen;
  Flow flow;
  std::unordered_map<uint32_t, std::vector<Mark>> module_marks;

  void judge(TestCase& test);
};

void Judge::judge(TestCase& test) {
  const uint32_t module = test.cls.valid() ? test.cls.module : test.function.module;
  const auto [of_module, fresh] = module_marks.try_emplace(module);
  if (fresh) of_module->second = marks_of_module(world.facts, module);
  const std::vector<Mark> marks = marks_of(world.facts, test.function, test.cls, of_module->second);
  Mocked mocked = mocked_by(world, test, marks);
  test.mocked = std::move(mocked.functions);
  test.mocked_names = std::move(mocked.names);
  std::vector<PyRef> start = test.fixtures;
  start.push_back(test.function);
  test.project_functions = world.reached_from(start, test.mocked, seen);
  conclude(test, flow.run_test(test, marks, test.mocked), flow);
  if (test.assertions.empty()) {
    test.defeat = "asserts nothing";
    test.defeat_at = world.facts.function(test.function)->span;
  }
}

}  // namespace

void judge_tests(FactStore& facts) {
  const TestWorld world(facts);
  // Tests of one file are neighbours; they share what their fixtures and module give.
  std::vector<size_t> starts;
  for (size_t i = 0; i < facts.tests.size(); ++i) {
    if (i == 0 || facts.tests[i].function.module != facts.tests[i - 1].function.module) starts.push_back(i);
  }
  starts.push_back(facts.tests.size());
  tbb::enumerable_thread_specific<TestWorld::Seen> seen;
  tbb::parallel_for(size_t{0}, starts.size() - 1, [&](size_t group) {
    Judge judge{world, seen.local(), Flow(world), {}};
    for (size_t i = starts[group]; i < starts[group + 1]; ++i) judge.judge(facts.tests[i]);
  });
}

}  // namespace mlgrade::passes
