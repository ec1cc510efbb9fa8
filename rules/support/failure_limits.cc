// Limits of time and of tries in product code.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"

namespace mlgrade {
namespace {

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

// Calls that wait for another system or program: what a tool does outside this process.
bool waits_outside(const RuleInput& in, const Use& use) {
  static constexpr std::string_view kOutside[] = {
      "requests-http", "calls-llm",   "registers-model", "sends-alert", "pushes-metric",
      "retrieves",     "hosts-model", "reads-data",      "writes-data", "loads-model"};
  const PyCall* call = call_of(in, use);
  return call != nullptr &&
         std::find(std::begin(kOutside), std::end(kOutside), use.capability.view()) != std::end(kOutside);
}

// Of libraries that the catalogue of tools does not list by the call.
bool is_outside_call(std::string_view target) {
  static constexpr std::string_view kTargets[] = {"urllib.request.urlopen", "socket.create_connection",
                                                  "http.client.HTTPConnection",
                                                  "http.client.HTTPSConnection"};
  return std::find(std::begin(kTargets), std::end(kTargets), target) != std::end(kTargets) ||
         target.starts_with("subprocess.");
}

bool sends(const PythonModule& module, const PyCall& call) {
  for (std::string_view method : {"post", "put", "patch", "delete", "head"}) {
    if (call.method == method) return true;
  }
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (has_word(module.args[a].value.text.view(), {"health", "healthz", "ready", "readyz", "ping", "livez"}))
      return true;
  }
  return false;
}

// Something of the product comes to it: a helper that nobody asks limits nothing.
bool is_used(const RuleInput& in, NodeId node) {
  if (node == kNone) return false;
  const std::vector<NodeId> callers = in.graph.callers(node);
  return std::any_of(callers.begin(), callers.end(), [&](NodeId caller) {
    const Node& one = in.graph.nodes[caller];
    if (caller == node) return false;
    if (one.kind == NodeKind::kUnit || one.kind == NodeKind::kCommand || one.kind == NodeKind::kTrigger)
      return true;
    if (one.kind != NodeKind::kFunction && one.kind != NodeKind::kMain) return false;
    // The function that a loop of tries stands in is no caller of its wrapper.
    return !is_test_code(in.facts, in.facts.python[one.owner].file) &&
           one.owner != in.graph.nodes[node].owner;
  });
}

bool is_product(const RuleInput& in, const PythonModule& module) {
  return !is_test_code(in.facts, module.file) && !is_sample(in.facts, module.file) && !module.is_notebook;
}

void add_timeout(const RuleInput& in, uint32_t m, uint32_t c, std::vector<FailureLimit>& out) {
  const PythonModule& module = in.facts.python[m];
  const PyCall& call = module.calls[c];
  if (!sets(module, call, {"timeout", "request_timeout", "connect_timeout", "read_timeout"})) return;
  if (swallowed(module, call)) return;
  out.push_back({in.graph.node_of_call(m, c), call.span,
                 "a request waits a limited time, and its failure is raised",
                 call.target.view().starts_with("subprocess."), sends(module, call)});
}

void add_timeouts(const RuleInput& in, std::vector<FailureLimit>& out) {
  std::set<std::pair<uint32_t, uint32_t>> seen;  // module and call
  for (const Use& use : in.uses) {
    if (!waits_outside(in, use) || !is_product(in, in.facts.python[use.function.module])) continue;
    if (seen.insert({use.function.module, use.call}).second)
      add_timeout(in, use.function.module, use.call, out);
  }
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!is_product(in, module)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      if (is_outside_call(module.calls[c].target.view()) && !seen.contains({m, c}))
        add_timeout(in, m, c, out);
    }
  }
}

bool is_retry(std::string_view target) {
  return target.starts_with("tenacity.retry") || target.starts_with("backoff.on_") ||
         target == "retry.retry" || target.starts_with("retrying.") || target.starts_with("stamina.retry");
}

// Bounded tries: a decorator made for it, or the retries of a task of an orchestrator.
void add_decorated(const RuleInput& in, uint32_t m, std::vector<FailureLimit>& out) {
  const PythonModule& module = in.facts.python[m];
  for (uint32_t f = 0; f < module.functions.size(); ++f) {
    const PyFunction& function = module.functions[f];
    for (const PyDecorator& decorator : function.decorators) {
      const PyCall* call = decorator.call == kNone ? nullptr : &module.calls[decorator.call];
      if (call == nullptr ||
          !sets(module, *call,
                {"retries", "max_retries", "stop", "max_tries", "tries", "attempts", "retry_policy"}))
        continue;
      if (!is_retry(decorator.target.view()) &&
          !sets(module, *call, {"retries", "max_retries", "retry_policy"}))
        continue;
      out.push_back({in.graph.node_of_function({m, f}), decorator.span,
                     fmt::format("`{}` is tried a limited number of times", function.name.view())});
    }
  }
}

// A dict, written here or under a name of the module, that sets `retries`.
bool dict_retries(const PythonModule& module, const PyValue& value) {
  if (value.kind == PyValue::Kind::kName) {
    return std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& binding) {
      return binding.target == value.text && binding.value.kind == PyValue::Kind::kDict &&
             dict_retries(module, binding.value);
    });
  }
  if (value.kind != PyValue::Kind::kDict) return false;
  const IndexRange elements = value.elements();
  for (uint32_t e = elements.begin; e + 1 < elements.end; e += 2) {
    const PyValue& times = module.values[e + 1];
    const bool none =
        times.kind == PyValue::Kind::kNone || (times.kind == PyValue::Kind::kNumber && times.number == 0);
    if (module.values[e].text == "retries" && !none) return true;
  }
  return false;
}

// What the tasks of the file run has to do with data or a model, or is a command that may.
bool tasks_work(const RuleInput& in, FileId path) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (file.file != path) continue;
    if (!file.commands.empty()) return true;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      for (std::string_view work :
           {"reads-data", "requests-http", "trains-model", "writes-data", "predicts"}) {
        if (abilities.can(in.graph.node_of_unit(f, u), work)) return true;
      }
    }
  }
  return false;
}

// Bounded tries that a call sets: of the tasks of a DAG, or of the requests of a session.
void add_called(const RuleInput& in, uint32_t m, std::vector<FailureLimit>& out) {
  const PythonModule& module = in.facts.python[m];
  for (uint32_t c = 0; c < module.calls.size(); ++c) {
    const PyCall& call = module.calls[c];
    const std::string_view target = call.target.view();
    if (target.starts_with("airflow.")) {
      bool tries = sets(module, call, {"retries"});
      for (uint32_t a = call.args.begin; a < call.args.end; ++a)
        tries =
            tries || (module.args[a].keyword == "default_args" && dict_retries(module, module.args[a].value));
      if (tries && tasks_work(in, module.file))  // no test runs what the scheduler does
        out.push_back({kNone, call.span, "its tasks are tried a limited number of times"});
    } else if (target == "retry_requests.retry" ||
               (target.ends_with(".HTTPAdapter") && target.starts_with("requests.") &&
                sets(module, call, {"max_retries"}))) {
      out.push_back({in.graph.node_of_call(m, c), call.span, "requests are tried a limited number of times"});
    }
  }
}

bool is_bounded_loop(const PythonModule& module, const PyBlock& loop) {
  if (loop.condition != kNone) return !module.conditions[loop.condition].comparisons.empty();
  return std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& binding) {
    return binding.kind == PyBinding::Kind::kFor && binding.span.line == loop.span.line &&
           binding.value.kind == PyValue::Kind::kCall && binding.value.call != kNone &&
           module.calls[binding.value.call].callee == "range";
  });
}

// `for attempt in range(3): try: ... except X: ...` in a function that raises in the end.
void add_loops(const RuleInput& in, uint32_t m, std::vector<FailureLimit>& out) {
  const PythonModule& module = in.facts.python[m];
  for (const PyBlock& block : module.blocks) {
    if (block.kind != PyBlock::Kind::kTry || block.parent == kNone || block.function == kNone) continue;
    const PyBlock& loop = module.blocks[block.parent];
    if (loop.kind != PyBlock::Kind::kLoop || !is_bounded_loop(module, loop)) continue;
    const auto index = static_cast<uint32_t>(&block - module.blocks.data());
    const bool catches = std::any_of(module.blocks.begin(), module.blocks.end(), [&](const PyBlock& other) {
      return other.kind == PyBlock::Kind::kExcept && other.try_block == index && !other.broad;
    });
    const bool raises = std::any_of(module.jumps.begin(), module.jumps.end(), [&](const PyJump& jump) {
      return jump.kind == PyJump::Kind::kRaise && jump.function == block.function;
    });
    if (!catches || !raises) continue;
    const NodeId node = in.graph.node_of_function({m, block.function});
    // A wrapper for others' functions limits what somebody wraps in it.
    if (module.functions[block.function].parent != kNone && !is_used(in, node)) continue;
    out.push_back({node, loop.span,
                   fmt::format("`{}` tries a limited number of times, then raises",
                               module.functions[block.function].name.view())});
  }
}

}  // namespace

std::vector<FailureLimit> failure_limits(const RuleInput& in) {
  std::vector<FailureLimit> out;
  add_timeouts(in, out);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    if (!is_product(in, in.facts.python[m])) continue;
    add_decorated(in, m, out);
    add_called(in, m, out);
    add_loops(in, m, out);
  }
  return out;
}

const FailureLimit* limit_run_by(const RuleInput& in, const std::vector<FailureLimit>& limits,
                                 const TestCase& test) {
  const auto index = static_cast<uint32_t>(&test - in.facts.tests.data());
  const NodeId node = in.graph.node_of_test(index);
  if (node == kNone || limits.empty()) return nullptr;
  const std::vector<NodeId> runs = in.graph.closure(node);
  const auto found = std::find_if(limits.begin(), limits.end(), [&](const FailureLimit& limit) {
    return std::binary_search(runs.begin(), runs.end(), limit.node);
  });
  return found == limits.end() ? nullptr : &*found;
}

}  // namespace mlgrade
