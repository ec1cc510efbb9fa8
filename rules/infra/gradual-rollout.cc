// Live traffic moves to a new model step by step, and a metric decides whether it goes on.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/results.h"

namespace mlgrade::rules {
namespace {

double number_of(const ConfigKey& key, double otherwise) {
  double value = otherwise;
  std::string_view text = key.value;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Evidence manifest_evidence(const RuleInput& in, const ConfigDocument& document, Span at, std::string what) {
  Evidence evidence;
  evidence.place = at;
  evidence.what = std::move(what);
  evidence.runs_at = node_of_manifest(in, document.file, at.line);
  return evidence;
}

void cap(Evidence& evidence, std::string why) {
  evidence.worth = 0.5;
  evidence.worth_why = std::move(why);
}

// Argo Rollouts: steps that set weights short of everything, with an analysis among or beside them.
void add_rollouts(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument* document : manifests(in.facts, "Rollout")) {
    std::vector<const ConfigKey*> weights = find_keys(*document, "spec.strategy.canary.steps.setWeight");
    const ConfigKey* partial = nullptr;
    for (const ConfigKey* weight : weights) {
      double percent = number_of(*weight, 100);
      if (percent > 0 && percent < 100 && partial == nullptr) partial = weight;
    }
    const ConfigKey* strategy = find_key(*document, "spec.strategy.canary.**");
    if (strategy == nullptr) continue;
    Evidence evidence = manifest_evidence(in, *document, (partial != nullptr ? partial : strategy)->span,
                                          "an Argo Rollout moves traffic in steps");
    const ConfigKey* analysis = find_key(*document, "spec.strategy.canary.**.templateName");
    if (partial == nullptr) {
      evidence.defeat = "no step holds the traffic below all of it";
      evidence.defeat_at = strategy->span;
    } else if (analysis == nullptr) {
      cap(evidence, "no analysis of a metric decides about the next step");
    } else {
      evidence.links.push_back({analysis->span, "an analysis watches the step"});
    }
    out.push_back(std::move(evidence));
  }
}

void add_flagger(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument* document : manifests(in.facts, "Canary")) {
    const ConfigKey* weight = find_key(*document, "spec.analysis.{stepWeight,maxWeight,stepWeights}");
    const ConfigKey* any = find_key(*document, "spec.**");
    if (any == nullptr) continue;
    Evidence evidence = manifest_evidence(in, *document, (weight != nullptr ? weight : any)->span,
                                          "a Flagger canary moves traffic in steps");
    const ConfigKey* metric = find_key(*document, "spec.analysis.metrics.name");
    if (metric == nullptr) {
      cap(evidence, "no metric decides about the next step");
    } else {
      evidence.links.push_back({metric->span, "a metric watches the step"});
    }
    out.push_back(std::move(evidence));
  }
}

void add_kserve(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument* document : manifests(in.facts, "InferenceService")) {
    const ConfigKey* percent = find_key(*document, "spec.**.canaryTrafficPercent");
    if (percent == nullptr) continue;
    double value = number_of(*percent, 0);
    Evidence evidence =
        manifest_evidence(in, *document, percent->span, "a share of the traffic goes to the new model");
    const ConfigKey* mode = find_key(*document, "metadata.annotations.serving.kserve.io/deploymentMode");
    bool raw = mode != nullptr && (mode->value == "RawDeployment" || mode->value == "Standard");
    if (value <= 0 || value >= 100) {
      evidence.defeat = "the share is none or all of the traffic";
    } else if (raw) {
      evidence.defeat = "raw deployments ignore the share";
    }
    evidence.defeat_at = percent->span;
    cap(evidence, "a person moves the share; no metric does");
    out.push_back(std::move(evidence));
  }
}

// Istio and Gateway API routes with weights of their own.
void add_routes(const RuleInput& in, std::vector<Evidence>& out) {
  for (std::string_view kind : {"VirtualService", "HTTPRoute"}) {
    for (const ConfigDocument* document : manifests(in.facts, kind)) {
      std::vector<const ConfigKey*> weights = find_keys(*document, "spec.**.weight");
      auto split = std::find_if(weights.begin(), weights.end(), [](const ConfigKey* key) {
        double percent = number_of(*key, 0);
        return percent > 0 && percent < 100;
      });
      if (split == weights.end()) continue;
      Evidence evidence =
          manifest_evidence(in, *document, (*split)->span, "routes divide the traffic by weight");
      cap(evidence, "a person moves the weights; no metric does");
      out.push_back(std::move(evidence));
    }
  }
}

// AWS: SAM deployment preferences, CodeDeploy groups, and SageMaker endpoints that shift traffic under
// alarms.
void add_aws(const RuleInput& in, std::vector<Evidence>& out) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    const ConfigKey* type = find_key(document, "Resources.*.Properties.DeploymentPreference.Type");
    const ConfigKey* policy = find_key(document, "**.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.Type");
    const ConfigKey* found = type != nullptr ? type : policy;
    if (found == nullptr) continue;
    bool gradual = found->value.find("Canary") != std::string::npos ||
                   found->value.find("Linear") != std::string::npos ||
                   found->value.find("CANARY") != std::string::npos ||
                   found->value.find("LINEAR") != std::string::npos;
    if (!gradual) continue;
    Evidence evidence =
        manifest_evidence(in, document, found->span, "the deployment shifts traffic in steps");
    const ConfigKey* alarm = find_key(document, "Resources.*.Properties.DeploymentPreference.Alarms.**");
    if (alarm == nullptr) alarm = find_key(document, "**.AutoRollbackConfiguration.Alarms.**");
    if (alarm == nullptr) {
      cap(evidence, "no alarm stops the shift");
    } else {
      evidence.links.push_back({alarm->span, "an alarm stops the shift"});
    }
    out.push_back(std::move(evidence));
  }
}

void add_recorded(const RuleInput& in, std::vector<Evidence>& out) {
  std::vector<RecordedResult> results = results_about(
      in,
      {"canary", "rollout", "shadow traffic", "shadow deployment", "shadow model", "gradual", "blue green"});
  if (results.empty()) return;
  out.push_back(evidence_of(results.front(), "a gradual start made by hand, with its record"));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  add_rollouts(in, found);
  add_flagger(in, found);
  add_kserve(in, found);
  add_routes(in, found);
  add_aws(in, found);
  add_recorded(in, found);
  for (Evidence& evidence : found) {
    stand_if_unapplied(in, evidence);
    evidence.part = "gradual traffic";
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule infra_gradual_rollout;
const Rule infra_gradual_rollout{
    .summary = "traffic that moves to a new model in steps, watched by a metric",
    .why =
        "A model that passes every offline test can still fail on live requests; few should meet it first.",
    .fix =
        "Deploy by a controller that moves traffic in steps (Argo Rollouts, Flagger, a blue/green policy) "
        "and give it "
        "a metric that aborts.",
    .source = "Breck et al. 2017, table III, Infra 6",
    .run = run,
};

}  // namespace mlgrade::rules
