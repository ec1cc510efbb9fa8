// How long training takes: recorded, held to a bound, stopped when it hangs, and tried with more data.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/kept_keys.h"
#include "rules/support/measures.h"
#include "rules/support/result_rows.h"
#include "rules/support/results.h"
#include "rules/support/standing.h"
#include "rules/support/tests.h"
#include "rules/support/tracked.h"

namespace mlgrade::rules {
namespace {

constexpr std::string_view kTime = "time of training";
constexpr std::string_view kTimeout = "timeout";
constexpr std::string_view kGrowth = "growth with data";

bool is_training_time(std::string_view name) {
  return has_word(name, {"train", "training", "fit", "retrain", "retraining", "learning"}) &&
         has_word(name, {"time", "duration", "seconds", "runtime", "elapsed", "minutes", "hours"}) &&
         !has_word(name, {"split", "last", "timestamp", "rate", "series"});
}

void add_time(const RuleInput& in, std::vector<Evidence>& out) {
  std::vector<Evidence> found = alert_evidence(in, is_training_time, "alert on the time of training");
  add_bars(in, {is_training_time, {}, true}, "the time of training is held to a bound", found);
  for (const TrackedName& name : tracked_names(in)) {
    if (!is_training_time(name.name.view())) continue;
    found.push_back(standing_half(name.span, fmt::format("each run writes down {}", name.name.view()),
                                  "nothing holds it to a bound"));
    break;
  }
  for (const MetricDefinition& metric : in.facts.metrics) {
    const bool counted = is_training_time(metric.name.view()) && !metric.set_in.empty();
    if (!counted || is_sample(in.facts, metric.span.file) || is_test_code(in.facts, metric.span.file))
      continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = metric.span;
    evidence.what = fmt::format("the metric {} records it", metric.name.view());
    evidence.worth = 0.5;
    evidence.worth_why = "nothing holds it to a bound";
    found.push_back(std::move(evidence));
    break;
  }
  for (const ConfigDocument& document : in.facts.configs) {  // metrics.json: {"train_seconds": 81.2}
    const std::string_view path = in.facts.path(document.file);
    if (is_sample(in.facts, document.file) ||
        !has_word(path, {"metrics", "metric", "results", "report", "reports"}))
      continue;
    for (const ConfigKey& key : document.keys) {
      const bool number =
          !key.value.empty() && key.value.find_first_not_of("0123456789.") == std::string::npos;
      if (!number || !is_training_time(key.path.view())) continue;
      const RecordedResult kept{key.span, fmt::format("{}: {}", key.path.view(), key.value),
                                last_commit(in.facts, document.file), Confidence::kMedium};
      found.push_back(evidence_of(kept, "the time of a training is kept"));
      break;
    }
  }
  for (const RecordedResult& result : results_about(
           in, {"training time", "training duration", "time to train", "training cost", "training costs"})) {
    found.push_back(evidence_of(result, "the time of a training is kept"));
  }
  add_kept_key(in, is_training_time, "nothing holds it to a bound", found);
  for (const RecordedResult& result : rows_about(in, is_training_time))
    found.push_back(evidence_of(result, "the time of a training is kept"));
  keep_best(in, found, 5);
  for (Evidence& evidence : found) {
    evidence.part = kTime;
    out.push_back(std::move(evidence));
  }
}

Evidence stopped(Span at, NodeId node, std::string what) {
  Evidence evidence;
  evidence.place = at;
  evidence.what = std::move(what);
  evidence.runs_at = node;
  evidence.links.push_back({at, evidence.what});
  evidence.part = kTimeout;
  return evidence;
}

// What the limit is of: the job that the key's path names, else what the file deploys.
NodeId limited_node(const RuleInput& in, const ConfigDocument& document, const ConfigKey& key) {
  std::string_view path = key.path.view();
  if (path.starts_with("jobs.")) {
    path.remove_prefix(5);
    const std::string_view name = path.substr(0, path.find('.'));
    for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
      const AutomationFile& file = in.facts.automation[f];
      for (uint32_t u = 0; file.file == document.file && u < file.units.size(); ++u) {
        if (file.units[u].kind == UnitKind::kJob && file.units[u].name == name)
          return in.graph.node_of_unit(f, u);
      }
    }
  }
  return node_of_manifest(in, document.file, key.span.line);
}

// Jobs that train, and say after how long they are stopped.
void add_job_timeouts(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      const std::string_view last = path.substr(path.rfind('.') + 1);
      const bool limit = last == "timeout-minutes" || last == "timeoutInMinutes" ||
                         last == "activeDeadlineSeconds" || last == "timeout_seconds";
      if (!limit || key.value.empty()) continue;
      const NodeId node = limited_node(in, document, key);
      if (node == kNone || !abilities.can(node, "trains-model")) continue;
      out.push_back(
          stopped(key.span, node, fmt::format("`{}: {}` stops a training that hangs", last, key.value)));
    }
  }
}

// Orchestrators and cloud jobs take a limit as a keyword.
void add_code_timeouts(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const Name keyword = module.args[a].keyword;
        const bool limit = keyword == "max_run" || keyword == "execution_timeout" ||
                           keyword == "timeout_seconds" || keyword == "max_runtime_in_seconds" ||
                           keyword == "dagrun_timeout";
        if (!limit || module.args[a].value.kind == PyValue::Kind::kNone) continue;
        const NodeId node = in.graph.node_of_call(m, c);
        if (node == kNone || !abilities.can(node, "trains-model")) continue;
        out.push_back(
            stopped(call.span, node, fmt::format("`{}` stops a training that hangs", keyword.view())));
      }
    }
  }
}

// Trained on more and more rows, with the clock running.
void add_growth(const RuleInput& in, std::vector<Evidence>& out) {
  std::vector<Evidence> found;
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const PyFunction* function = in.facts.function(test.function);
    if (function == nullptr || !test.effective) continue;
    if (!has_word(function->name.view(), {"scale", "scales", "scaling", "scalability", "grows", "growth"}))
      continue;
    if (!abilities.can(in.graph.node_of_test(t), "trains-model")) continue;
    found.push_back(test_evidence(in, t, "a test trains on more and more rows", {}));
  }
  for (const RecordedResult& result :
       results_about(in, {"scalability", "scaling test", "training scalability"}))
    found.push_back(evidence_of(result, "figures of training on more rows are kept"));
  keep_best(in, found, 3);
  for (Evidence& evidence : found) {
    evidence.part = kGrowth;
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!in.facts.archetype.has(Trait::kTraining)) return;
  const AbilityMap& abilities = shared<AbilityMap>(in);
  add_time(in, output.evidence);
  std::vector<Evidence> limits;
  add_job_timeouts(in, abilities, limits);
  add_code_timeouts(in, abilities, limits);
  keep_best(in, limits, 3);
  std::move(limits.begin(), limits.end(), std::back_inserter(output.evidence));
  add_growth(in, output.evidence);
}

}  // namespace

extern const Rule quality_training_time;
const Rule quality_training_time{
    .summary = "the time of training is recorded, bounded and known for more data",
    .why = "A training that no longer ends before morning is found out by those who wait for the model.",
    .fix =
        "Log the time of each training, fail over a bound, give the job a timeout, and try ten times the "
        "rows.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: learning time)",
    .run = run,
};

}  // namespace mlgrade::rules
