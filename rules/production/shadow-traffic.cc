// A new model sees real requests without answering them. The full point asks that something compares its
// answers with those that went out, and fails or rings over a bar.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMostPlaces = 6;

// Keys below which requests are given to a model that does not answer: Istio, Envoy, SageMaker, Seldon,
// Azure ML.
constexpr std::array<std::string_view, 8> kMirrors = {"spec.http.mirror.**",
                                                      "**.mirror.percent",
                                                      "**.ShadowProductionVariants.**",
                                                      "**.request_mirror_policies.**",
                                                      "**.shadow_production_variants.**",
                                                      "spec.predictors.shadow",
                                                      "**.mirror_traffic.**",
                                                      "spec.rules.filters.requestMirror.**"};

struct Mirror {
  Span at;
  std::string key;
};

std::vector<Mirror> mirrors(const RuleInput& in) {
  std::vector<Mirror> out;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (std::string_view pattern : kMirrors) {
      const ConfigKey* key = find_key(document, pattern);
      if (key == nullptr || key->value == "false" || key->value == "0") continue;
      out.push_back({key->span, key->path.str()});
      break;
    }
    if (out.size() >= kMostPlaces) break;
  }
  return out;
}

bool about_shadow(std::string_view name) {
  return has_word(name, {"shadow", "shadows", "shadowed", "mirrored", "mirror", "candidate", "challenger"});
}

bool about_live(std::string_view name) {
  return has_word(name, {"live", "primary", "champion", "production", "prod", "served", "serving", "answered",
                         "current", "incumbent", "baseline"});
}

// How far two series of answers are apart.
bool about_difference(std::string_view name) {
  return has_word(name, {"disagreement", "disagreements", "disagree", "agreement", "agree", "divergence",
                         "diverged", "mismatch", "mismatches", "difference", "differences", "diff", "delta",
                         "gap", "distance", "psi", "changed", "flips", "flipped"});
}

struct Said {
  bool shadow = false, live = false;
  void take(std::string_view text) {
    shadow |= about_shadow(text);
    live |= about_live(text);
  }
};

// What the names and texts of a function speak of.
Said said_in(const PythonModule& module, uint32_t f) {
  Said out;
  const auto reads = [&](IndexRange range) {
    for (uint32_t r = range.begin; r < range.end; ++r) out.take(module.names[r].view());
  };
  for (const PyCall& call : calls_in(module, f)) {
    if (call.function != f) continue;
    out.take(call.callee.view());
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      out.take(module.args[a].value.text.view());
      reads(module.args[a].reads);
    }
  }
  for (const PyBinding& binding : bindings_in(module, f)) {
    if (binding.function != f) continue;
    out.take(binding.target.view());
    reads(binding.reads);
  }
  return out;
}

bool orders(const PyComparison& comparison) {
  return comparison.op == PyComparison::Op::kLess || comparison.op == PyComparison::Op::kLessEqual ||
         comparison.op == PyComparison::Op::kGreater || comparison.op == PyComparison::Op::kGreaterEqual;
}

// The condition that fails when the answers are too far apart; kNone if there is none.
uint32_t bar_in(const PythonModule& module, uint32_t f) {
  for (uint32_t c : indices(module.body(f).conditions)) {
    const PyCondition& condition = module.conditions[c];
    if (condition.function != f || !condition_fails(module, c)) continue;
    if (swallowing_except(module, condition.block) != nullptr) continue;
    for (uint32_t k = condition.comparisons.begin; k < condition.comparisons.end; ++k) {
      const PyComparison& comparison = module.comparisons[k];
      const bool far =
          about_difference(comparison.left.text.view()) || about_difference(comparison.right.text.view());
      if (far && orders(comparison)) return c;
    }
  }
  return kNone;
}

// Jobs that hold the difference to a bar.
std::vector<Evidence> comparisons(const RuleInput& in) {
  std::vector<Evidence> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    const auto consider = [&](uint32_t f) {
      const uint32_t bar = bar_in(module, f);
      if (bar == kNone) return;
      Said said = said_in(module, f);
      if (f != kNone) said.take(module.functions[f].qualname.view());
      if (!said.shadow || !said.live) return;
      Evidence evidence;
      evidence.place = module.conditions[bar].span;
      evidence.what = "answers of the shadow are compared with those that went out, against a bar";
      evidence.runs_at = f == kNone ? in.graph.node_of_main(m) : in.graph.node_of_function({m, f});
      if (evidence.runs_at == kNone) evidence.runs_at = in.graph.node_of_function({m, kNone});
      evidence.links = {{evidence.place, evidence.what}};
      run_in_earnest(in, evidence);
      out.push_back(std::move(evidence));
    };
    consider(kNone);
    for (uint32_t f = 0; f < module.functions.size(); ++f) consider(f);
  }
  for (Evidence& alert : alert_evidence(
           in, [](std::string_view series) { return about_shadow(series) && about_difference(series); },
           "an alert on how far the shadow is off"))
    out.push_back(std::move(alert));
  return out;
}

// Nothing that runs gives requests to it (rubric F-25): the job compares nothing that comes by itself.
bool is_applied(const RuleInput& in, const Mirror& mirror) {
  return applied(in.graph, mirror.at) == Truth::kYes;
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<Mirror> all = mirrors(in);
  if (all.empty()) return;
  const std::vector<Evidence> compared = comparisons(in);
  const auto live = std::find_if(all.begin(), all.end(), [&](const Mirror& m) { return is_applied(in, m); });
  for (const Mirror& mirror : all) {
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = mirror.at;
    evidence.what = fmt::format("requests are mirrored: {}", mirror.key);
    evidence.worth = 0.5;
    evidence.worth_why = compared.empty()    ? "nothing compares the answers"
                         : live == all.end() ? "answers are compared, and nothing here applies the mirror"
                                             : "what compares the answers does not run by itself";
    output.evidence.push_back(std::move(evidence));
  }
  for (Evidence evidence : compared) {
    const Mirror& mirror = live == all.end() ? all.front() : *live;
    evidence.links.push_back({mirror.at, fmt::format("requests are mirrored: {}", mirror.key)});
    if (live == all.end() && evidence.worth > 0.5) {
      evidence.worth = 0.5;
      evidence.worth_why = "nothing here applies the mirror";
    }
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule production_shadow_traffic;
const Rule production_shadow_traffic{
    .summary = "a new model sees real requests without answering them, and its answers are compared",
    .why = "What a model does with real requests shows before anybody depends on it.",
    .fix =
        "Mirror requests to the new model and compare its answers with those of the old one against a "
        "threshold.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (testing in production: shadow)",
    .run = run,
};

}  // namespace mlgrade::rules
