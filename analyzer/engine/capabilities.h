// The words in which rules ask what a repository's tools do for it, and in which rules/tools/*.yaml answer.
// Both are held against this list when they load, so that a misspelt word is a mistake and not a silent "no".
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace mlgrade {

inline constexpr std::string_view kCapabilities[] = {
    // data
    "reads-data",
    "writes-data",
    "splits-data",
    "fits-transformer",
    "transforms-data",
    "defines-schema",
    "infers-schema",
    "validates-data",
    "masks-pii",
    "scans-pii",
    "defines-feature",
    "applies-features",
    "versions-data",
    "detects-drift",
    "oversamples",
    // model
    "defines-model",
    "constructs-estimator",
    "constructs-simple-model",
    "trains-model",
    "predicts",
    "loads-model",
    "saves-model",
    "registers-model",
    "promotes-model",
    "computes-metric",
    "compares-metric",
    "compares-baseline",
    "searches-hyperparameters",
    "tracks-experiments",
    "measures-importance",
    "explains-prediction",
    "measures-fairness",
    "slices-metrics",
    "measures-staleness",
    "checks-freshness",
    "augments",
    // randomness
    "seeds-random",
    "seeds-numpy",
    "seeds-torch",
    "seeds-tensorflow",
    "seeds-all",
    "draws-random",
    "draws-numpy",
    "draws-torch",
    "draws-tensorflow",
    "enables-determinism",
    "takes-random-state",
    // serving
    "serves-http",
    "serves-route",
    "serves-model",
    "hosts-model",
    "tests-http",
    "requests-http",
    "validates-request",
    "loads-config",
    // monitoring
    "defines-metric",
    "pushes-metric",
    "exposes-metrics",
    "exports-series",
    "load-tests",
    "benchmarks",
    "limits-memory",
    "checks-finite",
    "guards-gradients",
    "monitors-quality",
    "collects-feedback",
    "sends-alert",
    "estimates-performance",
    "profiles",
    // delivery
    "deploys",
    "publishes-pages",
    "publishes-image",
    "rolls-back",
    "smoke-tests",
    "applies-infrastructure",
    "publishes-package",
    "comments-results",
    "scans-secrets",
    "scans-dependencies",
    "lints",
    "checks-types",
    "formats",
    "measures-coverage",
    "updates-dependencies",
    "checks-contract",
    // orchestration
    "defines-flow",
    "defines-task",
    "schedules-flow",
    "runs-flow",
    "branches-flow",
    "runs-notebook",
    // tests
    "injects-faults",
    "mocks",
    "property-tests",
    "asserts-data",
    "freezes-time",
    // language models
    "calls-llm",
    "builds-agent",
    "evaluates-llm",
    "traces-llm",
    "guards-llm",
    "retrieves",
};

constexpr bool is_capability(std::string_view word) {
  return std::find(std::begin(kCapabilities), std::end(kCapabilities), word) != std::end(kCapabilities);
}

}  // namespace mlgrade
