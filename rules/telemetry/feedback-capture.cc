// Feedback and labels come back. The full point asks that what is kept is joined with predictions by
// something that runs on a schedule.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/joins.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"

namespace mlgrade::rules {
namespace {

// Takes something in: a POST, PUT or PATCH.
bool takes_in(const PythonModule& module, const Use& use) {
  const PyCall& call = module.calls[use.call];
  for (std::string_view method : {"post", "put", "patch"}) {
    if (call.method == method) return true;
  }
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    if (arg.keyword != "methods") continue;
    const IndexRange elements = arg.value.elements();
    for (uint32_t i = elements.begin; i < elements.end; ++i) {
      const Name method = module.values[i].text;
      if (method == "POST" || method == "PUT" || method == "PATCH") return true;
    }
  }
  return false;
}

// A call that keeps something: in a collection, a table, a file, a queue.
bool keeps(const PyCall& call) {
  constexpr std::array<std::string_view, 27> kMethods = {
      "append",     "insert",     "insert_one", "insert_many", "add",   "add_all",       "save",
      "put_object", "put_item",   "execute",    "executemany", "write", "writerow",      "writelines",
      "to_csv",     "to_parquet", "to_sql",     "produce",     "send",  "publish",       "xadd",
      "rpush",      "lpush",      "hset",       "upsert",      "dump",  "upload_fileobj"};
  if (std::find(kMethods.begin(), kMethods.end(), call.method.view()) != kMethods.end()) return true;
  return has_word(call.method.view(), {"store", "save", "persist", "record", "keep", "insert"}) &&
         !call.function_ref.valid();
}

bool is_log(const PyCall& call) {
  return has_word(call.callee.view(), {"logger", "logging", "log", "print"});
}

// Where the route, or what it calls, keeps what came in; invalid if it does not.
Span kept_at(const RuleInput& in, PyRef route) {
  for (NodeId id : in.graph.closure(in.graph.node_of_function(route))) {
    const Node& node = in.graph.nodes[id];
    if (node.kind != NodeKind::kFunction) continue;
    const PythonModule& module = in.facts.python[node.owner];
    const IndexRange calls = module.functions[node.index].body.calls;
    for (uint32_t c = calls.begin; c < calls.end; ++c) {
      if (module.calls[c].function == node.index && keeps(module.calls[c]) && !is_log(module.calls[c]))
        return module.calls[c].span;
    }
  }
  for (const Use& use : in.uses) {
    if (use.kind != Use::Kind::kCall || use.function != route) continue;
    if (use.capability == "writes-data" || use.capability == "collects-feedback") return use.span;
  }
  // STORE[id] = feedback
  const PythonModule& module = in.facts.python[route.module];
  for (const PyBinding& binding : module.bindings) {
    if (binding.function == route.index && binding.subscript) return binding.span;
  }
  return {};
}

bool about_predictions(std::string_view text) {
  return has_word(text, {"prediction", "predictions", "predicted", "served", "score", "scores", "scored",
                         "answers", "responses", "inference", "inferences", "request", "requests"});
}

bool about_feedback(std::string_view text) {
  return has_word(text, {"feedback", "label", "labels", "outcome", "outcomes", "truth", "rating", "ratings",
                         "actual", "actuals", "thumbs"});
}

// Code that joins what was answered with what came back, and that a schedule starts.
struct Joined {
  NodeId node = kNone;
  Span at;
  bool scheduled = false;
};

bool on_schedule(const RuleInput& in, NodeId node) {
  if (in.graph.reached_by(node) != Reach::By::kAutomatic) return false;
  const std::vector<NodeId> callers = in.graph.callers(node);
  return std::any_of(callers.begin(), callers.end(), [&](NodeId caller) {
    const Node& start = in.graph.nodes[caller];
    if (start.kind != NodeKind::kTrigger) return false;
    const Trigger& trigger = in.facts.automation[start.owner].triggers[start.index];
    return trigger.kind == TriggerKind::kSchedule && trigger.automatic == Truth::kYes;
  });
}

// Whether texts and names of the function speak of both sides.
bool speaks_of_both(const PythonModule& module, uint32_t f) {
  bool predictions = false, feedback = false;
  const auto take = [&](std::string_view text) {
    predictions |= about_predictions(text);
    feedback |= about_feedback(text);
  };
  for (const PyCall& call : calls_in(module, f)) {
    if (call.function != f) continue;
    take(call.callee.view());
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyValue& value = module.args[a].value;
      take(value.text.view());
      for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r)
        take(module.names[r].view());
      for (const PyBinding& binding : module.bindings) {  // QUERY = "SELECT ... FROM predictions JOIN ..."
        if (value.kind == PyValue::Kind::kName && binding.target == value.text)
          take(binding.value.text.view());
      }
    }
  }
  for (const PyBinding& binding : bindings_in(module, f)) {
    if (binding.function == f) take(binding.target.view());
  }
  return predictions && feedback;
}

Joined join_of(const RuleInput& in) {
  Joined best;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (!joins_tables(module, call) || !speaks_of_both(module, call.function)) continue;
      const NodeId node = in.graph.node_of_call(m, c);
      if (node == kNone || product_reach(in, node) == Reach::By::kNothing) continue;
      const Joined found{node, call.span, on_schedule(in, node)};
      if (best.node == kNone || (found.scheduled && !best.scheduled)) best = found;
    }
  }
  return best;
}

std::string not_joined(const Joined& joined) {
  return joined.node != kNone && !joined.scheduled ? "what joins it with the predictions runs on no schedule"
         : joined.node == kNone                    ? "no schedule joins it with the predictions"
                                                   : "the join does not run by itself";
}

// Feedback that is kept, and joined: as a whole worth what the run of the join is worth.
void add_joined(const Evidence& kept, const Joined& joined, RuleOutput& output) {
  if (!joined.scheduled || !kept.defeat.empty()) return;
  Evidence evidence;
  evidence.place = kept.place;
  evidence.what = kept.what + ", and a schedule joins it with the predictions";
  evidence.runs_at = joined.node;
  evidence.links = {{joined.at, "joins what came back with what was answered"}};
  evidence.links.insert(evidence.links.end(), kept.links.begin(), kept.links.end());
  output.evidence.push_back(std::move(evidence));
}

void add_routes(const RuleInput& in, const Joined& joined, RuleOutput& output) {
  for (const Use* use : product_uses(in, "serves-route")) {
    if (use->kind != Use::Kind::kDecorator || use->function.index == kNone || use->call == kNone) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const IndexRange args = module.calls[use->call].args;
    if (args.empty() || !has_word(module.args[args.begin].value.text.view(),
                                  {"feedback", "labels", "label", "ground", "rating", "outcome", "outcomes"}))
      continue;
    const PyFunction* function = in.facts.function(use->function);
    if (function == nullptr || function->is_stub || !takes_in(module, *use)) continue;
    const Span kept = kept_at(in, use->function);
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = use->span;
    evidence.what = "a route takes feedback";
    evidence.links = {{use->span, evidence.what}};
    evidence.worth = 0.5;
    evidence.worth_why = not_joined(joined);
    if (kept.valid()) {
      evidence.links.push_back({kept, "keeps it"});
    } else {
      evidence.defeat = "what comes in is not kept";
      evidence.defeat_at = use->span;
      evidence.remedy = "Write the feedback with the id of its prediction to a store.";
    }
    add_joined(evidence, joined, output);
    output.evidence.push_back(std::move(evidence));
  }
}

// What became of it, by names that nothing else has.
bool about_truth(std::string_view text) {
  return has_word(text, {"feedback", "actuals"}) || contains_phrase(text, "ground truth") ||
         contains_phrase(text, "late labels") || contains_phrase(text, "delayed labels");
}

// Labels that come by another way than a route: code that keeps them, and the same schedule joins them.
void add_kept(const RuleInput& in, const Joined& joined, RuleOutput& output) {
  if (!joined.scheduled) return;
  for (const Use* use : product_uses(in, "writes-data")) {
    const PyCall* call = call_of(in, *use);
    const NodeId node = node_of(in, *use);
    if (call == nullptr || node == kNone || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const PyFunction* function = in.facts.function({use->function.module, call->function});
    bool about = function != nullptr && about_truth(function->qualname.view());
    for (uint32_t a = call->args.begin; a < call->args.end; ++a)
      about |= about_truth(module.args[a].value.text.view());
    if (!about || !on_schedule(in, node)) continue;
    Evidence kept;
    kept.place = use->span;
    kept.what = "what became of the predictions is kept";
    kept.links = {{use->span, kept.what}};
    add_joined(kept, joined, output);
    return;
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const Joined joined = join_of(in);
  add_routes(in, joined, output);
  add_kept(in, joined, output);
  for (const Use* use : product_uses(in, "collects-feedback")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = use->span;
    evidence.what = fmt::format("{} keeps feedback with its trace", name_of(in, *use));
    evidence.links = {{use->span, evidence.what}};
    evidence.worth = 0.5;
    evidence.worth_why = joined.node == kNone ? "no schedule looks at it" : not_joined(joined);
    add_joined(evidence, joined, output);
    output.evidence.push_back(std::move(evidence));
  }
}

}  // namespace

extern const Rule telemetry_feedback_capture;
const Rule telemetry_feedback_capture{
    .summary = "feedback or labels are taken in",
    .why = "Whether a prediction was right is known later, if somebody asks.",
    .fix = "Offer a way to send feedback with the id of the prediction, keep it, and join it on a schedule.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .run = run,
};

}  // namespace mlgrade::rules
