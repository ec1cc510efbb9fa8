#include "rules/support/pipeline_branches.h"

#include <algorithm>
#include <set>
#include <string>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/paths.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"

namespace mlgrade {
namespace {

// True if something that runs with the function compares a measure of quality.
bool compares_inside(const PipelineBranches& gate, PyRef function) {
  for (NodeId n : gate.in.graph.closure(gate.in.graph.node_of_function(function))) {
    const Node& node = gate.in.graph.nodes[n];
    if (node.kind == NodeKind::kFunction &&
        !quality_comparisons(gate.in, gate.quality, node.owner, node.index).empty())
      return true;
  }
  return false;
}

// The argument speaks of a measure of quality: by a path like "metrics.rmse.value", or a comparison of one.
bool speaks_of_quality(const PipelineBranches& gate, uint32_t m, const PyCall& call, const PyArg& arg) {
  static constexpr std::string_view kNames[] = {"task_id",  "name",       "step_name",  "display_name",
                                                "if_steps", "else_steps", "depends_on", "description"};
  if (std::find(std::begin(kNames), std::end(kNames), arg.keyword.view()) != std::end(kNames)) return false;
  const std::set<std::string> texts = texts_of(gate.in.facts, m, call.function, arg);
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return is_quality_name(text); });
}

// `evaluate.outputs["f1"] >= 0.6`: the key under which a step gives its figure.
bool keyed_by_quality(const PyValue& value) {
  if (value.kind != PyValue::Kind::kSubscript) return false;
  const std::string_view text = value.text.view();
  return is_quality_name(text.substr(std::min(text.rfind('['), text.size())));
}

bool of_tfx(const PyCall& call) {
  const std::string_view target = call.target.view();
  return target.starts_with("tfx.") || target.starts_with("tensorflow_model_analysis.");
}

// The Pusher of TFX that takes the blessing of the evaluator: without it, it pushes whatever was trained.
const Release* release_by_blessing(const PipelineBranches& gate, const PyCall& evaluator, uint32_t m) {
  const PythonModule& module = gate.in.facts.python[m];
  if (!of_tfx(evaluator) || !takes_blessing(module, "model_blessing").valid()) return nullptr;
  for (uint32_t c = 0; c < module.calls.size(); ++c) {
    if (module.calls[c].method != "Pusher") continue;
    if (const Release* release = gate.releases.of_call(m, c)) return release;
  }
  return nullptr;
}

// Code hands the definition of a pipeline on (`pipeline.definition()`): what starts it is set up elsewhere.
bool hands_definition_on(const RuleInput& in) {
  return std::ranges::any_of(in.facts.python, [](const PythonModule& module) {
    return std::ranges::any_of(module.calls, [](const PyCall& call) {
      return call.method == "definition" && call.args.empty() && !call.function_ref.valid();
    });
  });
}

}  // namespace

// A branch of an orchestrator: the measure is compared in the call, by the function that it asks, or by the
// step whose output it reads.
Span takes_blessing(const PythonModule& module, std::string_view name) {
  for (const PyCall& call : module.calls) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (module.args[a].keyword == name) return call.span;
    }
  }
  for (const PyBinding& binding : module.bindings) {
    const IndexRange elements = binding.value.elements();
    if (binding.value.kind != PyValue::Kind::kDict) continue;
    for (uint32_t i = elements.begin; i + 1 < elements.end; i += 2) {
      if (module.values[i].text == name) return binding.span;
    }
  }
  return {};
}

bool branches_on_quality(const PipelineBranches& gate, const Use& use) {
  const PyCall* call = call_of(gate.in, use);
  if (call == nullptr) return compares_inside(gate, use.function);
  const uint32_t m = use.function.module;
  const PythonModule& module = gate.in.facts.python[m];
  const uint32_t last = std::max(call->span.line, call->span.end_line);
  bool order = false;
  for (const PyComparison& c : module.comparisons) {
    const bool equality = c.op == PyComparison::Op::kEqual || c.op == PyComparison::Op::kNotEqual;
    if (equality || c.span.line < call->span.line || c.span.line > last) continue;
    if (keyed_by_quality(c.left) || keyed_by_quality(c.right)) return true;
    order = true;
  }
  for (const PyReference& reference : module.references) {
    if (reference.call == use.call && compares_inside(gate, reference.target)) return true;
  }
  for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (speaks_of_quality(gate, m, *call, arg)) return true;
    for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
      const std::string_view read = module.names[r].view();
      if (order && is_quality_name(read)) return true;
      for (const PyBinding& binding : bindings_in(module, call->function)) {
        if (binding.function != call->function || binding.value.kind != PyValue::Kind::kCall) continue;
        if (read.substr(0, read.find_first_of(".[(")) != binding.target.view()) continue;
        const PyRef made = module.calls[binding.value.call].function_ref;
        if (!made.valid()) continue;
        if (order && gate.abilities.can(gate.in.graph.node_of_function(made), "computes-metric")) return true;
        if (compares_inside(gate, made)) return true;
      }
    }
  }
  return false;
}

// An evaluator of TFX blesses every model if no threshold is set.
bool lacks_threshold(const RuleInput& in, const Use& use) {
  const PyCall* call = call_of(in, use);
  if (call == nullptr || !of_tfx(*call) || call->method != "Evaluator") return false;
  const std::vector<const Use*> all = product_uses(in, "compares-metric");
  return std::ranges::none_of(all, [&](const Use* other) {
    const PyCall* set = call_of(in, *other);
    return set != nullptr && of_tfx(*set) && set->method.view().ends_with("Threshold");
  });
}

// What a branch of a pipeline opens: the calls under `with If(...)`, the steps in `if_steps=[...]`. Null if
// it opens no release.
const Release* release_opened(const PipelineBranches& gate, const Use& use) {
  const PyCall* call = call_of(gate.in, use);
  if (call == nullptr) return nullptr;
  const uint32_t m = use.function.module;
  const PythonModule& module = gate.in.facts.python[m];
  for (uint32_t b = 0; b < module.blocks.size(); ++b) {
    const PyBlock& block = module.blocks[b];
    const bool opened = block.kind == PyBlock::Kind::kWith && use.call >= block.contexts.begin &&
                        use.call < block.contexts.end;
    for (uint32_t c = 0; opened && c < module.calls.size(); ++c) {
      if (!block_inside(module, module.calls[c].block, b)) continue;
      if (const Release* release = gate.releases.of_call(m, c)) return release;
    }
  }
  if (const Release* blessed = release_by_blessing(gate, *call, m)) return blessed;
  for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
    if (module.args[a].keyword != "if_steps") continue;
    for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
      for (const PyBinding& binding : bindings_in(module, call->function)) {
        const bool step = binding.function == call->function && binding.target == module.names[r] &&
                          binding.value.kind == PyValue::Kind::kCall;
        if (!step) continue;
        if (const Release* release = gate.releases.of_call(m, binding.value.call)) return release;
      }
    }
  }
  return nullptr;
}

// The branch opens a release, or one of the tasks that its file names makes one.
bool stands_near_release(const PipelineBranches& gate, const Use& use) {
  if (release_opened(gate, use) != nullptr) return true;
  const RuleInput& in = gate.in;
  if (!use.function.valid()) return true;
  for (const PyReference& reference : in.facts.python[use.function.module].references) {
    const NodeId target = in.graph.node_of_function(reference.target);
    for (NodeId n : target == kNone ? std::vector<NodeId>{} : in.graph.closure(target)) {
      const Node& node = in.graph.nodes[n];
      if (node.kind != NodeKind::kFunction) continue;
      const PythonModule& module = in.facts.python[node.owner];
      for (uint32_t c : indices(module.body(node.index).calls)) {
        if (module.calls[c].function == node.index && gate.releases.of_call(node.owner, c) != nullptr)
          return true;
      }
    }
  }
  return false;
}

// Where the step runs that the call describes: with its pipeline, not where the code describes it.
NodeId node_of_step(const RuleInput& in, const Use& use) {
  const PyCall* call = call_of(in, use);
  const bool described = call != nullptr && call->target.view().starts_with("sagemaker.workflow.");
  if (!described || hands_definition_on(in)) return node_of(in, use);
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (file.file != use.file || file.system != "sagemaker") continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      if (file.units[u].kind == UnitKind::kStage && file.units[u].parent == kNone)
        return in.graph.node_of_unit(f, u);
    }
  }
  return node_of(in, use);
}

}  // namespace mlgrade
