// A model file is what was made: its hash or signature is checked before it is loaded.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"
#include "rules/support/flow.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 5;

bool is_hash(std::string_view target) {
  return target.starts_with("hashlib.") || target.starts_with("model_signing.") ||
         target.starts_with("sigstore.");
}

// Own functions that give a hash: by their name, with a hash in what they run.
bool gives_hash(const RuleInput& in, const PyCall& call) {
  if (is_hash(call.target.view())) return true;
  const PyFunction* function = in.facts.function(call.function_ref);
  if (function == nullptr ||
      !has_word(function->name.view(), {"sha", "sha256", "hash", "checksum", "digest", "md5", "fingerprint"}))
    return false;
  const PythonModule& home = in.facts.python[call.function_ref.module];
  return std::ranges::any_of(calls_in(home, call.function_ref.index), [&](const PyCall& inner) {
    return inner.function == call.function_ref.index && is_hash(inner.target.view());
  });
}

bool loads_model_near(const RuleInput& in, uint32_t module) {
  for (const Use* use : product_uses(in, "loads-model")) {
    if (use->function.module == module) return true;
  }
  return false;
}

const Use* safe_format(const RuleInput& in) {
  for (const Use* use : product_uses(in, "loads-model")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr) continue;
    const std::string_view target = call->target.view();
    if (target.starts_with("safetensors") || target.starts_with("skops") || target.starts_with("onnx"))
      return use;
  }
  return nullptr;
}

// A comparison of a hash that raises when it fails.
void add_checks(const RuleInput& in, std::vector<Evidence>& out) {
  const Use* safe = safe_format(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    if (!has_word(in.facts.path(module.file), {"model", "models", "registry", "artifact", "artifacts",
                                               "loader", "release", "serving", "predictor", "inference"}) &&
        !loads_model_near(in, m))
      continue;
    const auto hashes = [&](uint32_t c) { return gives_hash(in, module.calls[c]); };
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const bool any = std::ranges::any_of(calls_in(module, f), [&](const PyCall& call) {
        return call.function == f && gives_hash(in, call);
      });
      if (!any) continue;
      const Carriers carriers = carriers_of(module, f, hashes);
      for (const Decision& decision : decisions_on(module, f, carriers, hashes)) {
        if (!decision.fails) continue;
        Evidence evidence;
        evidence.place = module.conditions[decision.condition].span;
        evidence.what = "a file whose hash differs is refused";
        evidence.runs_at = in.graph.node_of_function({m, f});
        evidence.links.push_back({evidence.place, evidence.what});
        if (safe == nullptr) {
          evidence.worth = 0.5;
          evidence.worth_why = "models are loaded in a format that can run code";
        } else {
          evidence.links.push_back({safe->span, "a format that cannot run code"});
        }
        if (in.graph.reached_by(evidence.runs_at) == Reach::By::kNothing)
          evidence.worth = std::min(evidence.worth, 0.5);
        out.push_back(std::move(evidence));
        break;
      }
    }
  }
}

void add_commands(const RuleInput& in, std::vector<Evidence>& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const std::string text = words_as_text(file.commands[c]);
      const bool verifies = text.starts_with("cosign verify") || text.starts_with("sha256sum -c") ||
                            text.starts_with("sha256sum --check") ||
                            text.starts_with("model_signing verify") || text.starts_with("modelscan") ||
                            text.starts_with("gpg --verify");
      if (!verifies) continue;
      Evidence evidence;
      evidence.place = file.commands[c].span;
      evidence.what = fmt::format("`{}` checks the artifact", text.substr(0, 40));
      evidence.runs_at = in.graph.node_of_command(f, c);
      evidence.worth = 0.5;
      evidence.worth_why = "what loads the model does not check it again";
      out.push_back(std::move(evidence));
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  add_checks(in, found);
  add_commands(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule versioning_artifact_integrity;
const Rule versioning_artifact_integrity{
    .summary = "model files are checked before they are loaded",
    .why =
        "A half-copied or exchanged model file answers like a good one, and some formats run what they hold.",
    .fix =
        "Record the hash of each model when it is made, refuse a file that differs, and store models in a "
        "format without code.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (versioning and provenance)",
    .run = run,
};

}  // namespace mlgrade::rules
