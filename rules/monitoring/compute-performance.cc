// Speed and memory are measured against a bar, in CI or by an alert.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_clock(std::string_view target) {
  return target == "time.time" || target == "time.perf_counter" || target == "time.monotonic" ||
         target == "time.perf_counter_ns" || target == "time.process_time" || target == "time.time_ns" ||
         target.starts_with("timeit.") || target == "tracemalloc.get_traced_memory" ||
         target.ends_with("memory_info") || target == "resource.getrusage" ||
         target == "torch.cuda.max_memory_allocated";
}

// Code of the product that reckons with the time and times nothing: how long until it may ask again.
bool reckons_only(const PythonModule& home, uint32_t function) {
  for (const PyCall& call : home.calls) {
    if (call.function != function || is_clock(call.target.view())) continue;
    const std::string_view name = call.callee.view();
    if (name != "max" && name != "min" && name != "round" && name != "abs" && name != "float" &&
        name != "int")
      return false;
  }
  return std::none_of(home.jumps.begin(), home.jumps.end(), [&](const PyJump& jump) {
    return jump.function == function && jump.value.kind == PyValue::Kind::kCall &&
           is_clock(home.calls[jump.value.call].target.view());  // a clock under another name
  });
}

// A function of the repository that gives the time something took: it returns what it read from a clock, or
// says so by its name and has a clock in what it runs.
bool gives_time(const RuleInput& in, PyRef ref) {
  const PyFunction* helper = in.facts.function(ref);
  if (helper == nullptr) return false;
  const PythonModule& home = in.facts.python[ref.module];
  auto clock = [&](uint32_t c) { return is_clock(home.calls[c].target.view()); };
  if (!is_test_code(in.facts, home.file) && reckons_only(home, ref.index)) return false;
  Carriers carriers = carriers_of(home, ref.index, clock);
  for (const PyJump& jump : jumps_in(home, ref.index)) {
    if (jump.function != ref.index || jump.kind != PyJump::Kind::kReturn) continue;
    bool direct = false;
    for (uint32_t c = jump.calls.begin; c < jump.calls.end; ++c) direct |= clock(c);
    if (direct || carriers.carries(home, jump.reads)) return true;
  }
  if (!has_word(helper->name.view(), {"time", "timed", "timing", "timer", "latency", "duration", "elapsed",
                                      "benchmark", "measure", "profile"})) {
    return false;
  }
  for (NodeId n : in.graph.closure(in.graph.node_of_function(ref))) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction) continue;
    for (const PyCall& call : calls_in(in.facts.python[node.owner], node.index)) {
      if (call.function == node.index && is_clock(call.target.view())) return true;
    }
  }
  return false;
}

// The asserted value is the clock's, but what it timed is the project's code.
bool times_project(const TestCase& test, Span comparison) {
  return !test.project_functions.empty() &&
         std::any_of(test.assertions.begin(), test.assertions.end(), [&](const TestAssertion& assertion) {
           const bool here = assertion.span.line <= comparison.line &&
                             comparison.line <= std::max(assertion.span.line, assertion.span.end_line);
           return here && (assertion.worth == TestAssertion::Worth::kNothingOfProject ||
                           assertion.worth == TestAssertion::Worth::kEffective);
         });
}

bool names_speed(std::string_view name) {
  return has_word(name, {"latency", "latencies", "elapsed", "duration", "p50", "p90", "p95", "p99", "seconds",
                         "runtime", "took"});
}

bool carried(const Carriers& carriers, const PyValue& value) {
  return carriers.carries(value) || (value.kind == PyValue::Kind::kName && names_speed(value.text.view()));
}

// A part of something that also holds a time is one only if it is called so: message["score"] is none.
bool may_be_time(const Carriers& carriers, const PyValue& value) {
  std::string_view text = value.text.view();
  if ((value.kind != PyValue::Kind::kName && value.kind != PyValue::Kind::kSubscript) ||
      carriers.names.contains(value.text))
    return true;
  if (text.ends_with(']')) text.remove_suffix(1);
  const size_t at = text.find_last_of(".[");
  if (at == std::string_view::npos) return true;
  const std::string_view part = text.substr(at + 1);
  return part.empty() || names_speed(part) ||
         has_word(part, {"time", "times", "ms", "sec", "secs", "s", "mean", "median", "avg", "max", "peak",
                         "rss", "memory", "mb", "bytes"});
}

// `score, latency = timed(...)`: one of several results is called a time, so the others are none.
bool beside_a_time(const PythonModule& module, uint32_t function, const PyValue& value) {
  if (value.kind != PyValue::Kind::kName || names_speed(value.text.view())) return false;
  for (const PyBinding& binding : bindings_in(module, function)) {
    if (!binding.unpacked || binding.target != value.text) continue;
    for (const PyBinding& other : bindings_in(module, function)) {
      if (other.unpacked && other.span.line == binding.span.line && names_speed(other.target.view()))
        return true;
    }
  }
  return false;
}

// The comparison is a bar from above on one measure: it took less than that. Two measures held against each
// other say which is the faster, and a bar from below is no bar.
bool is_ceiling(const PythonModule& module, uint32_t function, const Carriers& carriers,
                const PyComparison& comparison) {
  const bool less = comparison.op == PyComparison::Op::kLess || comparison.op == PyComparison::Op::kLessEqual;
  const PyValue& bar = less ? comparison.right : comparison.left;
  const PyValue& held = less ? comparison.left : comparison.right;
  if (carried(carriers, bar) || !may_be_time(carriers, held) || beside_a_time(module, function, held))
    return false;
  const bool plain = bar.kind == PyValue::Kind::kNumber || bar.kind == PyValue::Kind::kName ||
                     bar.kind == PyValue::Kind::kSubscript;
  return plain || carried(carriers, held);
}

// The fixtures of the test train or build the model that is timed: one that size tells little of the served
// one.
bool times_own_model(const RuleInput& in, const AbilityMap& abilities, uint32_t t) {
  for (NodeId n : in.graph.closure(in.graph.node_of_test(t))) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction || !is_test_code(in.facts, in.facts.python[node.owner].file))
      continue;
    const std::vector<AbleAt>& able = abilities.at(n);
    const bool makes = std::any_of(able.begin(), able.end(), [](const AbleAt& a) {
      return a.use != nullptr && a.capability == "trains-model";  // a library's, not the project's own
    });
    if (makes) return true;
  }
  return false;
}

// Names of what a user of the model waits for.
bool names_work(std::string_view name) {
  return has_word(
      name, {"predict", "prediction", "predictions", "predictor", "infer",      "inference", "score",
             "scores",  "scoring",    "forecast",    "classify",  "classifier", "detect",    "recommend",
             "rank",    "rerank",     "search",      "retrieve",  "retriever",  "retrieval", "generate",
             "answer",  "embed",      "embedding",   "encode",    "tokenize",   "transform", "features",
             "feature", "preprocess", "train",       "training",  "fit",        "model",     "pipeline",
             "forward", "evaluate",   "explain",     "process",   "chat",       "completion"});
}

// The test comes to a model, a route, features or an application that it asks: what it times is more than a
// wait that has to end.
bool times_work(const RuleInput& in, const AbilityMap& abilities, const Sides& sides, uint32_t t) {
  for (NodeId n : in.graph.closure(in.graph.node_of_test(t))) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction) continue;
    if (contains_node(sides.handlers, n) || contains_node(sides.training, n)) return true;
    const bool able = std::any_of(abilities.at(n).begin(), abilities.at(n).end(), [](const AbleAt& a) {
      return a.capability == "predicts" || a.capability == "trains-model" || a.capability == "calls-llm" ||
             a.capability == "retrieves" || a.capability == "requests-http" || a.capability == "loads-model";
    });
    const PythonModule& module = in.facts.python[node.owner];
    if (able || names_work(module.functions[node.index].qualname.view()) ||
        names_work(in.facts.path(module.file)))
      return true;
    if (std::ranges::any_of(calls_in(module, node.index), [&](const PyCall& call) {
          return call.function == node.index &&
                 (names_work(call.method.view()) || call.method == "post" || call.method == "request");
        }))
      return true;
  }
  return false;
}

// The test asks that a wait comes to an end or that something is measured, and not how long a user waits for
// an answer: it says so by its name, or holds something back until it is let go.
bool asks_for_an_end(const PythonModule& module, uint32_t index) {
  const std::string_view name = module.functions[index].name.view();
  if (names_work(name)) return false;
  if (has_word(name, {"wait",  "waits",  "waiting",  "bounded", "unbounded", "timeout", "timeouts",
                      "hang",  "hangs",  "deadlock", "backoff", "cancel",    "cancels", "cancelled",
                      "abort", "aborts", "shutdown", "blocks",  "blocking",  "measure", "measures"}))
    return true;
  return std::ranges::any_of(calls_in(module, index), [&](const PyCall& call) {
    return call.target == "threading.Event" || call.target == "threading.Barrier" ||
           call.target == "threading.Condition" || call.target == "asyncio.Event";
  });
}

// Conditions of the test that look at what a clock gave, or at what is called a latency, and fail.
std::vector<Decision> decisions_on_time(const PythonModule& module, uint32_t function,
                                        const Carriers& carriers,
                                        const std::function<bool(uint32_t)>& clock) {
  std::vector<Decision> found = decisions_on(module, function, carriers, clock);
  for (uint32_t c : indices(module.body(function).conditions)) {
    const PyCondition& condition = module.conditions[c];
    if (condition.function != function || condition.kind != PyCondition::Kind::kAssert) continue;
    for (uint32_t i = condition.comparisons.begin; i < condition.comparisons.end; ++i) {
      const PyComparison& comparison = module.comparisons[i];
      const bool named =
          (comparison.left.kind == PyValue::Kind::kName && names_speed(comparison.left.text.view())) ||
          (comparison.right.kind == PyValue::Kind::kName && names_speed(comparison.right.text.view()));
      if (named) found.push_back({c, i, true});
    }
  }
  return found;
}

// All that is asked in these calls is whether the service is up: "/health" answers without the model.
bool asks_health_only(const PythonModule& module, const std::function<bool(const PyCall&)>& accept) {
  bool asked = false;
  for (const PyCall& call : module.calls) {
    const bool request = call.method == "get" || call.method == "post" || call.method == "request";
    if (!request || call.args.empty() || !accept(call)) continue;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyValue& value = module.args[a].value;
      const bool text = value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString;
      if (!text || value.text.view().find('/') == std::string_view::npos) continue;
      if (!has_word(value.text.view(),
                    {"health", "healthz", "healthcheck", "ping", "ready", "readyz", "livez"}))
        return false;
      asked = true;
    }
  }
  return asked;
}

// A test that times something and asserts that it took less than a number.
void add_timed_tests(const RuleInput& in, std::vector<Evidence>& out) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const Sides& sides = shared<Sides>(in);
  std::map<PyRef, bool> known;  // does the function give a time
  const auto timer = [&](PyRef ref) {
    const auto [at, fresh] = known.try_emplace(ref);
    if (fresh) at->second = gives_time(in, ref);
    return at->second;
  };
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.function.valid() || test.function.index == kNone) continue;
    const PythonModule& module = in.facts.python[test.function.module];
    auto clock = [&](uint32_t c) {
      return is_clock(module.calls[c].target.view()) || timer(module.calls[c].function_ref);
    };
    const bool timed = std::ranges::any_of(calls_in(module, test.function.index), [&](const PyCall& call) {
      return call.function == test.function.index &&
             clock(static_cast<uint32_t>(&call - module.calls.data()));
    });
    if (!timed ||
        asks_health_only(module, [&](const PyCall& call) { return call.function == test.function.index; }))
      continue;
    const Carriers carriers = carriers_of(module, test.function.index, clock);
    for (const Decision& decision : decisions_on_time(module, test.function.index, carriers, clock)) {
      if (!decision.fails || decision.comparison == kNone) continue;
      const PyComparison& comparison = module.comparisons[decision.comparison];
      PyComparison::Op op = comparison.op;
      bool order = op == PyComparison::Op::kLess || op == PyComparison::Op::kLessEqual ||
                   op == PyComparison::Op::kGreater || op == PyComparison::Op::kGreaterEqual;
      if (!order || !is_ceiling(module, test.function.index, carriers, comparison)) continue;
      Evidence evidence =
          test_evidence(in, t, "a test holds the time it takes to a bar", {{comparison.span, "the bar"}});
      if (times_own_model(in, abilities, t)) {
        evidence.worth = 0.5;
        evidence.worth_why = "it times a model that the test made, not the one that serves";
      }
      if (asks_for_an_end(module, test.function.index) || !times_work(in, abilities, sides, t)) {
        evidence.worth = 0.5;
        evidence.worth_why = "what it times comes to no model, route or features";
      }
      if (times_project(test, comparison.span)) {
        evidence.effect = Effect::kBlocking;
        evidence.effect_why.clear();
      }
      double bar = 0;
      constexpr double kNever = 3600;  // seconds: a bar that nothing of this kind reaches
      if (compared_number(module, comparison, bar) != nullptr && (bar <= 0 || bar >= kNever)) {
        evidence.defeat = "the bar is one that everything clears";
        evidence.remedy = "Set the bar a little above what the present version takes.";
        evidence.defeat_at = comparison.span;
      }
      out.push_back(std::move(evidence));
      break;
    }
  }
}

bool has_word_with(const std::vector<std::string>& words, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view p) { return word.starts_with(p); });
  });
}

// A listener of locust that may set the exit code when the test ends.
bool listens_to_end(const RuleInput& in) {
  for (const PythonModule& module : in.facts.python) {
    for (const PyFunction& function : module.functions) {
      for (const PyDecorator& decorator : function.decorators) {
        if (decorator.name.view().ends_with("quitting.add_listener") ||
            decorator.name.view().ends_with("test_stop.add_listener"))
          return !function.is_stub;
      }
    }
  }
  return false;
}

// Does the command or action compare with a bar? Most load generators only print.
bool has_bar(const RuleInput& in, const Use& use) {
  if (use.kind == Use::Kind::kAction) {
    const ActionUse& action = in.facts.automation[use.automation].actions[use.index];
    if (has_word(action.action.view(), {"codspeed", "codspeedhq"})) return true;  // by a check of its own
    return std::any_of(action.with.begin(), action.with.end(), [](const auto& with) {
      return with.first == "fail-on-alert" && with.second.text == "true";
    });
  }
  std::vector<std::string> words;
  for (const Word& word : in.facts.automation[use.automation].commands[use.index].words)
    words.emplace_back(word.text);
  const bool locust = std::any_of(words.begin(), words.end(), [](const auto& w) { return w == "locust"; });
  if (locust && listens_to_end(in)) return true;
  const bool asv = words.size() > 1 && words[0] == "asv" && words[1] == "continuous";
  return asv || has_word_with(words, {"--benchmark-compare-fail", "--exit-code-on-error", "--threshold",
                                      "--fail", "--err", "--ensure"});
}

// The load tests that are written in Python ask for nothing but health.
bool loads_health_only(const RuleInput& in) {
  bool asked = false;
  for (const Use* use : uses_of(in, "load-tests")) {
    if (use->kind != Use::Kind::kBase || !use->function.valid()) continue;
    if (!asks_health_only(in.facts.python[use->function.module], [](const PyCall&) { return true; }))
      return false;
    asked = true;
  }
  return asked;
}

// Load generators and benchmark runners as commands.
void add_commands(const RuleInput& in, std::vector<Evidence>& out) {
  for (std::string_view capability : {"load-tests", "benchmarks"}) {
    for (const Use* use : uses_of(in, capability)) {
      if (use->kind != Use::Kind::kCommand && use->kind != Use::Kind::kAction) continue;
      Evidence evidence;
      evidence.place = use->span;
      evidence.what = fmt::format("{} measures speed", name_of(in, *use));
      evidence.runs_at = node_of(in, *use);
      evidence.links.push_back({use->span, evidence.what});
      if (loads_health_only(in)) {
        evidence.defeat = "it asks for nothing but the health of the service";
        evidence.defeat_at = use->span;
        evidence.remedy = "Let it ask for predictions.";
      }
      if (!has_bar(in, *use)) {
        evidence.worth = 0.5;
        evidence.worth_why = "no bar or baseline to compare with";
      }
      if (in.graph.reached_by(evidence.runs_at) == Reach::By::kManual) {
        evidence.defeat = "only a person starts the load test, and no figures of a run are kept";
        evidence.remedy = "Start it on a schedule with a bar, or commit the figures of each run.";
        evidence.defeat_at = use->span;
      }
      out.push_back(std::move(evidence));
    }
  }
}

// Somewhere the benchmarks of tests are compared with those of an earlier run.
bool benchmarks_compared(const RuleInput& in) {
  for (const PytestConfig& config : in.facts.pytest_configs) {
    if (has_word_with(config.addopts, {"--benchmark-compare-fail"})) return true;
  }
  for (const Use* use : uses_of(in, "benchmarks")) {
    if (use->kind == Use::Kind::kCommand && has_bar(in, *use)) return true;
  }
  return false;
}

// The test looks at the figures itself: assert benchmark.stats["mean"] < 0.1.
bool asserts_stats(const PythonModule& module, uint32_t function) {
  return std::ranges::any_of(conditions_in(module, function), [&](const PyCondition& condition) {
    if (condition.function != function || condition.kind != PyCondition::Kind::kAssert) return false;
    for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
      if (module.names[r].view().starts_with("benchmark.stats")) return true;
    }
    return false;
  });
}

// Benchmarks and bounds on memory in tests.
void add_benchmarks(const RuleInput& in, std::vector<Evidence>& out) {
  const bool compared = benchmarks_compared(in);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const PyFunction* function = in.facts.function(test.function);
    if (function == nullptr) continue;
    bool benchmark = std::any_of(function->params.begin(), function->params.end(),
                                 [](const PyParam& p) { return p.name == "benchmark"; });
    bool limited =
        std::any_of(test.markers.begin(), test.markers.end(), [](Name m) { return m == "limit_memory"; });
    if (!benchmark && !limited) continue;
    Evidence evidence = test_evidence(in, t, limited ? "a test limits memory" : "a test benchmarks", {});
    const bool bar = limited || asserts_stats(in.facts.python[test.function.module], test.function.index);
    if (bar) {
      evidence.effect = Effect::kBlocking;
    } else if (compared) {
      continue;  // the command that compares speaks for it
    } else {
      evidence.effect = Effect::kSwallowed;
      evidence.effect_at = evidence.place;
      evidence.effect_why = "nothing compares the time with a bar or an earlier run";
    }
    out.push_back(std::move(evidence));
  }
}

// promptfoo holds answers of a hosted model to `type: latency` with a threshold, wherever an evaluation runs.
void add_evaluations(const RuleInput& in, std::vector<Evidence>& out) {
  const ConfigKey* bar = nullptr;
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) ||
        !has_word(in.facts.path(document.file), {"promptfooconfig", "promptfoo"}))
      continue;
    for (const ConfigKey& key : document.keys) {
      const bool latency = key.value == "latency" && key.path.view().ends_with(".type");
      if (latency && bar == nullptr) bar = &key;
    }
  }
  if (bar == nullptr) return;
  for (const Use* use : uses_of(in, "evaluates-llm")) {
    const NodeId node = node_of(in, *use);
    const std::string name = name_of(in, *use);
    if (node == kNone || name.find("promptfoo") == std::string::npos) continue;
    Evidence evidence;
    evidence.place = bar->span;
    evidence.what = "an evaluation holds the latency of answers to a bar";
    evidence.runs_at = node;
    evidence.links = {{use->span, name + " asks"}, {bar->span, evidence.what}};
    evidence.worth = 0.5;
    evidence.worth_why = "of the hosted model's answers only, not of the service";
    out.push_back(std::move(evidence));
    return;
  }
}

// Memory and processors are another matter: monitoring/resource-alerts.
bool is_performance_series(std::string_view series) {
  return has_word(series, {"latency", "duration", "seconds", "throughput", "inflight", "token",
                           "milliseconds", "ms"}) &&
         !has_word(series, {"age", "timestamp", "trained", "start", "uptime", "created", "cpu", "gpu"});
}

void add_records(const RuleInput& in, std::vector<Evidence>& out) {
  std::vector<RecordedResult> results =
      results_about(in, {"locust", "load test", "loadtest", "benchmark", "benchmarks", "latency",
                         "throughput", "k6", "performance test"});
  for (const RecordedResult& result : results) {
    if (!has_word(result.what,
                  {"exceptions", "failures"}))  // locust keeps empty lists of these beside its figures
      out.push_back(evidence_of(result, "figures of a load test or benchmark are kept"));
  }
  if (!results.empty()) return;
  for (const Use* use : uses_of(in, "load-tests")) {  // a load test that nothing runs
    if (use->kind != Use::Kind::kBase && use->kind != Use::Kind::kFile && use->kind != Use::Kind::kCall)
      continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("a load test, {}", name_of(in, *use));
    evidence.runs_at = in.graph.node_of_main(use->function.valid() ? use->function.module : kNone);
    evidence.worth = 0.5;
    evidence.worth_why = "no bar or baseline to compare with";
    out.push_back(std::move(evidence));
    return;
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found = alert_evidence(in, is_performance_series, "alert on speed or memory");
  add_timed_tests(in, found);
  add_evaluations(in, found);
  add_commands(in, found);
  add_benchmarks(in, found);
  add_records(in, found);
  keep_best(in, found, 15);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule monitoring_compute_performance;
const Rule monitoring_compute_performance{
    .summary = "latency, throughput and memory are held to a bar",
    .why = "A model that is as good and three times slower has become worse for everyone who waits for it.",
    .fix =
        "Time predictions in a benchmark that CI compares with a bar, or alert on the quantiles of the "
        "served latency.",
    .source = "Breck et al. 2017, table IV, Monitor 6",
    .run = run,
};

}  // namespace mlgrade::rules
