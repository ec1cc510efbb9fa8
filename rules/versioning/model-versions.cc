// Each model that was made keeps a name of its own.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/product_run.h"
#include "rules/support/standing.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 6;

// Stages of MLflow's registry are gone; an alias is what names the model that serves now.
bool by_stage(const PyCall* call) {
  return call != nullptr && call->method.view().find("stage") != std::string_view::npos;
}

void add_promotions(const RuleInput& in, const std::vector<const Use*>& registers,
                    std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "promotes-model")) {
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} gives the serving model its name", use->tool.view());
    evidence.runs_at = node_of(in, *use);
    if (!registers.empty()) evidence.links.push_back({registers.front()->span, "each model gets a version"});
    evidence.links.push_back({use->span, evidence.what});
    if (use->tool == "mlflow" && by_stage(call_of(in, *use))) {
      evidence.worth = 0.5;
      evidence.worth_why = "by stages, which the registry has given up";
    }
    run_in_earnest(in, evidence);  // a test promotes a stand-in
    if (evidence.runs_at == kNone || in.graph.reached_by(evidence.runs_at) != Reach::By::kAutomatic) {
      evidence.mode = EvidenceMode::kStanding;
      evidence.worth = 0.5;
      evidence.worth_why = "only a person starts what registers and promotes";
    }
    out.push_back(std::move(evidence));
  }
}

bool is_version(std::string_view name) {
  return has_word(name,
                  {"version", "timestamp", "sha", "hash", "digest", "uuid", "fingerprint", "stamp", "tag"});
}

bool makes_stamp(const PyCall& call) {
  return call.method == "strftime" || call.method == "isoformat" || call.method == "uuid4" ||
         call.method == "hexdigest";
}

// The name was given a value that is made of a version: `path = folder / f"model_{stamp}.pkl"`.
bool made_of_version(const PythonModule& module, uint32_t function, Name name, size_t hops = 0) {
  constexpr size_t kMostHops = 2;
  for (const PyBinding& binding : bindings_in(module, function)) {
    if (binding.target != name || binding.subscript || binding.kind != PyBinding::Kind::kAssign) continue;
    if (binding.function != function && binding.function != kNone) continue;
    for (uint32_t c = binding.calls.begin; c < binding.calls.end; ++c) {
      if (makes_stamp(module.calls[c])) return true;
    }
    for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
      if (is_version(module.names[r].view())) return true;
      const bool other = module.names[r] != name;
      if (other && hops < kMostHops && made_of_version(module, function, module.names[r], hops + 1))
        return true;
    }
  }
  return false;
}

// A file name that is made of a version, a date, a hash or a run.
bool names_version(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
      if (is_version(module.names[r].view()) || made_of_version(module, call.function, module.names[r]))
        return true;
    }
    const std::string_view text =
        arg.value.kind == PyValue::Kind::kString ? arg.value.text.view() : std::string_view();
    for (size_t at = text.find("_v"); at != std::string_view::npos; at = text.find("_v", at + 1)) {
      if (at + 2 < text.size() && text[at + 2] >= '0' && text[at + 2] <= '9') return true;
    }
  }
  return false;
}

void add_saves(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "saves-model")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const bool in_run = call->method == "log_model" || use->tool == "mlflow";
    const PythonModule& module = in.facts.python[use->function.module];
    if (in_run) {
      out.push_back(standing_half(use->span, "each run keeps its model under the run's id",
                                  "no alias names the model that serves"));
    } else if (names_version(module, *call)) {
      out.push_back(standing_half(use->span, "each model is saved under a name of its own",
                                  "no registry or alias names the model that serves"));
    }
    if (out.size() >= kMost) return;
  }
}

// The call speaks of a model, in a path or by the name of what it is given.
bool about_model(const PythonModule& module, const PyCall& call) {
  const auto speaks = [](std::string_view text) {
    return has_word(text, {"model", "models", "checkpoint", "checkpoints", "weights"});
  };
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    const bool text = arg.value.kind == PyValue::Kind::kString || arg.value.kind == PyValue::Kind::kFString ||
                      arg.value.kind == PyValue::Kind::kPath;
    if (text && speaks(arg.value.text.view())) return true;
    for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
      if (speaks(module.names[r].view())) return true;
    }
  }
  return false;
}

// A model is copied or uploaded to a place that is named by its version:
// `bucket.blob(f"models/{version}/m")`, `shutil.copytree(source, registry / version / "model")`.
void add_copies(const RuleInput& in, std::vector<Evidence>& out) {
  for (const PythonModule& module : in.facts.python) {
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (const PyCall& call : module.calls) {
      const std::string_view target = call.target.view();
      const bool copies = target == "shutil.copytree" || target == "shutil.copy" ||
                          target == "shutil.copy2" || target == "shutil.copyfile" || target == "shutil.move";
      const bool uploads = call.method == "upload_file" || call.method == "upload_fileobj" ||
                           call.method == "put_object" || call.method == "upload_blob" ||
                           call.method == "fput_object" || call.method == "copy_blob" ||
                           (call.method == "blob" && call.use != PyCall::Use::kDiscarded);
      if (!copies && !uploads) continue;
      if (!about_model(module, call) || !names_version(module, call)) continue;
      out.push_back(standing_half(call.span, "each model is put under a name of its own",
                                  "no registry or alias names the model that serves"));
      return;
    }
  }
}

// A flow of Metaflow keeps what a step sets on itself, under the number of the run.
void add_flow_artifacts(const RuleInput& in, std::vector<Evidence>& out) {
  for (const PythonModule& module : in.facts.python) {
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (const PyBinding& binding : module.bindings) {
      const std::string_view target = binding.target.view();
      if (binding.function == kNone || !target.starts_with("self.") ||
          !has_word(target, {"model", "classifier", "regressor", "estimator", "weights"}))
        continue;
      const uint32_t cls = module.functions[binding.function].cls;
      if (cls == kNone || binding.calls.empty() ||
          std::ranges::find(module.classes[cls].base_targets, Name("metaflow.FlowSpec")) ==
              module.classes[cls].base_targets.end())
        continue;
      out.push_back(standing_half(binding.span, "each run of the flow keeps its model under its number",
                                  "no alias names the model that serves"));
      return;
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  const std::vector<const Use*> registers = product_uses(in, "registers-model");
  add_promotions(in, registers, found);
  const bool promoted = !found.empty();
  for (const Use* use : registers) {
    if (found.size() >= kMost) break;
    found.push_back(standing_half(use->span,
                                  fmt::format("{} registers each model as a version", use->tool.view()),
                                  promoted ? "only a person starts what moves the alias"
                                           : "no alias that code moves names the model that serves"));
  }
  add_saves(in, found);
  if (found.empty()) add_copies(in, found);
  if (found.empty()) add_flow_artifacts(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule versioning_model_versions;
const Rule versioning_model_versions{
    .summary = "models are kept as versions and promoted by name",
    .why = "An overwritten file leaves nothing to compare with, and nothing to go back to.",
    .fix =
        "Register each trained model as a version and let the pipeline move an alias to the one that serves.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (versioning)",
    .run = run,
};

}  // namespace mlgrade::rules
