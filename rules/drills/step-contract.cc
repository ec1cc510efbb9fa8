// What one step hands to the next is changed in a test, and the next has to refuse it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// "test_consumer_refuses_output_of_older_producer"
bool between_steps(std::string_view name) {
  const bool steps =
      has_word(name, {"contract", "producer", "consumer", "handover", "handoff", "interface", "artifact",
                      "artefact", "step", "steps", "stage", "upstream", "downstream", "output", "outputs"});
  const bool changed =
      has_word(name, {"changed", "renamed", "missing", "older", "old", "unknown", "other", "wrong",
                      "permuted", "dropped", "drops", "without", "mismatch", "retyped", "refuses", "refused",
                      "rejects", "rejected", "incompatible"});
  return steps && changed;
}

// The producer and the consumer are code of two files, or share what both hold rows to.
bool spans_steps(const RuleInput& in, const TestCase& test) {
  std::set<uint32_t> modules;
  for (const PyRef ref : test.project_functions) {
    if (!is_test_code(in.facts, in.facts.python[ref.module].file)) modules.insert(ref.module);
  }
  return modules.size() >= 2;
}

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    const std::string_view id = t.id.view();
    return expected_error(t) != nullptr && between_steps(id.substr(std::min(id.find("::"), id.size()))) &&
           spans_steps(in, t);
  });
  if (test == kNone) return;
  Evidence evidence =
      test_evidence(in, test, "a test changes what one step hands to the next, which has to refuse it",
                    {{expected_error(in.facts.tests[test])->span, "has to be refused"}});
  ask_for_product(in, test, evidence);
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule drills_step_contract;
const Rule drills_step_contract{
    .summary = "a test changes the format between two steps and expects the failure",
    .why = "A step that reads what the one before wrote, by guess, reads nonsense after the first change.",
    .fix = "Run the consumer on the producer's real output in a test, change a column, and expect the error.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
