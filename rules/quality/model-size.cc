// The size of the model, its parameters or the memory that it takes are held to a bound.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/kept_keys.h"
#include "rules/support/measures.h"
#include "rules/support/paths.h"
#include "rules/support/result_rows.h"
#include "rules/support/results.h"
#include "rules/support/standing.h"
#include "rules/support/tests.h"
#include "rules/support/tracked.h"

namespace mlgrade::rules {
namespace {

bool is_size(std::string_view name) {
  return (has_word(name, {"model", "artifact", "onnx", "weights", "checkpoint"}) &&
          has_word(name, {"size", "bytes", "mb", "megabytes"}) &&
          !has_word(name, {"batch", "train", "test", "input", "image", "vocab", "hidden", "embedding",
                           "sample"})) ||
         (has_word(name, {"param", "params", "parameters", "parameter"}) &&
          has_word(name, {"count", "num", "number", "n", "total", "trainable"})) ||
         (has_word(name, {"memory", "rss"}) &&
          has_word(name, {"peak", "usage", "used", "mb", "footprint", "bytes"}));
}

// A call that weighs a model: its file, its parameters, the memory of the process.
bool weighs(const RuleInput& in, uint32_t m, uint32_t c) {
  const PythonModule& module = in.facts.python[m];
  const PyCall& call = module.calls[c];
  const std::string_view target = call.target.view();
  const std::string_view method = call.method.view();
  if (target == "os.path.getsize" || method == "stat") {
    const std::set<std::string> texts = texts_of(in.facts, m, call);
    if (std::any_of(texts.begin(), texts.end(), [](const std::string& text) { return is_model_file(text); }))
      return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
        if (has_word(module.names[r].view(), {"model", "artifact", "onnx", "weights", "checkpoint"}))
          return true;
      }
    }
    return has_word(call.callee.view(), {"model", "artifact", "onnx", "weights", "checkpoint"});
  }
  return method == "numel" || method == "count_params" || method == "get_memory_footprint" ||
         method == "num_parameters" || method == "memory_info" || target == "tracemalloc.get_traced_memory" ||
         target == "resource.getrusage" || target == "torch.cuda.max_memory_allocated";
}

// pytest's limit on memory, around something that loads or asks a model.
void add_limits(const RuleInput& in, std::vector<Evidence>& out) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const bool limited = std::any_of(test.markers.begin(), test.markers.end(),
                                     [](Name marker) { return marker == "limit_memory"; });
    const NodeId node = in.graph.node_of_test(t);
    if (!limited || in.facts.function(test.function) == nullptr) continue;
    if (!abilities.can(node, "predicts") && !abilities.can(node, "loads-model") &&
        !abilities.can(node, "trains-model"))
      continue;
    Evidence evidence = test_evidence(in, t, "a test limits the memory that the model takes", {});
    evidence.effect = Effect::kBlocking;
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  const Bar bar{is_size, [&](uint32_t m, uint32_t c) { return weighs(in, m, c); }, true};
  add_bars(in, bar, "size or memory of the model is held to a bound", found);
  add_limits(in, found);
  for (const TrackedName& name : tracked_names(in)) {
    if (!is_size(name.name.view())) continue;
    found.push_back(standing_half(name.span, fmt::format("each run writes down {}", name.name.view()),
                                  "nothing holds it to a bound"));
    break;
  }
  for (const RecordedResult& result :
       results_about(in, {"model size", "memory footprint", "number of parameters", "parameter count",
                          "model memory", "memory usage of the model"})) {
    found.push_back(evidence_of(result, "the size of the model is stated"));
  }
  add_kept_key(in, is_size, "nothing holds it to a bound", found);
  for (const RecordedResult& result : rows_about(in, is_size))
    found.push_back(evidence_of(result, "the size of the model is stated"));
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_model_size;
const Rule quality_model_size{
    .summary = "size and memory of the model are held to a bound",
    .why = "A model that no longer fits is found out on the device, or by the process that is killed.",
    .fix = "Assert in CI that file, parameters or memory of the model stay below a bound.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: model size)",
    .run = run,
};

}  // namespace mlgrade::rules
