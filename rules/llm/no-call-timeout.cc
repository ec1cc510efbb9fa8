// A service waits for a hosted model without a timeout of its own.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/roles.h"

namespace mlgrade::rules {
namespace {

// Somewhere a bound on time is set: on a client, a call, a gateway, or around the call.
bool bounds_time(const RuleInput& in) {
  if (!llm_settings(in, {"timeout", "request_timeout", "default_request_timeout", "read_timeout",
                         "http_client", "http_options", "config", "client_options"})
           .empty())
    return true;
  return std::any_of(in.facts.python.begin(), in.facts.python.end(), [](const PythonModule& module) {
    return std::any_of(module.calls.begin(), module.calls.end(), [](const PyCall& call) {
      return call.target == "asyncio.wait_for" || call.target == "asyncio.timeout" ||
             call.target.view().starts_with("async_timeout.") ||
             call.target.view().starts_with("anyio.fail_after");
    });
  });
}

void run(const RuleInput& in, RuleOutput& out) {
  if (!is_llm_app(in) || bounds_time(in)) return;
  const Sides& sides = shared<Sides>(in);
  const auto served = [&](const LlmCall& call) {
    return contains_node(sides.serving, in.graph.node_of_call(call.module, call.call));
  };
  const bool routes = !product_uses(in, "serves-route").empty();
  if (!routes) return;
  for (const LlmCall& one : answering_calls(in)) {
    const PyCall& call = in.facts.python[one.module].calls[one.call];
    const bool asks = call.target.view().starts_with("openai.") ||
                      call.target.view().starts_with("anthropic.") ||
                      call.target.view().starts_with("litellm.");
    if (!asks || !served(one)) continue;
    Finding finding;
    finding.severity = Severity::kMedium;
    finding.confidence = Confidence::kMedium;
    finding.message =
        fmt::format("`{}` answers a request and may wait for minutes: no timeout is set", call.callee.view());
    finding.places.push_back({call.span, "waits here"});
    out.findings.push_back(std::move(finding));
    return;
  }
}

}  // namespace

extern const Rule llm_no_call_timeout;
const Rule llm_no_call_timeout{
    .kind = RuleKind::kFinding,
    .summary = "A service waits for a hosted model without a timeout",
    .why = "The clients' own timeouts are ten minutes; by then every worker waits, and nobody is served.",
    .fix = "Give the client a timeout that fits the request, and answer something when it passes.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (safeguards), for hosted models",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
