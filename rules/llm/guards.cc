// What goes into a language model and what comes out passes a guard, and attacks show that it holds.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

struct Guard {
  Span span;
  NodeId node = kNone;
  std::string what;
  UseEffect effect;
};

// Guards of the provider are a setting of the call.
void add_settings(const RuleInput& in, std::vector<Guard>& out) {
  for (const LlmSetting& setting :
       llm_settings(in, {"guardrailIdentifier", "guardrailConfig", "guardrail_config", "guardrails",
                         "safety_settings", "input_guardrails", "output_guardrails"})) {
    const PyValue& value = setting.value;
    const bool empty =
        (value.kind == PyValue::Kind::kList || value.kind == PyValue::Kind::kDict) && value.count == 0;
    if (empty) continue;
    NodeId node = setting.call != kNone ? in.graph.node_of_call(setting.module, setting.call) : kNone;
    if (node == kNone) {
      for (const PyBinding& binding : in.facts.python[setting.module].bindings) {
        if (binding.span == setting.span)
          node = in.graph.node_of_function({setting.module, binding.function});
      }
    }
    out.push_back(
        {setting.span, node, fmt::format("`{}` is set where the model is called", setting.name.view()), {}});
  }
}

bool names_guard(std::string_view name) {
  return has_word(name, {"guardrail", "guardrails", "moderate", "moderation"}) ||
         (has_word(name, {"injection", "jailbreak", "toxic", "toxicity"}) &&
          has_word(name, {"detect", "check", "scan", "filter", "block", "is", "has", "guard"}));
}

// The project's own guard: a function named so that turns something away, and that product code calls.
void add_own(const RuleInput& in, std::vector<Guard>& out) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (const PyCall& call : module.calls) {
      const PyFunction* function = in.facts.function(call.function_ref);
      std::string_view name;
      PyRef home = call.function_ref;
      if (function != nullptr) name = function->qualname.view();
      if (call.class_ref.valid()) {
        const PyClass& cls = in.facts.python[call.class_ref.module].classes[call.class_ref.index];
        const bool middleware = std::any_of(cls.base_targets.begin(), cls.base_targets.end(), [](Name base) {
          return base.view().ends_with("AgentMiddleware");
        });
        if (!middleware || !names_guard(cls.name.view())) continue;
        out.push_back({call.span,
                       in.graph.node_of_call(m, static_cast<uint32_t>(&call - module.calls.data())),
                       fmt::format("the project's own `{}` stands on the way", cls.name.view()),
                       {}});
        continue;
      }
      if (function == nullptr || function->is_stub || !names_guard(function->name.view())) continue;
      if (is_test_code(in.facts, in.facts.python[home.module].file)) continue;
      const PythonModule& where = in.facts.python[home.module];
      const bool decides = std::any_of(where.conditions.begin(), where.conditions.end(),
                                       [&](const PyCondition& c) { return c.function == home.index; });
      // Its caller leads to the model; guards of an experiment's figures stand elsewhere.
      const NodeId caller = in.graph.node_of_call(m, static_cast<uint32_t>(&call - module.calls.data()));
      const bool on_way = abilities.can(caller, "calls-llm") || abilities.can(caller, "builds-agent");
      if (!decides || !on_way || call.use == PyCall::Use::kDiscarded) continue;
      out.push_back({call.span,
                     in.graph.node_of_call(m, static_cast<uint32_t>(&call - module.calls.data())),
                     fmt::format("the project's own `{}` stands on the way", name),
                     {}});
    }
  }
}

// What becomes of the guard's verdict. One that is returned is taken up by whatever reads it.
UseEffect verdict(const RuleInput& in, const Use& use) {
  const PyCall* call = call_of(in, use);
  if (call == nullptr) return {};
  if (use.ability->fails == Fails::kRaises) return effect_of(use, in.facts);
  if (call->use != PyCall::Use::kDiscarded) return {};
  return {Effect::kSwallowed, use.span, "nothing looks at the result"};
}

std::vector<Guard> guards(const RuleInput& in) {
  std::vector<Guard> out;
  for (const Use* use : product_uses(in, "guards-llm")) {
    if (use->kind == Use::Kind::kFile || is_notebook(in.facts, use->file))
      continue;  // rails something has to load
    out.push_back({use->span, node_of(in, *use),
                   fmt::format("{} guards what goes in and out", name_of(in, *use)), verdict(in, *use)});
  }
  add_settings(in, out);
  add_own(in, out);
  std::stable_sort(out.begin(), out.end(), [](const Guard& a, const Guard& b) { return a.span < b.span; });
  out.erase(
      std::unique(out.begin(), out.end(), [](const Guard& a, const Guard& b) { return a.span == b.span; }),
      out.end());
  return out;
}

// `fail_open=True`: what cannot be judged goes through.
Span fails_open(const RuleInput& in, Span guard) {
  const PythonModule* module = in.facts.module_of(guard.file);
  if (module == nullptr) return {};
  for (const PyCall& call : module->calls) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyArg& arg = module->args[a];
      if ((arg.keyword == "fail_open" && arg.value.text == "True") ||
          (arg.keyword == "fail_closed" && arg.value.text == "False"))
        return call.span;
    }
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  std::vector<Evidence> found;
  for (const Guard& guard : guards(in)) {
    const Span open = fails_open(in, guard.span);
    const bool lost = guard.effect.effect == Effect::kSwallowed;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = guard.span;
    evidence.what = guard.what;
    evidence.worth = 0.5;
    evidence.worth_why = "no attack in a test shows that it holds";
    if (open.valid()) {
      evidence.defeat = "what it cannot judge goes through";
      evidence.defeat_at = open;
      evidence.remedy = "Let what cannot be judged be refused.";
    } else if (lost) {
      evidence.defeat = fmt::format("its verdict is lost: {}", guard.effect.why);
      evidence.defeat_at = guard.effect.at;
      evidence.remedy = "Refuse where the guard says so.";
    }
    const bool holds = evidence.defeat.empty();
    found.push_back(std::move(evidence));
    if (!holds || guard.node == kNone) continue;
    const uint32_t test = test_through(in, {guard.node}, [&](const TestCase& t) {
      return test_speaks_of(
          in, t,
          {"injection", "jailbreak", "attack", "attacks", "malicious", "ignore previous",
           "ignore all previous", "ignore your instructions", "toxic", "harmful", "unsafe"});
    });
    if (test == kNone) continue;
    found.push_back(
        test_evidence(in, test, "a test attacks, and looks at what comes of it", {{guard.span, guard.what}}));
  }
  keep_best(in, found, 10);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_guards;
const Rule llm_guards{
    .summary = "what goes into the model and what comes out passes a guard that attacks have tried",
    .why = "A model does what the text says, whoever wrote the text.",
    .fix = "Put a guard before and after the call, refuse where it says so, and attack it in tests.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (safeguards), for hosted models",
    .run = run,
};

}  // namespace mlgrade::rules
