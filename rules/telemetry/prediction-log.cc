// Each prediction leaves a record by which it can be found again.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

struct Fields {
  bool model = false, time = false, request = false, input = false, output = false;
  int count() const { return model + time + request + input + output; }
  void note(std::string_view name) {
    model |= has_word(name, {"model", "version", "run", "release"}) &&
             !has_word(name, {"path", "type", "api", "app", "service", "schema"});
    time |= has_word(name, {"time", "timestamp", "date", "at", "latency", "created"});
    request |= has_word(name, {"request", "id", "uuid", "trace", "correlation"});
    input |= has_word(
        name, {"input", "inputs", "features", "text", "payload", "query", "question", "row", "data", "hash"});
    output |= has_word(name, {"output", "outputs", "prediction", "predictions", "score", "probability",
                              "label", "answer", "result", "response", "decision"});
  }
};

Fields fields_of(const PythonModule& module, const PyCall& call) {
  Fields fields;
  const auto keys = [&](const PyValue& value) {
    const IndexRange elements = value.elements();
    if (value.kind != PyValue::Kind::kDict) return;
    for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) fields.note(module.values[i].text.view());
  };
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (!arg.keyword.empty()) fields.note(arg.keyword.view());
    keys(arg.value);
    if (arg.value.kind != PyValue::Kind::kName) continue;
    for (const PyBinding& binding : bindings_in(module, call.function)) {
      if (binding.function == call.function && binding.target == arg.value.text) keys(binding.value);
    }
  }
  return fields;
}

bool is_sink(const RuleInput& in, uint32_t m, uint32_t c) {
  const PyCall& call = in.facts.python[m].calls[c];
  if (has_word(call.callee.view(), {"log", "logger", "logging", "record", "audit", "track", "store", "save",
                                    "insert", "publish", "emit"}) &&
      !has_word(call.callee.view(), {"debug", "error", "exception", "warning"}))
    return true;
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.kind == Use::Kind::kCall && use.function.module == m && use.call == c &&
           (use.capability == "writes-data" || use.capability == "tracks-experiments");
  });
}

void run(const RuleInput& in, RuleOutput& output) {
  constexpr int kSome = 3;  // of five; fewer is a line for the developer
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const PyFunction* function = call.function == kNone ? nullptr : &module.functions[call.function];
      const bool about =
          has_word(call.callee.view(), {"prediction", "predictions", "inference"}) ||
          (function != nullptr && has_word(function->name.view(), {"predict", "prediction", "predictions",
                                                                   "inference", "infer", "score"}));
      if (!about || !is_sink(in, m, c)) continue;
      const Fields fields = fields_of(module, call);
      if (fields.count() < kSome || !fields.output) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = call.span;
      evidence.what = fmt::format("{} of 5 things about a prediction are recorded", fields.count());
      evidence.worth = 0.5;
      evidence.worth_why = fields.count() < 5
                               ? fmt::format("no {}", !fields.model     ? "version of the model"
                                                      : !fields.time    ? "time"
                                                      : !fields.request ? "request id"
                                                                        : "inputs")
                               : "whether the record is kept where it is served cannot be seen";
      evidence.confidence = Confidence::kMedium;
      output.evidence.push_back(std::move(evidence));
    }
  }
}

}  // namespace

extern const Rule telemetry_prediction_log;
const Rule telemetry_prediction_log{
    .summary = "predictions are recorded with model, time, request, inputs and answer",
    .why = "Without a record no prediction can be explained, and no label can be joined to it later.",
    .fix = "Write for each answer the model's version, time, request id, inputs and output to a store.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .run = run,
};

}  // namespace mlgrade::rules
