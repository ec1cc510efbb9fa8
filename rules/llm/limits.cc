// How much, how long and how often a language model may be asked, and what happens at the limit.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/faults.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

struct Limits {
  std::vector<Link> links;
  std::vector<std::string_view> lacking;
  void note(Span span, std::string_view name) {
    if (span.valid()) {
      links.push_back({span, fmt::format("limit: {}", name)});
    } else {
      lacking.push_back(name);
    }
  }
};

Span setting_at(const RuleInput& in, std::initializer_list<std::string_view> names) {
  const std::vector<LlmSetting> found = llm_settings(in, names);
  return found.empty() ? Span{} : found.front().span;
}

// A call of product code by its last name, of these libraries.
Span call_at(const RuleInput& in, std::initializer_list<std::string_view> methods) {
  for (const PythonModule& module : in.facts.python) {
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (const PyCall& call : module.calls) {
      const bool named = std::find(methods.begin(), methods.end(), call.method.view()) != methods.end();
      const bool library = !call.target.empty() && !call.function_ref.valid();
      // Of the many that wait, the one that gives up.
      if (named && library && (call.method != "wait_for" || call.target == "asyncio.wait_for"))
        return call.span;
    }
  }
  return {};
}

// litellm's gateway has its limits in a file.
Span key_at(const RuleInput& in, std::initializer_list<std::string_view> names) {
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) || document.root.find("model_list") == nullptr) continue;
    for (const ConfigKey& key : document.keys) {
      const std::string_view path = key.path.view();
      const std::string_view last = path.substr(path.find_last_of('.') + 1);
      if (std::find(names.begin(), names.end(), last) != names.end()) return key.span;
    }
  }
  return {};
}

Span first_valid(std::initializer_list<Span> spans) {
  for (Span span : spans) {
    if (span.valid()) return span;
  }
  return {};
}

// A retry around the call: tenacity's and backoff's decorators, with a stop.
Span bounded_retry(const RuleInput& in) {
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (const PyCall& call : module.calls) {
      const std::string_view target = call.target.view();
      const bool retries = target == "tenacity.retry" || target.starts_with("backoff.on_") ||
                           target.starts_with("tenacity.Retrying") ||
                           target.starts_with("tenacity.AsyncRetrying");
      if (!retries) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        if (has_word(module.args[a].keyword.view(), {"stop", "tries"}) ||
            module.args[a].keyword == "max_time")
          return call.span;
      }
    }
  }
  return {};
}

Limits find_limits(const RuleInput& in) {
  Limits limits;
  limits.note(first_valid({setting_at(in, {"max_tokens", "max_output_tokens", "max_completion_tokens",
                                           "max_new_tokens", "maxTokens", "maxTokenCount", "num_predict",
                                           "max_tokens_to_sample", "maxOutputTokens"}),
                           key_at(in, {"max_tokens"})}),
              "length of the answer");
  limits.note(
      first_valid({setting_at(in, {"timeout", "request_timeout", "default_request_timeout", "read_timeout"}),
                   call_at(in, {"wait_for"}), key_at(in, {"timeout", "request_timeout"})}),
      "time");
  limits.note(first_valid({setting_at(in, {"max_retries", "num_retries", "retries"}), bounded_retry(in),
                           call_at(in, {"with_retry", "ModelRetryMiddleware"}), key_at(in, {"num_retries"})}),
              "retries");
  limits.note(
      first_valid(
          {setting_at(
               in, {"max_budget", "budget", "max_usd", "token_budget", "total_tokens_limit", "usage_limits"}),
           key_at(in, {"max_budget"}),
           product_uses(in, "bounds-cost").empty() ? Span{} : product_uses(in, "bounds-cost").front()->span}),
      "spending");
  limits.note(first_valid({setting_at(in, {"fallbacks", "fallback_model", "fallback_models",
                                           "context_window_fallbacks"}),
                           call_at(in, {"with_fallbacks", "ModelFallbackMiddleware", "FallbackModel"}),
                           key_at(in, {"fallbacks"})}),
              "another model when one fails");
  if (is_agent(in)) {
    limits.note(first_valid({setting_at(in, {"max_iterations", "recursion_limit", "max_turns", "max_steps",
                                             "max_iter", "max_consecutive_auto_reply", "max_round",
                                             "tool_call_limit", "request_limit", "run_limit"}),
                             call_at(in, {"ModelCallLimitMiddleware", "ToolCallLimitMiddleware"})}),
                "steps of the agent");
  }
  return limits;
}

// A test lets the model fail or hang, or asserts on a limit by its name.
uint32_t test_of_limits(const RuleInput& in) {
  std::vector<NodeId> nodes;
  for (const LlmCall& call : answering_calls(in))
    nodes.push_back(in.graph.node_of_call(call.module, call.call));
  return test_through(in, nodes, [&](const TestCase& t) {
    return injected_fault(in, t).valid() ||
           test_speaks_of(in, t,
                          {"timeout", "max tokens", "rate limit", "recursion limit", "budget", "fallback",
                           "max iterations", "max steps", "too many", "limit"});
  });
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  Limits limits = find_limits(in);
  if (limits.links.empty()) return;
  const uint32_t test = test_of_limits(in);
  Evidence evidence;
  evidence.place = limits.links.front().span;
  evidence.what = fmt::format("{} of {} limits are set where the model is asked", limits.links.size(),
                              limits.links.size() + limits.lacking.size());
  evidence.links = std::move(limits.links);
  if (limits.lacking.empty() && test != kNone) {
    evidence.runs_at = in.graph.node_of_test(test);
    evidence.links.insert(evidence.links.begin(),
                          {place_of(in.facts, in.facts.tests[test]), "a test goes to the limit"});
  }
  const bool tested = evidence.runs_at != kNone;
  if (!tested || in.graph.reached_by(evidence.runs_at) == Reach::By::kNothing) {
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = limits.lacking.empty() ? "no test in CI goes to a limit"
                                                : fmt::format("no limit of {}", limits.lacking.front());
  }
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule llm_limits;
const Rule llm_limits{
    .summary = "length, time, retries, spending and steps are bounded where a model is asked",
    .why = "A model that answers without end, or an agent that calls itself, costs money all night.",
    .fix =
        "Set the length, a timeout, a budget of retries and money, a cap on steps and a second model, and "
        "test them.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (safeguards), for hosted models",
    .run = run,
};

}  // namespace mlgrade::rules
