// People can look, object and take back.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

// client.get("/review/pending"): the test asks the service, whichever application holds the route.
bool asks_for(const RuleInput& in, const TestCase& test, std::string_view path) {
  if (!test.function.valid() || test.function.index == kNone) return false;
  const PythonModule& module = in.facts.python[test.function.module];
  return std::ranges::any_of(calls_in(module, test.function.index), [&](const PyCall& call) {
    const bool asks = call.method == "get" || call.method == "post" || call.method == "put" ||
                      call.method == "patch" || call.method == "delete";
    return asks && !call.args.empty() && module.args[call.args.begin].value.text == path;
  });
}

// The effective test that asks the service for the path, one that runs by itself before others; kNone if
// there is none.
uint32_t test_that_asks(const RuleInput& in, std::string_view path) {
  uint32_t best = kNone;
  const auto by = [&](uint32_t t) { return in.graph.reached_by(in.graph.node_of_test(t)); };
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.effective || test.collected == Truth::kNo || test.skipped == Truth::kYes) continue;
    if (asks_for(in, test, path) && (best == kNone || by(t) > by(best))) best = t;
  }
  return best;
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Use* use : product_uses(in, "serves-route")) {
    if (use->kind != Use::Kind::kDecorator || use->function.index == kNone || use->call == kNone) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const IndexRange args = module.calls[use->call].args;
    if (args.empty()) continue;
    const std::string_view path = module.args[args.begin].value.text.view();
    // "/reviews" alone may be what customers write.
    const bool review =
        has_word(path, {"review", "reviews"}) &&
        has_word(path, {"pending", "approve", "approval", "verdict", "decision", "decisions", "prediction",
                        "predictions", "case", "cases", "human", "manual", "queue", "claim", "claims"});
    if (!review && !has_word(path, {"override", "appeal", "appeals", "dispute", "undo", "referral"}))
      continue;
    const PyFunction* function = in.facts.function(use->function);
    if (function == nullptr || function->is_stub) continue;
    uint32_t test = best_test(in, [&](const TestCase& t) {
      return std::find(t.project_functions.begin(), t.project_functions.end(), use->function) !=
             t.project_functions.end();
    });
    if (test == kNone) test = test_that_asks(in, path);
    const std::string what = fmt::format("the route {} lets a person step in", path);
    // The way is there, whatever becomes of its test.
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = use->span;
    evidence.what = what;
    evidence.worth = 0.5;
    evidence.worth_why = test == kNone ? "no test goes it" : "no run shows that it works";
    output.evidence.push_back(std::move(evidence));
    if (test == kNone) continue;
    output.evidence.push_back(test_evidence(in, test, what + ", and a test goes it", {{use->span, what}}));
  }
}

}  // namespace

extern const Rule risk_oversight;
const Rule risk_oversight{
    .summary = "a person can review, override or appeal a decision",
    .why = "A wrong decision without a way back stays wrong.",
    .fix = "Offer a way to have a decision reviewed or taken back, keep the record, and test it.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (human oversight)",
    .run = run,
};

}  // namespace mlgrade::rules
