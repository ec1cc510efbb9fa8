// How the model is brought up to date: decided, tried, timed.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

bool is_lead_time(std::string_view series) {
  return has_word(series, {"retrain", "retraining", "refresh", "update"}) &&
         has_word(series, {"duration", "seconds", "lead", "latency"});
}

void add_code(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "learns-incrementally")) {
    const NodeId node = node_of(in, *use);
    if (node == kNone || is_notebook(in.facts, use->file)) continue;
    const std::string what = fmt::format("{} trains a model further", name_of(in, *use));
    const uint32_t test = test_through(in, {node}, [](const TestCase&) { return true; });
    if (test != kNone)
      out.push_back(test_evidence(in, test, "a test trains a model further", {{use->span, what}}));
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = what;
    evidence.runs_at = node;
    evidence.worth = 0.5;
    evidence.worth_why = "no test shows that a model trained further is as good";
    evidence.links.push_back({use->span, what});
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found = alert_evidence(in, is_lead_time, "alert on the time that an update takes");
  add_code(in, found);
  for (const Written& written :
       written_about(in, {"retraining strategy", "retraining policy", "incremental learning",
                          "online learning", "update strategy", "incremental training", "retraining vs"})) {
    found.push_back(written_evidence(written, "how the model is brought up to date is written down",
                                     "no test tries the incremental way, and nothing times the update"));
  }
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_incremental;
const Rule quality_incremental{
    .summary = "the way of updating the model is decided, tested or timed",
    .why = "An update that takes a week is made once a year.",
    .fix =
        "Decide between training anew and training further, test the way that is taken, and watch its time.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: incremental learning)",
    .run = run,
};

}  // namespace mlgrade::rules
