// Feedback and labels come back.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"

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

void add_routes(const RuleInput& in, RuleOutput& output) {
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
    evidence.worth_why = "no schedule joins it with the predictions";
    if (kept.valid()) {
      evidence.links.push_back({kept, "keeps it"});
    } else {
      evidence.defeat = "what comes in is not kept";
      evidence.defeat_at = use->span;
      evidence.remedy = "Write the feedback with the id of its prediction to a store.";
    }
    output.evidence.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  add_routes(in, output);
  for (const Use* use : product_uses(in, "collects-feedback")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    Evidence evidence;
    evidence.mode = EvidenceMode::kStanding;
    evidence.place = use->span;
    evidence.what = fmt::format("{} keeps feedback with its trace", name_of(in, *use));
    evidence.links = {{use->span, evidence.what}};
    evidence.worth = 0.5;
    evidence.worth_why = "no schedule looks at it";
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
