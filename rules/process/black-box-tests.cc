// Tests that are designed from what the system should do: classes of inputs, boundaries, cases that must
// never fail.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr uint32_t kCases = 3;  // fewer are examples, no classes

bool in_classes(const TestCase& test) { return test.parametrized >= kCases; }

bool searches(const TestCase& test) {
  return test.property_based || has_word(test.id.view(), {"fuzz", "fuzzing", "pairwise", "combinatorial"});
}

bool behavioural(const TestCase& test) {
  // "Directional accuracy" is a measure, no relation between inputs.
  if (has_word(test.id.view(), {"directional"}) && has_word(test.id.view(), {"accuracy"})) return false;
  return has_word(test.id.view(), {"invariance", "invariant", "directional", "functionality", "boundary",
                                   "boundaries", "metamorphic", "equivalence", "behavioral", "behavioural",
                                   "monotonic", "monotonicity", "perturbation", "counterfactual"});
}

// "test_rejects_negative_age": a case that is no usual one.
bool at_the_edge(const TestCase& test) {
  const std::string_view id = test.id.view();
  return has_word(id.substr(id.rfind("::") == id.npos ? 0 : id.rfind("::") + 2),
                  {"boundary", "boundaries", "edge", "invalid", "empty", "negative", "missing", "malformed",
                   "extreme", "exceeds", "unknown", "unsupported", "rejects", "rejected", "nan", "null"});
}

bool must_pass(const TestCase& test) {
  for (const Name marker : test.markers) {
    if (has_word(marker.view(), {"critical", "must", "blocker", "safety"})) return true;
  }
  return has_word(test.id.view(), {"critical", "must"});
}

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t classes = best_test(in, in_classes);
  const uint32_t search = best_test(in, searches);
  const uint32_t behaviour = best_test(in, behavioural);
  const uint32_t must = best_test(in, must_pass);
  // Written out one by one, it takes many of them to be a design.
  constexpr ptrdiff_t kManyEdges = 10;
  const auto edges = std::ranges::count_if(
      in.facts.tests, [](const TestCase& test) { return tests_project(test) && at_the_edge(test); });
  const uint32_t edge = edges < kManyEdges ? kNone : best_test(in, at_the_edge);
  uint32_t best = kNone;
  for (const uint32_t test : {classes, search, behaviour, edge}) {
    if (test == kNone) continue;
    const bool better = best == kNone || in.graph.reached_by(in.graph.node_of_test(test)) >
                                             in.graph.reached_by(in.graph.node_of_test(best));
    if (better) best = test;
  }
  if (best == kNone) return;
  Evidence evidence = test_evidence(in, best, "cases are chosen by what the inputs can be", {});
  const auto add = [&](uint32_t test, const std::string& what) {
    if (test != kNone) evidence.links.push_back({place_of(in.facts, in.facts.tests[test]), what});
  };
  add(classes, "a class of inputs, several cases");
  add(search, "cases that are searched for");
  add(edge, fmt::format("one of {} cases that are no usual ones", edges));
  add(behaviour, "a relation between inputs that has to hold");
  add(must, "a case that must never fail");
  if (classes == kNone || search == kNone || must == kNone) {
    evidence.worth = 0.5;
    evidence.worth_why = must == kNone     ? "no set of cases that must never fail"
                         : search == kNone ? "no combinations or random inputs are tried"
                                           : "no classes of inputs";
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule process_black_box_tests;
const Rule process_black_box_tests{
    .summary = "tests cover classes of inputs, boundaries and cases that must never fail",
    .why = "One example that works says nothing about its neighbours; a model is wrong somewhere by nature.",
    .fix =
        "Write parametrised cases for each class of inputs and its boundaries, and mark those that must "
        "always pass.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (black-box testing); Ribeiro et al. 2020",
    .run = run,
};

}  // namespace mlgrade::rules
