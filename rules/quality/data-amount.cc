// What more rows would bring is measured by training on shares of what there is.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/measures.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// `for share in (0.1, 0.5, 1.0): ... fit ... score`: a learning curve by hand.
void add_loops(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file)) continue;
    for (const PyBinding& binding : module.bindings) {
      if (binding.kind != PyBinding::Kind::kFor) continue;
      const std::string_view name = binding.target.view();
      const bool share =
          has_word(name, {"frac", "fraction", "share", "portion", "train_size"}) ||
          (has_word(name, {"size", "samples", "rows"}) && has_word(name, {"n", "train", "sample", "num"}));
      if (!share) continue;
      bool trains = false;
      bool judges = false;
      for (uint32_t c = 0; c < module.calls.size(); ++c) {
        const PyCall& call = module.calls[c];
        if (call.function != binding.function) continue;
        bool inside = false;
        for (uint32_t b = call.block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent)
          inside |= module.blocks[b].kind == PyBlock::Kind::kLoop &&
                    module.blocks[b].span.line <= binding.span.line &&
                    binding.span.line <= module.blocks[b].span.end_line;
        // The loop's own line may lie above its block.
        inside |= call.span.line > binding.span.line;
        if (!inside) continue;
        const NodeId target =
            call.function_ref.valid() ? in.graph.node_of_function(call.function_ref) : kNone;
        const bool fits = call.method == "fit" || call.method == "train" ||
                          (target != kNone && abilities.can(target, "trains-model"));
        trains |= fits;
        judges |= call.method == "score" ||
                  has_word(call.method.view(), {"score", "evaluate", "accuracy", "error"}) ||
                  (target != kNone && abilities.can(target, "computes-metric"));
      }
      if (!trains || !judges) continue;
      if (module.is_notebook) {
        if (executed_cell(in.facts, binding.span) != nullptr)
          out.push_back(notebook_evidence(in, binding.span, "a learning curve in a notebook"));
        continue;
      }
      Evidence evidence;
      evidence.place = binding.span;
      evidence.what = "the model is trained on growing shares of the rows";
      evidence.runs_at = in.graph.node_of_block(m, binding.block);
      evidence.worth = 0.5;
      evidence.worth_why = "nothing decides by the curve";
      evidence.links.push_back({binding.span, evidence.what});
      run_in_earnest(in, evidence);
      out.push_back(std::move(evidence));
      break;
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  for (const Use* use : uses_of(in, "measures-learning-curve")) {
    add_measured(in, *use, fmt::format("{} measures quality over rows", name_of(in, *use)),
                 "nothing decides by the curve", found);
  }
  add_loops(in, shared<AbilityMap>(in), found);
  for (const RecordedResult& result :
       results_about(in, {"learning curve", "learning curves", "data efficiency", "sample efficiency"})) {
    found.push_back(evidence_of(result, "a learning curve is kept"));
  }
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule quality_data_amount;
const Rule quality_data_amount{
    .summary = "what more rows would bring is measured",
    .why = "Labels cost more than machines; a flat curve says that they are no longer worth it.",
    .fix =
        "Train on shares of the rows with each release, and let the slope decide whether more is labelled.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (quality concerns: amount of data)",
    .run = run,
};

}  // namespace mlgrade::rules
