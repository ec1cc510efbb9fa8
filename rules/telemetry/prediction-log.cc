// Each prediction leaves a record by which it can be found again.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/results.h"
#include "rules/support/telemetry.h"
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
        name, {"input", "inputs", "features", "text", "payload", "query", "question", "row", "data", "hash",
               "image", "images", "audio", "prompt", "prompts", "instance", "instances", "document"});
    output |= has_word(name, {"output", "outputs", "prediction", "predictions", "score", "probability",
                              "label", "answer", "result", "response", "decision", "predicted", "completion",
                              "forecast", "scores", "probabilities"});
  }
};

void note_wrapped(const PythonModule& module, uint32_t function, const PyCall& call, int depth,
                  Fields& fields);

void note_keys(const PythonModule& module, uint32_t function, const PyValue& value, int depth,
               Fields& fields) {
  constexpr int kMaxHops = 3;  // dicts unpacked into dicts
  if (depth > kMaxHops) return;
  const IndexRange elements = value.elements();
  if (value.kind == PyValue::Kind::kDict) {
    for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {
      fields.note(module.values[i].text.view());
      if (module.values[i].kind == PyValue::Kind::kOther)  // **other
        note_keys(module, function, module.values[i + 1], depth + 1, fields);
    }
  } else if (value.kind == PyValue::Kind::kList) {
    for (uint32_t i = elements.begin; i < elements.end; ++i)
      note_keys(module, function, module.values[i], depth + 1, fields);
  } else if (value.kind == PyValue::Kind::kName) {
    for (const PyBinding& binding : bindings_in(module, function)) {
      if (binding.function != function || binding.target != value.text) continue;
      if (binding.subscript) {
        fields.note(binding.key.view());  // record["prediction"] = answer
      } else {
        note_keys(module, function, binding.value, depth + 1, fields);
      }
    }
  } else if (value.kind == PyValue::Kind::kCall && value.call < module.calls.size()) {
    note_wrapped(module, function, module.calls[value.call], depth, fields);
  }
}

// A record in another dress: `json.dumps({...})`, `json.dumps({...}).encode()`, `dict(request.json)`.
void note_wrapped(const PythonModule& module, uint32_t function, const PyCall& call, int depth,
                  Fields& fields) {
  if (call.method == "encode" && call.receiver != kNone)
    return note_wrapped(module, function, module.calls[call.receiver], depth, fields);
  const bool text = call.method == "dumps" || call.method == "jsonable_encoder";
  const bool copy = call.callee == "dict" || call.method == "MessageToDict";
  for (uint32_t a = call.args.begin; a < call.args.end && (text || copy); ++a) {
    const PyArg& arg = module.args[a];
    if (text && arg.keyword.empty()) note_keys(module, function, arg.value, depth + 1, fields);
    if (copy && !arg.keyword.empty()) fields.note(arg.keyword.view());
    if (!copy || !arg.keyword.empty() || arg.value.kind != PyValue::Kind::kName) continue;
    fields.input |= has_word(arg.value.text.view(), {"body", "form", "payload", "request", "features",
                                                     "inputs", "data", "row", "instance"});
  }
}

// The columns of a row that is constructed: id and time are often filled in by the table.
void note_row(const RuleInput& in, const PyCall& call, Fields& fields) {
  if (!call.class_ref.valid() || call.class_ref.index == kNone) return;
  const PyClass& row = in.facts.python[call.class_ref.module].classes[call.class_ref.index];
  if (!has_word(row.name.view(),
                {"prediction", "predictions", "inference", "request", "log", "record", "row"}))
    return;
  for (const PyField& field : row.fields) fields.note(field.name.view());
}

void note_call(const RuleInput& in, const PythonModule& module, const PyCall& call, Fields& fields) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (!arg.keyword.empty()) fields.note(arg.keyword.view());
    note_keys(module, call.function, arg.value, 0, fields);
    if (arg.value.kind == PyValue::Kind::kCall) note_row(in, module.calls[arg.value.call], fields);
  }
}

// What the function of the project that records a prediction is given, and what it makes of it.
void note_recorder(const RuleInput& in, PyRef recorder, Fields& fields) {
  const PyFunction* function =
      recorder.valid() && recorder.index != kNone ? in.facts.function(recorder) : nullptr;
  if (function == nullptr || function->is_stub) return;
  for (const PyParam& param : function->params) fields.note(param.name.view());
  const PythonModule& module = in.facts.python[recorder.module];
  for (const PyBinding& binding : module.bindings) {
    if (binding.function == recorder.index) note_keys(module, recorder.index, binding.value, 0, fields);
  }
  for (const PyCall& call : module.calls) {
    if (call.function == recorder.index) note_row(in, call, fields);
  }
}

Fields fields_of(const RuleInput& in, const PythonModule& module, const PyCall& call) {
  Fields fields;
  note_call(in, module, call, fields);
  if (has_word(call.callee.view(), {"prediction", "predictions", "inference"}))
    note_recorder(in, call.function_ref, fields);
  return fields;
}

// Names the file or table of predictions.
bool to_predictions(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyValue& value = module.args[a].value;
    const bool text = value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kPath ||
                      value.kind == PyValue::Kind::kFString;
    if (text && has_word(value.text.view(), {"predictions", "prediction"})) return true;
  }
  return false;
}

// `answers.append(answer)` to a list that the function made itself: the answer is being put together.
bool to_own_list(const PythonModule& module, const PyCall& call) {
  const std::string_view callee = call.callee.view();
  if (call.function == kNone || !callee.ends_with(".append")) return false;
  const std::string_view list = callee.substr(0, callee.size() - std::string_view(".append").size());
  return std::ranges::any_of(bindings_in(module, call.function), [&](const PyBinding& binding) {
    return binding.function == call.function && binding.target == list && !binding.subscript &&
           binding.value.kind == PyValue::Kind::kList;
  });
}

bool is_log_line(const RuleInput& in, const PyCall& call) {
  return !in.facts.function(call.function_ref) &&
         has_word(call.method.view(),
                  {"debug", "info", "warning", "error", "exception", "critical", "append"});
}

bool is_sink(const RuleInput& in, uint32_t m, uint32_t c) {
  const PyCall& call = in.facts.python[m].calls[c];
  if (to_own_list(in.facts.python[m], call)) return false;
  if (has_word(call.callee.view(), {"log", "logger", "logging", "record", "audit", "track", "store", "save",
                                    "insert", "publish", "emit", "append", "persist"}) &&
      !has_word(call.callee.view(), {"debug", "error", "exception", "warning"}))
    return true;
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.kind == Use::Kind::kCall && use.function.module == m && use.call == c &&
           (use.capability == "writes-data" || use.capability == "tracks-experiments");
  });
}

// Statements of SQL that add rows, and what object stores and mappers call it.
bool adds_rows(const PythonModule& module, const PyCall& call) {
  if (call.method == "put_item" || call.method == "insert_one" || call.method == "insert_many" ||
      call.method == "insert_rows_json")
    return true;
  if (call.method != "execute" && call.method != "executemany" && call.method != "execute_values")
    return false;
  return std::any_of(module.args.begin() + call.args.begin, module.args.begin() + call.args.end,
                     [](const PyArg& arg) { return contains_phrase(arg.value.text.view(), "insert into"); });
}

// A table, a bucket or a queue: what the catalogue knows to write, in the call or in the function of the
// project that it calls. A log of the process ends with the process.
bool goes_to_store(const RuleInput& in, uint32_t m, uint32_t c) {
  const PyRef called = in.facts.python[m].calls[c].function_ref;
  std::vector<NodeId> work;
  if (called.valid()) work = in.graph.closure(in.graph.node_of_function(called));
  const bool inserts = std::any_of(work.begin(), work.end(), [&](NodeId n) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction) return false;
    const PythonModule& module = in.facts.python[node.owner];
    return std::ranges::any_of(calls_in(module, node.index), [&](const PyCall& call) {
      return call.function == node.index && adds_rows(module, call);
    });
  });
  if (inserts) return true;
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    if (use.kind != Use::Kind::kCall || use.capability != "writes-data") return false;
    if (use.function.module == m && use.call == c) return true;
    return std::find(work.begin(), work.end(), in.graph.node_of_function(use.function)) != work.end();
  });
}

// What a platform records of an endpoint: inputs and outputs under an id and a time, without the model's
// version.
void add_capture(const RuleInput& in, RuleOutput& output) {
  const auto add = [&](Span at, std::string what) {
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = at;
    evidence.what = std::move(what);
    evidence.links = {{at, evidence.what}};
    evidence.worth = 0.5;
    evidence.worth_why = "no version of the model";
    output.evidence.push_back(std::move(evidence));
  };
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (const PyCall& call : module.calls) {
      if (call.target == "azureml.ai.monitoring.Collector")
        add(call.span, "the endpoint collects inputs and outputs");
      if (call.method == "create_batch_prediction_job" ||
          call.target.view().ends_with("aiplatform.BatchPredictionJob.create"))
        add(call.span, "the platform keeps a batch of predictions with what they were made from");
      const bool tables = call.method.view().starts_with("AutoCaptureConfig");
      if (!tables && !call.method.view().starts_with("DataCaptureConfig")) continue;
      const PyValue* on = keyword_of(module, call, tables ? "enabled" : "enable_capture");
      if (on == nullptr || (on->kind == PyValue::Kind::kBool && on->text == "False")) continue;
      add(call.span, "the endpoint captures inputs and outputs");
    }
  }
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      const bool captures = (path.ends_with("DataCaptureConfig.EnableCapture") ||
                             path.ends_with("data_capture_config.enable_capture") ||
                             path.ends_with("auto_capture_config.enabled")) &&
                            (key.value == "true" || key.value == "True");
      const bool logs = document.root.get("kind") == "InferenceService" && path.ends_with(".logger.url");
      if (captures) add(key.span, "the endpoint captures inputs and outputs");
      if (logs) add(key.span, "requests and answers are logged by the platform");
    }
  }
}

// The function measures: its predictions are those of a test set.
bool evaluates(const RuleInput& in, uint32_t m, uint32_t f) {
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.function.module == m && use.function.index == f &&
           (use.capability == "computes-metric" || use.capability == "trains-model");
  });
}

// `rows["prediction"] = model.predict(rows)`, and the rows are written: predictions with what they were made
// from.
void add_batches(const RuleInput& in, RuleOutput& output) {
  const auto writes = [](const PythonModule& module, const PyCall& call, Name frame) {
    const std::string_view callee = call.callee.view();
    const std::string_view name = frame.view();
    const bool own = callee.starts_with(name) && callee.substr(name.size()).starts_with('.');
    if (!own || call.args.empty() ||
        has_word(module.args[call.args.begin].value.text.view(),
                 {"stream", "buffer", "buf", "io", "stringio", "bytesio", "tmp", "submission"}))
      return false;
    return call.method == "to_parquet" || call.method == "to_csv" || call.method == "to_sql" ||
           call.method == "to_gbq" || call.method == "to_json" || call.method == "saveAsTable";
  };
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (const PyBinding& binding : module.bindings) {
      if (!binding.subscript || binding.function == kNone ||
          !has_word(binding.key.view(), {"prediction", "predictions", "predicted", "forecast"}) ||
          evaluates(in, m, binding.function))
        continue;
      const std::string_view name = module.functions[binding.function].name.view();
      const bool asked = has_word(name, {"predict", "predictions", "inference", "infer", "score", "scoring",
                                         "forecast", "batch"}) ||
                         has_word(in.facts.path(module.file), {"predict", "predictions", "inference", "infer",
                                                               "scoring", "forecast", "batch"});
      if (!asked || has_word(name, {"train", "evaluate", "evaluation", "test", "validate", "backtest"}))
        continue;
      const auto calls = calls_in(module, binding.function);
      const auto written = std::ranges::find_if(calls, [&](const PyCall& call) {
        return call.function == binding.function && writes(module, call, binding.target);
      });
      if (written == calls.end()) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = written->span;
      evidence.what = "a batch of predictions is kept with what they were made from";
      evidence.links = {{binding.span, "the predictions"}, {written->span, evidence.what}};
      evidence.worth = 0.5;
      evidence.worth_why = "not each with an id, a time and the version of the model";
      evidence.confidence = Confidence::kMedium;
      output.evidence.push_back(std::move(evidence));
      return;
    }
  }
}

// A trace that is given inputs, outputs and the model's version.
void add_spans(const RuleInput& in, RuleOutput& output) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      Span inputs, outputs;
      Fields attributes;
      const IndexRange calls = module.functions[f].body.calls;
      for (uint32_t c = calls.begin; c < calls.end; ++c) {
        const PyCall& call = module.calls[c];
        if (call.function != f) continue;
        if (call.method == "set_inputs") inputs = call.span;
        if (call.method == "set_outputs") outputs = call.span;
        if (call.method == "set_attributes") note_call(in, module, call, attributes);
      }
      if (!inputs.valid() || !outputs.valid() || !attributes.model) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = inputs;
      evidence.what = "a trace holds inputs, outputs and the version of the model";
      evidence.links = {{inputs, evidence.what}, {outputs, "the outputs"}};
      evidence.worth = 0.5;
      evidence.worth_why = "whether traces are on, and kept, where it is served cannot be seen";
      output.evidence.push_back(std::move(evidence));
    }
  }
}

// A route of a service comes to it.
bool answers_requests(const RuleInput& in, NodeId node) {
  const std::vector<NodeId> callers = in.graph.callers(node);
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    if (use.capability != "serves-route" || use.kind != Use::Kind::kDecorator) return false;
    const NodeId route = in.graph.node_of_function(use.function);
    return std::find(callers.begin(), callers.end(), route) != callers.end();
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
          to_predictions(module, call) ||
          (function != nullptr && has_word(function->name.view(), {"predict", "prediction", "predictions",
                                                                   "inference", "infer", "score"}));
      if (!about || !is_sink(in, m, c)) continue;
      const Fields fields = fields_of(in, module, call);
      // What was asked and what was answered, in one record that is no line of a log.
      const bool both = fields.input && fields.output && !is_log_line(in, call);
      if ((fields.count() < kSome && !both) || !fields.output) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = call.span;
      evidence.what = fmt::format("{} of 5 things about a prediction are recorded", fields.count());
      evidence.links = {{call.span, evidence.what}};
      const NodeId node = in.graph.node_of_function({m, call.function});
      const bool stored = goes_to_store(in, m, c);
      if (fields.count() == 5 && stored && node != kNone && answers_requests(in, node) &&
          in.graph.reached_by(node) == Reach::By::kAutomatic) {
        evidence.mode = EvidenceMode::kCheck;
        evidence.runs_at = node;
      } else {
        evidence.worth = 0.5;
        evidence.worth_why = fields.count() < 5 ? fmt::format("no {}", !fields.model  ? "version of the model"
                                                                       : !fields.time ? "time"
                                                                       : !fields.request ? "request id"
                                                                                         : "inputs")
                             : stored           ? "nothing here deploys by itself what records it"
                                      : "whether the record is kept where it is served cannot be seen";
      }
      evidence.confidence = Confidence::kMedium;
      output.evidence.push_back(std::move(evidence));
    }
  }
  add_capture(in, output);
  add_batches(in, output);
  add_spans(in, output);
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
