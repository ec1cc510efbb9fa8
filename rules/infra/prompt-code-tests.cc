// Around a hosted model the team's own code is what can be unit-tested: prompts that are rendered, answers
// that are parsed, tools that are described. Tests of these, with a stand-in for the model.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 20;
constexpr std::string_view kAsksModel = "calls-llm";

// Code of the product through which a hosted model is asked.
bool asks_model(const RuleInput& in, const AbilityMap& abilities, PyRef ref) {
  return ref.valid() && !is_test_code(in.facts, in.facts.python[ref.module].file) &&
         abilities.can(in.graph.node_of_function(ref), kAsksModel);
}

bool names_step(std::string_view name) {
  return has_word(name, {"prompt", "prompts", "render", "parse", "parses", "parser", "tool", "tools",
                         "citation", "citations", "messages"});
}

// A step before or behind the model: something that asks the model calls it.
bool is_step(const RuleInput& in, const AbilityMap& abilities, PyRef ref) {
  const PyFunction* function = in.facts.function(ref);
  if (function == nullptr || is_test_code(in.facts, in.facts.python[ref.module].file) ||
      !names_step(function->name.view()))
    return false;
  const std::vector<NodeId> callers = in.graph.callers(in.graph.node_of_function(ref));
  return std::any_of(callers.begin(), callers.end(), [&](NodeId caller) {
    const Node& node = in.graph.nodes[caller];
    return node.kind == NodeKind::kFunction && asks_model(in, abilities, {node.owner, node.index});
  });
}

// A function of the product that asks the model is replaced, or the library's own call.
bool has_stand_in(const RuleInput& in, const AbilityMap& abilities, const TestCase& test) {
  const bool own = std::any_of(test.mocked.begin(), test.mocked.end(),
                               [&](PyRef ref) { return asks_model(in, abilities, ref); });
  if (own) return true;
  return std::any_of(test.project_functions.begin(), test.project_functions.end(), [&](PyRef ref) {
    const std::vector<AbleAt>& able = abilities.at(in.graph.node_of_function(ref));
    return std::any_of(able.begin(), able.end(), [&](const AbleAt& one) {
      return one.capability == kAsksModel && is_mocked(in, test, one);
    });
  });
}

// `fake.call_args`, `fake.assert_called_once_with(...)`: the test looks at what the model was asked.
bool looks_at_request(const FactStore& facts, const TestCase& test) {
  const PythonModule& module = facts.python[test.function.module];
  const auto inside = [&](uint32_t function) { return function == test.function.index; };
  const bool asserted = std::ranges::any_of(calls_in(module, test.function.index), [&](const PyCall& call) {
    return inside(call.function) && !call.args.empty() && call.method.view().starts_with("assert_") &&
           call.method.view().ends_with("_with");
  });
  return asserted ||
         std::ranges::any_of(bindings_in(module, test.function.index), [&](const PyBinding& binding) {
           if (!inside(binding.function)) return false;
           for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
             if (module.names[r].view().find(".call_args") != std::string_view::npos) return true;
           }
           return false;
         });
}

void add_test(const RuleInput& in, const AbilityMap& abilities, uint32_t t, std::vector<Evidence>& out) {
  const TestCase& test = in.facts.tests[t];
  if (!test.function.valid() || test.assertions.empty()) return;
  const bool request = looks_at_request(in.facts, test);
  if (!test.effective && !request) return;
  for (const PyRef ref : test.project_functions) {
    if (!test.effective || !is_step(in, abilities, ref)) continue;
    const Span at = in.facts.function(ref)->span;
    out.push_back(test_evidence(in, t, "a test asserts what stands before or behind the hosted model",
                                {{at, "the step it tests"}}));
    return;
  }
  const auto asking = std::find_if(test.project_functions.begin(), test.project_functions.end(),
                                   [&](PyRef ref) { return asks_model(in, abilities, ref); });
  if (asking == test.project_functions.end() || !has_stand_in(in, abilities, test)) return;
  Evidence evidence = test_evidence(in, t, "a test runs the code around the hosted model with a stand-in",
                                    {{in.facts.function(*asking)->span, "asks the model"}});
  if (!request) {
    evidence.worth = 0.5;
    evidence.worth_why = "it does not look at what the model is asked";
  } else if (!test.effective) {  // what the stand-in was asked comes from the project's code
    evidence.effect = Effect::kBlocking;
    evidence.effect_why.clear();
  }
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!in.facts.archetype.has(Trait::kLlmApp)) return;
  const AbilityMap& abilities = shared<AbilityMap>(in);
  std::vector<Evidence> found;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) add_test(in, abilities, t, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule infra_prompt_code_tests;
const Rule infra_prompt_code_tests{
    .summary = "tests of the code around a hosted model: prompts, parsers, tools",
    .why =
        "The model cannot be unit-tested; what it is asked and what is made of its answer can, and breaks as "
        "easily.",
    .fix =
        "Replace the model by a stand-in in a test and assert the prompt that it is handed and what comes of "
        "a "
        "fixed answer.",
    .source = "Breck et al. 2017, table III, Infra 2, for systems around hosted models",
    .run = run,
};

}  // namespace mlgrade::rules
