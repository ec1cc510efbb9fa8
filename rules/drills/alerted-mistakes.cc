// Alerts that tell of a silent mistake, and tests of the rules that show them fire.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/rule_tests.h"

namespace mlgrade::rules {
namespace {

bool of_rows_lost(std::string_view series) {
  return has_word(series, {"dropped", "rejected", "invalid", "quarantined", "malformed"}) &&
         has_word(series, {"rows", "records", "data", "input", "inputs", "batch", "batches"});
}

bool of_data_age(std::string_view series) {
  return has_word(series, {"data", "dataset", "snapshot", "source", "batch"}) &&
         has_word(series, {"age", "stale", "staleness", "freshness", "lag"}) && !has_word(series, {"model"});
}

bool of_source_lost(std::string_view series) {
  return has_word(series, {"source", "fetch", "ingest", "ingestion", "upstream", "download", "extract"}) &&
         has_word(series, {"failures", "failed", "failure", "errors", "error", "unavailable", "up",
                           "timeouts", "fallback", "fallbacks"});
}

bool of_telemetry_lost(std::string_view series) {
  return has_word(series, {"otelcol", "telemetry", "spans", "exporter"}) &&
         has_word(series, {"dropped", "failed", "refused", "queue", "enqueue"});
}

struct Mistake {
  std::string_view topic;
  bool (*told_by)(std::string_view series);
  std::string_view what;
};

const Mistake kMistakes[] = {
    {"format-change", of_rows_lost, "tells that rows are lost"},
    {"stale-source", of_data_age, "tells that the data are old"},
    {"source-loss", of_source_lost, "tells that a source is gone"},
    {"telemetry-loss", of_telemetry_lost, "tells that telemetry is lost"},
};

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<RuleTest> tests = rule_tests(in);
  for (const Mistake& mistake : kMistakes) {
    const std::string topic(mistake.topic);
    for (Evidence& evidence : alert_evidence(in, mistake.told_by, std::string(mistake.what))) {
      evidence.part = topic + " seen";
      output.evidence.push_back(std::move(evidence));
    }
    for (const RuleTest& test : tests) {
      const auto& metrics = test.alert->metrics;
      const auto told = std::find_if(metrics.begin(), metrics.end(),
                                     [&](Name series) { return mistake.told_by(series.view()); });
      if (told == metrics.end()) continue;
      Evidence evidence = evidence_of(test);
      evidence.part = topic + " drilled";
      if (metric_of(in.facts, *told) == nullptr && evidence.worth >= 1 &&
          mistake.told_by != of_telemetry_lost) {
        evidence.worth = 0.5;
        evidence.worth_why = fmt::format("no code here exports {}", told->view());
      }
      output.evidence.push_back(std::move(evidence));
    }
  }
}

}  // namespace

extern const Rule drills_alerted_mistakes;
const Rule drills_alerted_mistakes{
    .summary = "an alert tells of the mistake, and a test of the rules shows that it fires",
    .why = "A mistake that raises no error is seen in a figure that somebody watches, or never.",
    .fix =
        "Count what is lost or measure how old it is, alert on it, and test the rule with series that must "
        "fire.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
