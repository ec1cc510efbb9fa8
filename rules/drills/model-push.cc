// A model that did not arrive is noticed: something watches which model serves.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool watches_model(std::string_view name) {
  return has_word(name, {"model"}) && has_word(name, {"loaded", "load", "version", "info", "release", "stale",
                                                      "missing", "mismatch", "ready"});
}

void add_alerts(const RuleInput& in, std::vector<Evidence>& out) {
  for (const AlertRule& alert : in.facts.alerts) {
    const bool about =
        watches_model(alert.name.view()) || std::any_of(alert.metrics.begin(), alert.metrics.end(),
                                                        [](Name m) { return watches_model(m.view()); });
    if (!about || alert.vacuous || alert.loaded != Truth::kYes || is_sample(in.facts, alert.span.file))
      continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = alert.span;
    evidence.what = fmt::format("the alert {} watches which model serves", alert.name.view());
    evidence.links.push_back({alert.span, evidence.what});
    if (alert.loaded_at.valid()) evidence.links.push_back({alert.loaded_at, "loads its rule file"});
    evidence.part = "detected";
    evidence.worth = 0.5;
    evidence.worth_why = "no test lets a push fail";
    out.push_back(std::move(evidence));
    return;
  }
}

// A test that gives the check another version than the one expected, and expects the refusal.
void add_test(const RuleInput& in, std::vector<Evidence>& out) {
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    // The file's name says what it is about, its folders do not.
    const std::string_view id = t.id.view();
    const size_t folder = id.substr(0, std::min(id.find("::"), id.size())).rfind('/');
    const std::string_view name = id.substr(folder == std::string_view::npos ? 0 : folder + 1);
    const bool push = has_word(name, {"release", "releases", "deploy", "deployment", "push", "promotion",
                                      "reload", "reloading", "activation", "rollout"});
    const bool model = has_word(name, {"model", "models", "champion", "artifact", "image"});
    const bool about =
        (push || (model && has_word(name, {"version", "digest", "serving", "served", "hash", "sha256"}))) &&
        has_word(name, {"mismatch", "wrong", "different", "differs", "stale", "fails", "failure", "failed",
                        "failing", "refused", "rejects", "unexpected", "tampered", "other"});
    return about && (expected_error(t) != nullptr || injected_fault(in, t).valid()) &&
           called_about(in, t,
                        {"verify", "check", "deploy", "load", "reload", "activate", "push", "publish",
                         "promote", "release", "wait"}) != nullptr;
  });
  if (test == kNone) return;
  const TestCase& found = in.facts.tests[test];
  const Span place =
      expected_error(found) != nullptr ? expected_error(found)->span : injected_fault(in, found);
  Evidence evidence = test_evidence(in, test, "a test offers the wrong model and expects that it is noticed",
                                    {{place, "has to be noticed"}});
  ask_for_product(in, test, evidence);
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  add_test(in, output.evidence);
  add_alerts(in, output.evidence);
}

}  // namespace

extern const Rule drills_model_push;
const Rule drills_model_push{
    .summary = "a model that was not pushed, or is not the one that was meant, is noticed",
    .why = "When an upload fails in silence the old model serves on, and every figure looks as it did.",
    .fix =
        "Compare the served version with the released one after each deployment, alert on a difference, and "
        "test both.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
