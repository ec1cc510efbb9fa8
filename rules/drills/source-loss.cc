// A source that does not answer is given a limited time and a limited number of tries, and then an error is
// raised.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 4;

bool fetches(const RuleInput& in, const TestCase& test) {
  return called_about(in, test,
                      {"load", "fetch", "download", "read", "ingest", "source", "client", "query", "get",
                       "extract", "pull"}) != nullptr;
}

// The test calls the very function that waits for another system, whatever it is called.
bool calls_guard(const RuleInput& in, const std::vector<FailureLimit>& limits, const TestCase& test) {
  return std::any_of(test.project_functions.begin(), test.project_functions.end(), [&](PyRef ref) {
    const NodeId node = in.graph.node_of_function(ref);
    return node != kNone && std::any_of(limits.begin(), limits.end(),
                                        [&](const FailureLimit& limit) { return limit.node == node; });
  });
}

// What deploys, releases, notifies or asks for health speaks with other systems, too, and none of these is a
// source of data.
bool is_delivery(const RuleInput& in, const FailureLimit& limit) {
  return limit.of_program || limit.sends ||
         has_word(in.facts.path(limit.place),
                  {"deploy", "deployment", "infra", "infrastructure", "release", "releases", "rollout",
                   "rollback", "terraform", "notify", "notifications", "alerts"});
}

// A stand-in for the source that fails, and a test that looks at what comes of it where the guard stands.
void add_drill(const RuleInput& in, const std::vector<FailureLimit>& limits, std::vector<Evidence>& out) {
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    return injected_fault(in, t).valid() && (fetches(in, t) || calls_guard(in, limits, t)) &&
           limit_run_by(in, limits, t) != nullptr;
  });
  if (test == kNone) return;
  const FailureLimit& guard = *limit_run_by(in, limits, in.facts.tests[test]);
  out.push_back(test_evidence(
      in, test, "a test lets the source fail",
      {{injected_fault(in, in.facts.tests[test]), "fails on purpose"}, {guard.place, guard.what}}));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<FailureLimit> limits = failure_limits(in);
  std::erase_if(limits, [&](const FailureLimit& limit) { return is_delivery(in, limit); });
  add_drill(in, limits, output.evidence);
  for (size_t i = 0; i < std::min(limits.size(), kMost); ++i) {
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = limits[i].place;
    evidence.what = limits[i].what;
    evidence.worth = 0.5;
    evidence.worth_why = "no test lets the source fail";
    evidence.part = "detected";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule drills_source_loss;
const Rule drills_source_loss{
    .summary = "a source that is gone is noticed after a limited time",
    .why =
        "A request without a limit hangs, an error that is swallowed serves yesterday's data, and both look "
        "like success.",
    .fix =
        "Give each request a timeout and a bounded number of tries, raise after them, and let a test take "
        "the source away.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
