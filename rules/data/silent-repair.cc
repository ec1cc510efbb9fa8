// Broken values of requests or answers are mended without a word.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/code_findings.h"
#include "rules/support/roles.h"

namespace mlgrade::rules {
namespace {

bool of_prediction(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyValue& value = module.args[a].value;
    if (value.kind == PyValue::Kind::kCall &&
        has_word(module.calls[value.call].method.view(), {"predict", "proba", "predictions", "forecast"}))
      return true;
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
      if (has_word(module.names[r].view(),
                   {"prediction", "predictions", "preds", "pred", "proba", "probabilities"}))
        return true;
    }
  }
  return false;
}

// What comes of a computation (a rolling mean, a mapping) has holes of its own, which are no input's.
bool repairs(const PyCall& call) {
  if (call.target == "numpy.nan_to_num") return true;
  return call.method == "fillna" && call.receiver == kNone && (is_pandas(call) || call.target.empty());
}

void run(const RuleInput& in, RuleOutput& output) {
  const Sides& sides = shared<Sides>(in);
  std::vector<Hit> hits;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!is_looked_at(in, module, false)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (!repairs(call) || tells_of_losses(module, call.function)) continue;
      const NodeId node = in.graph.node_of_call(m, c);
      const bool served = node != kNone && contains_node(sides.serving, node);
      if (of_prediction(module, call)) {
        hits.push_back({call.span, "answers of the model that are no numbers are replaced without a count"});
      } else if (served) {
        hits.push_back({call.span, "values that are missing in a request are replaced without a count"});
      }
    }
  }
  report_by_file(std::move(hits), Severity::kMedium, Confidence::kMedium, output);
}

}  // namespace

extern const Rule data_silent_repair;
const Rule data_silent_repair{
    .kind = RuleKind::kFinding,
    .summary = "Missing or broken values are replaced without a count",
    .why = "A sensor that died looks like a quiet one, and the model answers on what was made up.",
    .fix =
        "Count what is replaced, alert on its share, or refuse the request; put fills that belong to the "
        "model into its pipeline.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
