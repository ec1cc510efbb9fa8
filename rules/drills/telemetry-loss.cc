// Telemetry that cannot be delivered waits in a bounded place, and a test takes the collector away.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool of_telemetry(std::string_view name) {
  return has_word(name,
                  {"telemetry",   "metrics",  "metric",      "events",  "event",  "log",       "logs",
                   "logger",      "spool",    "exporter",    "export",  "sink",   "collector", "prediction",
                   "predictions", "trace",    "tracing",     "spans",   "statsd", "emitter",   "spools",
                   "spooled",     "spooling", "persistence", "persist", "outbox", "buffer"});
}

// queue.Queue(maxsize=1000), deque(maxlen=1000), BatchSpanProcessor(max_queue_size=...).
bool is_bound(const PythonModule& module, const PyCall& call) {
  const std::string_view target = call.target.view();
  if (target.ends_with(".BatchSpanProcessor") || target.ends_with(".BatchLogRecordProcessor")) return true;
  const bool queue =
      target == "queue.Queue" || target == "asyncio.Queue" || target == "multiprocessing.Queue";
  if (!queue && target != "collections.deque") return false;
  uint32_t position = 0;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    const bool sized = arg.keyword == "maxsize" || arg.keyword == "maxlen" ||
                       (arg.keyword.view().empty() && position++ == (queue ? 0u : 1u));
    const bool unbounded = arg.value.kind == PyValue::Kind::kNone ||
                           (arg.value.kind == PyValue::Kind::kNumber && arg.value.number <= 0);
    if (sized && !unbounded) return true;
  }
  return false;
}

struct Bound {
  Span place;
  std::vector<NodeId> nodes;  // the function that makes it, and the methods of its class
};

// A class of the project's own that holds at most so many: `if self.count >= self.max_rows: raise Full`.
void add_own(const RuleInput& in, uint32_t m, std::vector<Bound>& out) {
  const PythonModule& module = in.facts.python[m];
  for (const PyCondition& condition : module.conditions) {
    if (condition.kind != PyCondition::Kind::kIf || condition.function == kNone) continue;
    const uint32_t cls = module.functions[condition.function].cls;
    if (cls == kNone ||
        !has_word(module.classes[cls].name.view(), {"spool", "buffer", "queue", "outbox", "backlog"}))
      continue;
    for (uint32_t c = condition.comparisons.begin; c < condition.comparisons.end; ++c) {
      const PyComparison& comparison = module.comparisons[c];
      const bool order =
          comparison.op == PyComparison::Op::kGreater || comparison.op == PyComparison::Op::kGreaterEqual;
      if (!order ||
          !has_word(comparison.right.text.view(), {"max", "limit", "capacity", "bound", "room", "maxsize"}))
        continue;
      Bound bound{comparison.span, {}};
      for (uint32_t f = 0; f < module.functions.size(); ++f) {
        if (module.functions[f].cls == cls) bound.nodes.push_back(in.graph.node_of_function({m, f}));
      }
      out.push_back(std::move(bound));
      break;
    }
  }
}

std::vector<Bound> bounds(const RuleInput& in) {
  std::vector<Bound> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    add_own(in, m, out);
    for (const PyCall& call : module.calls) {
      if (!is_bound(module, call)) continue;
      const PyFunction* function = call.function == kNone ? nullptr : &module.functions[call.function];
      const bool batch = call.target.view().starts_with("opentelemetry");
      const uint32_t cls = function == nullptr ? kNone : function->cls;
      const bool about = batch || of_telemetry(module.name.view()) ||
                         (function != nullptr && of_telemetry(function->qualname.view()));
      if (!about) continue;
      Bound bound{call.span, {in.graph.node_of_function({m, call.function})}};
      for (uint32_t f = 0; cls != kNone && f < module.functions.size(); ++f) {
        if (module.functions[f].cls == cls) bound.nodes.push_back(in.graph.node_of_function({m, f}));
      }
      out.push_back(std::move(bound));
    }
  }
  return out;
}

const Bound* bound_run_by(const RuleInput& in, const std::vector<Bound>& all, uint32_t test) {
  const std::vector<NodeId> runs = in.graph.closure(in.graph.node_of_test(test));
  for (const Bound& bound : all) {
    const bool run = std::any_of(bound.nodes.begin(), bound.nodes.end(), [&](NodeId node) {
      return node != kNone && std::binary_search(runs.begin(), runs.end(), node);
    });
    if (run) return &bound;
  }
  return nullptr;
}

bool takes_away(const RuleInput& in, const TestCase& test) {
  const std::string_view name = test.id.view();
  const bool loss =
      has_word(name, {"down", "away", "unavailable", "outage", "unreachable", "full", "saturated", "overload",
                      "overloaded", "dropped", "drops", "lost", "gone", "broken", "fails", "failing"});
  return loss && injected_fault(in, test).valid() &&
         of_telemetry(name.substr(std::min(name.find("::"), name.size())));
}

void run(const RuleInput& in, RuleOutput& output) {
  const std::vector<Bound> all = bounds(in);
  if (all.empty()) return;
  const uint32_t test = best_test(in, [&](const TestCase& t) {
    return takes_away(in, t) &&
           bound_run_by(in, all, static_cast<uint32_t>(&t - in.facts.tests.data())) != nullptr;
  });
  if (test != kNone) {
    const Bound& bound = *bound_run_by(in, all, test);
    output.evidence.push_back(test_evidence(in, test,
                                            "a test takes the collector away and looks at what goes on",
                                            {{injected_fault(in, in.facts.tests[test]), "fails on purpose"},
                                             {bound.place, "telemetry waits in a bounded place"}}));
  }
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.place = all.front().place;
  evidence.what = "telemetry waits in a bounded place";
  evidence.worth = 0.5;
  evidence.worth_why = "no drill takes the collector away";
  evidence.part = "detected";
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule drills_telemetry_loss;
const Rule drills_telemetry_loss{
    .summary = "telemetry that cannot be delivered is bounded, and a test takes the collector away",
    .why = "A collector that is down fills the memory of every service that waits for it.",
    .fix =
        "Put telemetry into a bounded queue, count what is dropped, and take the collector away in a test.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
