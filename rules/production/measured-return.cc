// A rollout goes back by itself on a measure of the model.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/config.h"

namespace mlgrade::rules {
namespace {

constexpr double kManyFailures = 20;  // of one measure: by then the harm is done

// A measure of what the model answers. Errors, codes and times of requests are those of any service.
bool of_model(std::string_view text) {
  return has_word(text, {"accuracy", "prediction", "predictions", "predicted", "score",      "scores",
                         "drift",    "quality",    "wrong",       "precision", "recall",     "auc",
                         "f1",       "confidence", "calibration", "feedback",  "correction", "corrections",
                         "override", "overrides",  "label",       "labels",    "psi",        "rmse",
                         "mae",      "conversion", "complaints"});
}

double number_of(const DataNode& node, std::string_view key, double otherwise) {
  const DataNode* value = node.find(key);
  const std::optional<double> number = value == nullptr ? std::nullopt : value->as_number();
  return number.value_or(otherwise);
}

// Every text below the node, for a look at what is measured.
void texts_of(const DataNode& node, std::string& out) {
  if (node.is_scalar()) out += " " + node.text;
  for (const DataNode& item : node.items) texts_of(item, out);
  for (const DataEntry& entry : node.entries) texts_of(entry.second, out);
}

bool measures_model(const DataNode& metric) {
  std::string text;
  texts_of(metric, text);
  return of_model(text);
}

// Why a metric of an AnalysisTemplate takes nothing back on a measure of the model; empty if it does.
std::string weakness(const DataNode& metric) {
  if (metric.find("successCondition") == nullptr && metric.find("failureCondition") == nullptr)
    return "no condition tells success from failure";
  if (number_of(metric, "failureLimit", 0) >= kManyFailures)
    return "it bears too many failures before it goes back";
  if (!measures_model(metric)) return "it looks at requests, not at what the model answers";
  return "";
}

struct Judge {
  const ConfigDocument* document = nullptr;
  uint32_t line = 0;
  std::string weak;
};

// The template of that name and what its best metric lacks.
Judge judge_named(const RuleInput& in, std::string_view kind, std::string_view name) {
  Judge out;
  for (const ConfigDocument* document : manifests(in.facts, kind)) {
    const DataNode* metadata = document->root.find("metadata");
    if (metadata == nullptr || metadata->get("name") != name) continue;
    const DataNode* metrics = document->root.at({"spec", "metrics"});
    if (metrics == nullptr) continue;
    for (const DataNode& metric : metrics->items) {
      const std::string weak = weakness(metric);
      if (out.document != nullptr && !weak.empty()) continue;
      out = {document, metric.line, weak};
    }
  }
  return out;
}

void finish(const RuleInput& in, Evidence evidence, const std::string& weak, std::vector<Evidence>& out) {
  if (!weak.empty()) {
    evidence.worth = 0.5;
    evidence.worth_why = weak;
  }
  stand_if_unapplied(in, evidence);
  out.push_back(std::move(evidence));
}

void add_rollouts(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument* document : manifests(in.facts, "Rollout")) {
    for (const ConfigKey& key : document->keys) {
      if (!key.path.view().ends_with(".templateName")) continue;
      Judge judge = judge_named(in, "AnalysisTemplate", key.value);
      if (judge.document == nullptr) judge = judge_named(in, "ClusterAnalysisTemplate", key.value);
      Evidence evidence;
      evidence.place = key.span;
      evidence.what = fmt::format("the analysis {} takes the rollout back", key.value);
      evidence.runs_at = node_of_manifest(in, document->file, key.span.line);
      evidence.links.push_back({key.span, evidence.what});
      if (judge.document == nullptr) {
        finish(in, std::move(evidence), fmt::format("there is no analysis {} here to look at", key.value),
               out);
        continue;
      }
      evidence.links.push_back({Span{judge.document->file, judge.line, 1, judge.line}, "what it measures"});
      finish(in, std::move(evidence), judge.weak, out);
    }
  }
}

void add_flagger(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument* document : manifests(in.facts, "Canary")) {
    const DataNode* analysis = document->root.at({"spec", "analysis"});
    const DataNode* metrics = analysis == nullptr ? nullptr : analysis->find("metrics");
    if (metrics == nullptr || metrics->items.empty()) continue;
    Evidence evidence;
    evidence.place = Span{document->file, metrics->line, 1, metrics->line};
    evidence.what = "failed checks take the canary back";
    evidence.runs_at = node_of_manifest(in, document->file, metrics->line);
    std::string weak = "it looks at requests, not at what the model answers";
    for (const DataNode& metric : metrics->items) {
      const DataNode* reference = metric.find("templateRef");
      if (reference == nullptr) continue;
      for (const ConfigDocument* one : manifests(in.facts, "MetricTemplate")) {
        const DataNode* metadata = one->root.find("metadata");
        if (metadata == nullptr || metadata->get("name") != reference->get("name")) continue;
        if (!measures_model(one->root) && !measures_model(metric)) continue;
        weak.clear();
        evidence.place = Span{document->file, metric.line, 1, metric.line};
        evidence.links = {{evidence.place, evidence.what}, {Span{one->file, 1, 1, 1}, "what it measures"}};
      }
    }
    if (number_of(*analysis, "threshold", 1) >= kManyFailures)
      weak = "it bears too many failures before it goes back";
    if (evidence.links.empty()) evidence.links.push_back({evidence.place, evidence.what});
    finish(in, std::move(evidence), weak, out);
  }
}

// A command that changes something: no message, test or jump.
bool acts(const Command& command) {
  if (command.words.empty() || command.tested) return false;
  const std::string_view word = command.words.front().text;
  const std::string_view program = word.substr(word.rfind('/') + 1);
  for (std::string_view idle : {"echo", "printf", "exit", "set", "sleep", "cd", "true", "false", "test", "[",
                                "read", "local", "return", "export", "cat", "die", "shift", "trap"}) {
    if (program == idle) return false;
  }
  return true;
}

// A script or target that a person starts: half of a way back.
void add_scripted(const RuleInput& in, std::vector<Evidence>& out) {
  for (const AutomationFile& file : in.facts.automation) {
    if (is_sample(in.facts, file.file) || is_test_code(in.facts, file.file)) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const Unit& unit = file.units[u];
      const std::string_view name = unit.name.view().substr(unit.name.view().rfind('/') + 1);
      const bool way = (unit.kind == UnitKind::kScript || unit.kind == UnitKind::kTarget) &&
                       has_word(name, {"rollback"}) && !has_word(name, {"test", "plan", "dry"});
      const bool real = std::any_of(file.commands.begin(), file.commands.end(), [&](const Command& command) {
        return command.unit == u && acts(command);
      });
      if (!way || !real) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = unit.span;
      evidence.what = fmt::format("{} is the way back", unit.name.view());
      evidence.links = {{unit.span, evidence.what}};
      evidence.worth = 0.5;
      evidence.worth_why = "a person runs it; no measure of the model does";
      for (const Dangling& gone : in.graph.dangling) {
        const bool own = std::any_of(file.commands.begin(), file.commands.end(), [&](const Command& command) {
          return command.unit == u && command.span == gone.span;
        });
        if (!own || !evidence.defeat.empty()) continue;
        evidence.defeat = fmt::format("it starts {}, which is not there", gone.target);
        evidence.defeat_at = gone.span;
      }
      out.push_back(std::move(evidence));
      return;
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  add_scripted(in, output.evidence);
  add_rollouts(in, output.evidence);
  add_flagger(in, output.evidence);
}

}  // namespace

extern const Rule production_measured_return;
const Rule production_measured_return{
    .summary = "a rollout goes back by itself on a measure of the model",
    .why = "A bad model answers every request in time and without an error.",
    .fix =
        "Give the rollout an analysis with a condition on what the model answers, and few failures to bear.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (canary releases)",
    .run = run,
};

}  // namespace mlgrade::rules
