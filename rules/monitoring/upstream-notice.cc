// A change of the data's source is noticed by itself: contracts checked in CI, freshness of sources, schema
// registries.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/product_run.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

// A file of the repository that is named a contract: contracts/subscribers.yaml.
bool is_contract_file(const RuleInput& in, Name text) {
  const FileFact* file = in.facts.find_file(text.view());
  return file != nullptr && !file->sample && has_word(text.view(), {"contract", "contracts"});
}

// Names of the module that hold the path of a contract: CONTRACT = Path("contracts/x.yaml").
std::vector<Name> contract_names(const RuleInput& in, const PythonModule& module) {
  std::vector<Name> out;
  for (const PyBinding& binding : module.bindings) {
    if (binding.function != kNone) continue;
    bool holds = binding.value.kind == PyValue::Kind::kString && is_contract_file(in, binding.value.text);
    for (uint32_t c = binding.calls.begin; c < binding.calls.end && !holds; ++c) {
      const IndexRange args = module.calls[c].args;
      for (uint32_t a = args.begin; a < args.end && !holds; ++a)
        holds = module.args[a].value.kind == PyValue::Kind::kString &&
                is_contract_file(in, module.args[a].value.text);
    }
    if (holds) out.push_back(binding.target);
  }
  return out;
}

bool names_contract(const RuleInput& in, const PythonModule& module, const PyCall& call,
                    const std::vector<Name>& names) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.value.kind == PyValue::Kind::kString && is_contract_file(in, arg.value.text)) return true;
    for (uint32_t r = arg.reads.begin; r < arg.reads.end; ++r) {
      if (std::find(names.begin(), names.end(), module.names[r]) != names.end()) return true;
    }
  }
  return false;
}

// The function loads a contract: it names its file, or takes it unless it is given another.
bool loads_contract(const RuleInput& in, const PythonModule& module, uint32_t function,
                    const std::vector<Name>& names) {
  const bool by_default =
      !names.empty() &&
      std::any_of(module.functions[function].params.begin(), module.functions[function].params.end(),
                  [&](const PyParam& param) {
                    return param.has_default &&
                           has_word(module.functions[function].name.view(), {"contract", "contracts"});
                  });
  return by_default || std::ranges::any_of(calls_in(module, function), [&](const PyCall& call) {
           return call.function == function && names_contract(in, module, call, names);
         });
}

bool by_schedule(const RuleInput& in, NodeId node) {
  const std::vector<NodeId> callers = in.graph.callers(node);
  return std::any_of(callers.begin(), callers.end(), [&](NodeId n) {
    const Node& caller = in.graph.nodes[n];
    return caller.kind == NodeKind::kTrigger &&
           in.facts.automation[caller.owner].triggers[caller.index].kind == TriggerKind::kSchedule;
  });
}

// What a source publishes is held against a contract that is kept here, by code of the project's own.
void add_own_contracts(const RuleInput& in, RuleOutput& output) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    const std::vector<Name> names = contract_names(in, module);
    std::vector<uint8_t> loads(module.functions.size());
    for (uint32_t f = 0; f < module.functions.size(); ++f) loads[f] = loads_contract(in, module, f, names);
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      const PyRef target = call.function_ref;
      if (!target.valid() || target.module != m || target.index == kNone || !loads[target.index]) continue;
      const VerdictPath verdict = verdict_of_call(in, m, c, Fails::kReturns);
      if (verdict.effect.effect == Effect::kSwallowed && verdict.links.empty()) continue;
      Evidence evidence;
      evidence.place = call.span;
      evidence.what = "what the source publishes is held against a contract";
      evidence.part = "upstream data and services";
      evidence.runs_at = in.graph.node_of_call(m, c);
      evidence.links.push_back({call.span, "loads the contract"});
      evidence.links.insert(evidence.links.end(), verdict.links.begin(), verdict.links.end());
      evidence.effect = verdict.effect.effect;
      evidence.effect_at = verdict.effect.at;
      evidence.effect_why = verdict.effect.why;
      evidence.confidence = Confidence::kMedium;
      run_in_earnest(in, evidence);
      if (evidence.runs_at == kNone || !by_schedule(in, evidence.runs_at)) {
        evidence.worth = 0.5;
        evidence.worth_why = "no schedule starts it: a change of the source comes without a commit";
      }
      output.evidence.push_back(std::move(evidence));
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  add_own_contracts(in, output);
  std::vector<const Use*> uses = uses_of(in, "checks-contract");
  for (const Use* use : uses_of(in, "checks-freshness")) uses.push_back(use);
  for (const Use* use : uses) {
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} checks what the source promises", name_of(in, *use));
    evidence.part = "upstream data and services";
    evidence.links.push_back({use->span, evidence.what});
    if (use->kind == Use::Kind::kFile) {
      evidence.mode = EvidenceMode::kStanding;
      evidence.worth = 0.5;
      evidence.worth_why = "nothing checks it automatically";
    } else {
      evidence.runs_at = node_of(in, *use);
      UseEffect effect = effect_of(*use, in.facts);
      evidence.effect = effect.effect;
      evidence.effect_at = effect.at;
      evidence.effect_why = effect.why;
    }
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule monitoring_upstream_notice;
const Rule monitoring_upstream_notice{
    .summary = "changes of upstream data and services are noticed",
    .why = "The producer of the data changes it for reasons of its own, and tells whoever asked to be told.",
    .fix = "Agree on a data contract with the source and test it in CI and on a schedule.",
    .source = "Breck et al. 2017, table IV, Monitor 1",
    .run = run,
};

}  // namespace mlgrade::rules
