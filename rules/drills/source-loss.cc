// A source that does not answer is given a limited time and a limited number of tries, and then an error is
// raised.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 4;

bool sets(const PythonModule& module, const PyCall& call, std::initializer_list<std::string_view> keywords) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    const bool named =
        std::any_of(keywords.begin(), keywords.end(), [&](std::string_view k) { return arg.keyword == k; });
    if (named && arg.value.kind != PyValue::Kind::kNone &&
        !(arg.value.kind == PyValue::Kind::kNumber && arg.value.number == 0))
      return true;
  }
  return false;
}

// The call stands in a try whose broad except neither raises nor exits.
bool swallowed(const PythonModule& module, const PyCall& call) {
  for (uint32_t at = call.block; at != kNone && at < module.blocks.size(); at = module.blocks[at].parent) {
    if (module.blocks[at].kind != PyBlock::Kind::kTry) continue;
    for (const PyBlock& block : module.blocks) {
      if (block.kind == PyBlock::Kind::kExcept && block.try_block == at && block.broad && !block.reraises)
        return true;
    }
  }
  return false;
}

Evidence half(Span place, std::string what) {
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = place;
  evidence.what = std::move(what);
  evidence.worth = 0.5;
  evidence.worth_why = "no test lets the source fail";
  return evidence;
}

// Requests with a limited time whose failure goes on.
void add_timeouts(const RuleInput& in, std::vector<Evidence>& out, std::vector<NodeId>& at) {
  for (const Use* use : product_uses(in, "requests-http")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file) || out.size() >= kMost) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    if (!sets(module, *call, {"timeout"}) || swallowed(module, *call)) continue;
    out.push_back(half(call->span, "a request waits a limited time, and its failure is raised"));
    at.push_back(in.graph.node_of_call(use->function.module, use->call));
  }
}

bool is_retry(std::string_view target) {
  return target.starts_with("tenacity.retry") || target.starts_with("backoff.on_") ||
         target == "retry.retry" || target.starts_with("retrying.") || target.starts_with("stamina.retry");
}

// Bounded tries: a decorator made for it, or the retries of a task of an orchestrator.
void add_retries(const RuleInput& in, std::vector<Evidence>& out, std::vector<NodeId>& at) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      for (const PyDecorator& decorator : function.decorators) {
        if (out.size() >= kMost) return;
        const PyCall* call = decorator.call == kNone ? nullptr : &module.calls[decorator.call];
        const bool bounded =
            call != nullptr &&
            (sets(module, *call,
                  {"retries", "max_retries", "stop", "max_tries", "tries", "attempts", "retry_policy"}));
        if (!bounded || (!is_retry(decorator.target.view()) &&
                         !sets(module, *call, {"retries", "max_retries", "retry_policy"})))
          continue;
        out.push_back(half(decorator.span,
                           fmt::format("`{}` is tried a limited number of times", function.name.view())));
        at.push_back(in.graph.node_of_function({m, f}));
      }
    }
  }
}

// The first of the guarded calls that the test comes to; their number if it comes to none.
size_t guard_of(const RuleInput& in, const std::vector<NodeId>& at, const TestCase& test) {
  const auto index = static_cast<uint32_t>(&test - in.facts.tests.data());
  const std::vector<NodeId> runs = in.graph.closure(in.graph.node_of_test(index));
  const auto found = std::find_if(
      at.begin(), at.end(), [&](NodeId node) { return std::binary_search(runs.begin(), runs.end(), node); });
  return static_cast<size_t>(found - at.begin());
}

// A stand-in for the source that fails, and a test that looks at what comes of it where the guard stands.
void add_drill(const RuleInput& in, const std::vector<NodeId>& at, std::vector<Evidence>& out) {
  if (out.empty()) return;
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    return injected_fault(in, t).valid() &&
           called_about(in, t,
                        {"load", "fetch", "download", "read", "ingest", "source", "client", "query", "get",
                         "extract", "pull"}) != nullptr &&
           guard_of(in, at, t) < at.size();
  });
  if (test == kNone) return;
  const Evidence& guard = out[guard_of(in, at, in.facts.tests[test])];
  Evidence evidence = test_evidence(
      in, test, "a test lets the source fail",
      {{injected_fault(in, in.facts.tests[test]), "fails on purpose"}, {guard.place, guard.what}});
  out.insert(out.begin(), std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  std::vector<NodeId> at;  // by evidence: where the guard stands
  add_timeouts(in, found, at);
  add_retries(in, found, at);
  add_drill(in, at, found);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule drills_source_loss;
const Rule drills_source_loss{
    .summary = "a source that is gone is noticed after a limited time",
    .why =
        "A request without a limit hangs, an error that is swallowed serves yesterday's data, and both look "
        "like success.",
    .fix =
        "Give each request a timeout and a bounded number of tries, raise after them, and let a test take "
        "the source away.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
