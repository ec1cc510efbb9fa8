// From a prediction back to the model, its run, its data and its code: which of the joints are written down.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"
#include "rules/support/tracked.h"

namespace mlgrade::rules {
namespace {

struct Joints {
  std::vector<Link> links;
  std::vector<std::string_view> lacking;
  void note(bool has, Span span, std::string what, std::string_view name) {
    if (has) {
      links.push_back({span, std::move(what)});
    } else {
      lacking.push_back(name);
    }
  }
};

const Use* method_use(const RuleInput& in, std::initializer_list<std::string_view> words) {
  for (const Use* use : product_uses(in, "tracks-experiments")) {
    const PyCall* call = call_of(in, *use);
    if (call != nullptr && !is_notebook(in.facts, use->file) && has_word(call->method.view(), words))
      return use;
  }
  return nullptr;
}

// "model_version", "mlflow_run_id": a version alone is any version, such as that of the service.
bool names_model_version(std::string_view key) {
  const bool model =
      has_word(key, {"model"}) && has_word(key, {"version", "run", "sha", "digest", "revision", "hash"});
  return model || (has_word(key, {"run"}) && has_word(key, {"id", "version"}));
}

// A key of a response or log line in serving code that carries the model's version.
Span serving_key(const RuleInput& in) {
  std::vector<bool> serves(in.facts.python.size(), false);
  for (std::string_view capability : {"serves-route", "serves-http", "serves-model"}) {
    for (const Use* use : product_uses(in, capability)) {
      if (use->function.valid()) serves[use->function.module] = true;
    }
  }
  for (uint32_t m = 0; m < serves.size(); ++m) {
    if (!serves[m]) continue;
    const PythonModule& module = in.facts.python[m];
    for (const PyArg& arg : module.args) {
      if (names_model_version(arg.keyword.view())) {
        for (const PyCall& call : module.calls) {
          const auto index = static_cast<uint32_t>(&arg - module.args.data());
          if (call.args.begin <= index && index < call.args.end) return call.span;
        }
      }
    }
    for (const PyCall& call : module.calls) {
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const IndexRange elements = module.args[a].value.elements();
        if (module.args[a].value.kind != PyValue::Kind::kDict) continue;
        for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {
          if (names_model_version(module.values[i].text.view())) return call.span;
        }
      }
    }
    for (const PyJump& jump : module.jumps) {
      const IndexRange elements = jump.value.elements();
      if (jump.value.kind != PyValue::Kind::kDict) continue;
      for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {
        if (names_model_version(module.values[i].text.view())) return jump.span;
      }
    }
  }
  return {};
}

Joints find_joints(const RuleInput& in) {
  Joints joints;
  const std::vector<TrackedName> names = tracked_names(in);
  const Use* params = method_use(in, {"params", "param", "parameters", "autolog", "config"});
  joints.note(params != nullptr, params != nullptr ? params->span : Span{},
              "the run writes down its settings", "settings");
  const TrackedName* data =
      find_tracked(names, {"data", "dataset", "snapshot"},
                   {"version", "hash", "sha256", "md5", "digest", "id", "uri", "fingerprint", "path"});
  const Use* input = method_use(in, {"input", "inputs"});
  const Span data_at = data != nullptr ? data->span : input != nullptr ? input->span : Span{};
  joints.note(data_at.valid(), data_at, "and the data it read", "the data's version");
  const TrackedName* code =
      find_tracked(names, {"git", "commit", "code", "sha"}, {"sha", "commit", "version", "revision", "hash"});
  joints.note(code != nullptr, code != nullptr ? code->span : Span{}, "and the commit of the code",
              "the commit of the code");
  const std::vector<const Use*> registers = product_uses(in, "registers-model");
  joints.note(!registers.empty(), registers.empty() ? Span{} : registers.front()->span,
              "the registered model names its run", "the model's run");
  const Span version = serving_key(in);
  joints.note(version.valid(), version, "answers carry the model's version",
              "the model's version in answers");
  return joints;
}

// "test_lineage_of_an_answer", "test_answer_names_model_version_and_data".
bool goes_back(std::string_view name) {
  if (has_word(name, {"lineage", "trace", "traces", "traced", "traceability", "traceable", "provenance",
                      "traceback"}))
    return true;
  const size_t ends = has_word(name, {"model", "models"}) + has_word(name, {"data", "dataset", "snapshot"}) +
                      has_word(name, {"commit", "code", "git"}) + has_word(name, {"run", "training"}) +
                      has_word(name, {"answer", "prediction", "request", "response"});
  return ends >= 3 || (ends >= 2 && has_word(name, {"version", "versions", "digest", "sha"}));
}

void run(const RuleInput& in, RuleOutput& output) {
  Joints joints = find_joints(in);
  constexpr size_t kHalf = 3;  // of five joints
  if (joints.links.size() < kHalf) return;
  Evidence evidence;
  evidence.place = joints.links.front().span;
  evidence.what = fmt::format("{} of 5 joints between prediction, model, run, data and code are written down",
                              joints.links.size());
  evidence.links = std::move(joints.links);
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    const PyFunction* function = in.facts.function(t.function);
    return function != nullptr && goes_back(function->name.view());
  });
  if (test != kNone && joints.lacking.empty()) {
    evidence.runs_at = in.graph.node_of_test(test);
    evidence.links.insert(evidence.links.begin(),
                          {place_of(in.facts, in.facts.tests[test]), "a test goes the way back"});
  } else {
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = joints.lacking.empty()
                             ? "no test goes the way back from a prediction"
                             : fmt::format("nothing writes down {}", joints.lacking.front());
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule versioning_lineage;
const Rule versioning_lineage{
    .summary = "a prediction can be traced to model, run, data and code",
    .why = "When a prediction is questioned, the answer lies in the rows and the code that made its model.",
    .fix =
        "Log data version, commit and settings with each run, the run with the model, the model with each "
        "answer, and test the way back.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (versioning and provenance)",
    .run = run,
};

}  // namespace mlgrade::rules
