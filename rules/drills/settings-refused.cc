// Settings that are unknown or wrong are refused before a training starts.
#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool about_settings(std::string_view name) {
  return has_word(name, {"config", "configuration", "settings", "params", "parameters", "hyperparameters",
                         "hyperparams"});
}

bool about_stale(std::string_view name) {
  return has_word(name,
                  {"unknown", "extra", "missing", "stale", "unexpected", "forbidden", "undefined", "typo"});
}

void run(const RuleInput& in, RuleOutput& output) {
  const auto refuses = [&](const TestCase& test) {
    return expected_refusal(in, test) != nullptr && about_settings(test.id.view());
  };
  const uint32_t exact =
      best_test(in, [&](const TestCase& test) { return refuses(test) && about_stale(test.id.view()); });
  const uint32_t test = exact != kNone ? exact : best_test(in, refuses);
  if (test == kNone) return;
  Evidence evidence =
      test_evidence(in, test, "a test gives wrong settings and expects that they are refused",
                    {{expected_refusal(in, in.facts.tests[test])->span, "has to be refused"}});
  if (exact == kNone) {
    evidence.worth = 0.5;
    evidence.worth_why = "wrong values are refused, but nothing shows it of keys that are unknown or missing";
  }
  ask_for_product(in, test, evidence);
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule drills_settings_refused;
const Rule drills_settings_refused{
    .summary = "unknown or stale settings are refused",
    .why = "A key that nobody reads any more leaves the default in force, and the run looks like any other.",
    .fix = "Refuse unknown and missing keys where settings are read, and expect the error in a test.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes); Sculley et al. 2015, "
        "section 6",
    .run = run,
};

}  // namespace mlgrade::rules
