// What comes in when the model serves is held to expectations: bounds on requests, drift against a reference.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/product_run.h"
#include "rules/support/request_bounds.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"
#include "rules/support/same_value.h"
#include "rules/support/synthetic.h"
#include "rules/support/telemetry.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 15;
constexpr const char* kPart = "serving inputs";

// Bounds on requests count wherever an item names this rule; looks for columns, drift and alerts only for its
// own part.
Evidence serving(Span place, std::string what) {
  Evidence evidence;
  evidence.place = place;
  evidence.what = std::move(what);
  evidence.links.push_back({place, evidence.what});
  return evidence;
}

// ---- bounds on requests

// The handlers that lead to a prediction; all of them where none is known to.
std::vector<NodeId> predicting(const RuleInput& in, const Sides& sides) {
  std::vector<NodeId> places;
  for (const Use* use : product_uses(in, "predicts")) places.push_back(node_of(in, *use));
  const std::vector<bool> leads = in.graph.reaching(places);
  std::vector<NodeId> found;
  for (NodeId handler : sides.handlers) {
    if (leads[handler]) found.push_back(handler);
  }
  return found.empty() ? sides.handlers : found;
}

void add_request_bounds(const RuleInput& in, const Sides& sides, std::vector<Evidence>& out) {
  for (NodeId handler : predicting(in, sides)) {
    const Node& node = in.graph.nodes[handler];
    if (node.kind != NodeKind::kFunction) continue;
    for (const PyParam& param : in.facts.python[node.owner].functions[node.index].params) {
      PyRef ref = class_named(in.facts, param.target);
      if (!ref.valid()) continue;
      const Span bound = bound_of_request(in.facts, ref);
      if (!bound.valid()) continue;
      Evidence evidence = serving(bound, "requests outside the bounds are refused");
      evidence.mode = EvidenceMode::kStanding;
      evidence.worth = 0.5;
      evidence.worth_why = "refusals are not alerted on";
      evidence.links.push_back(
          {in.facts.python[node.owner].functions[node.index].span, "the route that takes them"});
      if (Span deployed = deployment_of_service(in, sides); deployed.valid()) {
        evidence.links.push_back({deployed, "the service is deployed"});
      }
      evidence.confidence = Confidence::kMedium;
      out.push_back(std::move(evidence));
      return;
    }
  }
}

bool names_requests(std::string_view name) {
  return has_word(name, {"payload", "request", "requests", "input", "inputs", "instance", "instances",
                         "features", "record", "row", "rows", "query"});
}

// Some caller branches on what the check returned.
bool decided_on(const RuleInput& in, PyRef check) {
  for (const PythonModule& module : in.facts.python) {
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      if (module.calls[c].function_ref != check || is_test_code(in.facts, module.file)) continue;
      const auto is_check = [c](uint32_t other) { return other == c; };
      const Carriers carriers = carriers_of(module, module.calls[c].function, is_check);
      if (!decisions_on(module, module.calls[c].function, carriers, is_check).empty()) return true;
    }
  }
  return false;
}

// The project's own check on the way of a request: it raises, or its caller branches on what it says.
void add_own_checks(const RuleInput& in, const Sides& sides, std::vector<Evidence>& out) {
  for (NodeId n : sides.serving) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction) continue;
    const PythonModule& module = in.facts.python[node.owner];
    const PyFunction& function = module.functions[node.index];
    const bool about = names_requests(function.name.view()) ||
                       std::any_of(function.params.begin(), function.params.end(),
                                   [](const PyParam& p) { return names_requests(p.name.view()); });
    const bool checks =
        has_word(function.name.view(), {"validate", "validates", "check", "checks", "verify"});
    if (!checks || !about || function.is_stub) continue;
    bool raises = false, looks = false;
    for (uint32_t c : indices(module.body(node.index).conditions)) {
      if (module.conditions[c].function != node.index) continue;
      looks = true;
      raises |= condition_fails(module, c);
    }
    if (!looks || (!raises && !decided_on(in, {node.owner, node.index}))) continue;
    Evidence evidence = serving(
        function.span, fmt::format("`{}` checks what is asked of the model", function.qualname.view()));
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = "refusals are not alerted on";
    evidence.confidence = Confidence::kMedium;
    out.push_back(std::move(evidence));
    return;
  }
}

// What came with the request, in a function that answers one: its parameter, or what it was read from.
bool holds_request(const PythonModule& module, uint32_t function, std::string_view name) {
  const PyFunction& f = module.functions[function];
  const bool param = std::any_of(f.params.begin(), f.params.end(), [&](const PyParam& p) {
    return p.name == name && names_requests(p.name.view());
  });
  return param || std::ranges::any_of(bindings_in(module, function), [&](const PyBinding& binding) {
           const bool call = binding.function == function && binding.target == name &&
                             binding.value.kind == PyValue::Kind::kCall &&
                             binding.value.call < module.calls.size();
           const Name method = call ? module.calls[binding.value.call].method : Name();
           return method == "get_json" || method == "json" || method == "model_dump" || method == "dict";
         });
}

// `f not in payload` where a list of features is gone through: the name that is looked into. Empty: none.
Name looked_into(const PythonModule& module, uint32_t function) {
  const auto of = [&](IndexRange comparisons) {
    for (uint32_t i = comparisons.begin; i < comparisons.end; ++i) {
      const PyComparison& one = module.comparisons[i];
      const bool member = one.op == PyComparison::Op::kNotIn || one.op == PyComparison::Op::kIn;
      if (member && one.right.kind == PyValue::Kind::kName &&
          holds_request(module, function, one.right.text.view()))
        return one.right.text;
    }
    return Name();
  };
  const auto lists_features = [&](const PyBinding& binding) {
    for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
      if (has_word(module.names[r].view(), {"feature", "features", "column", "columns", "fields"}))
        return true;
    }
    return false;
  };
  if (!std::ranges::any_of(bindings_in(module, function), [&](const PyBinding& binding) {
        return binding.function == function && lists_features(binding);
      }))
    return {};
  for (const PyCondition& condition : conditions_in(module, function)) {
    const Name name = condition.function == function ? of(condition.comparisons) : Name();
    if (!name.empty()) return name;
  }
  return {};
}

// The function compares the columns that came with those that the model needs, and raises.
bool refuses_columns(const RuleInput& in, PyRef function) {
  const PythonModule& module = in.facts.python[function.module];
  const Name payload = looked_into(module, function.index);
  const FunctionVerdict verdict = verdict_of_looks(
      in, function, [](uint32_t) { return false; },
      [&](Name read) { return read.view().ends_with(".columns") || (!payload.empty() && read == payload); });
  return verdict.decides && verdict.path.effect.effect != Effect::kSwallowed && !verdict.path.links.empty() &&
         verdict.path.links.back().what.find("raises") != std::string::npos;
}

// A route, or what it calls, that looks for the columns it needs by itself.
void add_column_checks(const RuleInput& in, const Sides& sides, std::vector<Evidence>& out) {
  for (NodeId n : sides.serving) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction) continue;
    const PyFunction& function = in.facts.python[node.owner].functions[node.index];
    if (function.is_stub || !refuses_columns(in, {node.owner, node.index})) continue;
    Evidence evidence = serving(
        function.span, fmt::format("`{}` refuses requests that lack columns", function.qualname.view()));
    evidence.mode = EvidenceMode::kStanding;
    evidence.part = kPart;
    evidence.worth = 0.5;
    evidence.worth_why = "columns only, and refusals are not alerted on";
    evidence.confidence = Confidence::kMedium;
    out.push_back(std::move(evidence));
    return;
  }
}

// ---- drift

// Reference and current are the same value (rubric F-19).
bool same_twice(const PythonModule& module, const PyCall& call) {
  const auto is_data = [](const PyValue& value) {
    return value.kind == PyValue::Kind::kName || value.kind == PyValue::Kind::kCall;
  };
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    for (uint32_t b = a + 1; b < call.args.end && is_data(module.args[a].value); ++b) {
      const PyValue& other = module.args[b].value;
      if (is_data(other) && same_value(module, call.function, module.args[a].value, other)) return true;
    }
  }
  return false;
}

bool of_training(std::string_view name) {
  return has_word(name, {"train", "training", "test", "val", "valid", "validation", "holdout"});
}

// The name stands for a set of the training, or was just taken out of one: `ref = train["price"].dropna()`.
bool is_training_set(const PythonModule& module, uint32_t function, const PyValue& value) {
  if (value.kind != PyValue::Kind::kName) return false;
  if (of_training(value.text.view())) return true;
  for (const PyBinding& binding : bindings_in(module, function)) {
    if (binding.function != function || binding.target != value.text) continue;
    for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
      const std::string_view read = module.names[r].view();
      if (of_training(read.substr(0, read.find_first_of(".[")))) return true;
    }
  }
  return false;
}

// Two of what the call is given are sets that training was cut into, and nothing else is rows.
bool given_training_sets(const PythonModule& module, const PyCall& call) {
  int sets = 0;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (is_training_set(module, call.function, module.args[a].value)) ++sets;
  }
  return sets >= 2;
}

// Reference and current are both sets of the training, here or in all that call the function: how it was cut
// says nothing of what is served.
Span training_sets(const RuleInput& in, const Use& use) {
  const PyCall& call = *call_of(in, use);
  if (given_training_sets(in.facts.python[use.function.module], call)) return use.span;
  Span given;
  if (call.function == kNone) return given;
  const PyRef function{use.function.module, call.function};
  for (const PythonModule& module : in.facts.python) {
    for (const PyCall& caller : module.calls) {
      if (caller.function_ref != function || is_test_code(in.facts, module.file)) continue;
      if (!given_training_sets(module, caller)) return {};
      given = caller.span;
    }
  }
  return given;
}

// Uses of one function that together make one check: a report, its presets, its run.
struct DriftCheck {
  const Use* use = nullptr;  // the call whose verdict counts
  VerdictPath verdict;
  bool reports = false;  // it only shows
  Span made_up, itself, training;
};

void weigh_use(const RuleInput& in, const SyntheticData& synthetic, const Use& use, bool has_tests,
               DriftCheck& check) {
  const PyCall* call = call_of(in, use);
  if (call == nullptr) return;
  Fails fails = use.ability->fails;
  if (fails == Fails::kReports && has_tests && call->method == "run") fails = Fails::kReturns;
  const bool reports = fails == Fails::kReports;
  VerdictPath verdict = verdict_of_call(in, use.function.module, use.call, fails);
  if (Span made = synthetic.made_up(use.function.module, *call); made.valid()) check.made_up = made;
  if (same_twice(in.facts.python[use.function.module], *call)) check.itself = use.span;
  if (Span sets = training_sets(in, use); sets.valid()) check.training = sets;
  auto rank = [](const VerdictPath& v, bool r) {
    return std::make_pair(v.effect.effect == Effect::kSwallowed && !v.published, r);
  };
  if (check.use != nullptr && rank(verdict, reports) > rank(check.verdict, check.reports)) return;
  check.use = &use;
  check.verdict = std::move(verdict);
  check.reports = reports;
}

// The platform that looks for drift is told whom to write to:
// `EmailAlertConfig(user_emails=["ml@shop.org"])`.
bool mails_somebody(const RuleInput& in, const Use& use) {
  const PythonModule& module = in.facts.python[use.function.module];
  return std::ranges::any_of(calls_in(module, use.function.index), [&](const PyCall& call) {
    const PyValue* mails = call.function == use.function.index && call.method == "EmailAlertConfig"
                               ? keyword_of(module, call, "user_emails")
                               : nullptr;
    return mails != nullptr && mails->kind == PyValue::Kind::kList && !mails->elements().empty();
  });
}

Evidence drift_evidence(const RuleInput& in, const DriftCheck& check) {
  Evidence evidence = serving(check.use->span, fmt::format("{} looks for drift", name_of(in, *check.use)));
  evidence.part = kPart;
  evidence.runs_at = node_of(in, *check.use);
  evidence.effect = check.verdict.effect.effect;
  evidence.effect_at = check.verdict.effect.at;
  evidence.effect_why = check.verdict.effect.why;
  evidence.publishes = check.verdict.published;
  evidence.publication = check.verdict.publication;
  for (const Link& link : check.verdict.links) evidence.links.push_back(link);
  const std::string_view last =
      check.verdict.links.empty() ? std::string_view() : check.verdict.links.back().what;
  if (check.reports && !mails_somebody(in, *check.use)) {
    evidence.worth = 0.5;
    evidence.worth_why = "a report that stops nothing and wakes nobody";
  } else if (last == "stops here") {
    evidence.worth = 0.5;
    evidence.worth_why = "what would follow is left out, and nobody is told";
  }
  if (check.made_up.valid()) {
    evidence.defeat = "the rows that stand for production are made up";
    evidence.remedy = "Compare the rows that requests really brought: log them, and read the log.";
    evidence.defeat_at = check.made_up;
  } else if (check.itself.valid()) {
    evidence.defeat = "the reference is compared with itself";
    evidence.remedy = "Keep rows of the training as the reference, and hand in served rows beside them.";
    evidence.defeat_at = check.itself;
  } else if (check.training.valid()) {
    evidence.defeat = "it compares the sets that training was cut into, no rows that were served";
    evidence.remedy = "Keep rows of the training as the reference, and hand in served rows beside them.";
    evidence.defeat_at = check.training;
  }
  run_in_earnest(in, evidence);
  return evidence;
}

void add_drift(const RuleInput& in, std::vector<Evidence>& out) {
  const SyntheticData& synthetic = shared<SyntheticData>(in);
  std::map<PyRef, std::vector<const Use*>> by_function;
  for (const Use* use : product_uses(in, "detects-drift")) {
    if (use->kind == Use::Kind::kCommand || use->kind == Use::Kind::kAction) {
      Evidence evidence = serving(use->span, fmt::format("{} looks for drift", name_of(in, *use)));
      evidence.part = kPart;
      evidence.runs_at = node_of(in, *use);
      if (use->ability->fails == Fails::kReports) {
        evidence.worth = 0.5;
        evidence.worth_why = "a report that stops nothing and wakes nobody";
      }
      out.push_back(std::move(evidence));
    } else if (call_of(in, *use) != nullptr) {
      by_function[use->function].push_back(use);
    }
  }
  bool honest = false;
  for (const auto& [function, uses] : by_function) {
    if (is_notebook(in.facts, uses.front()->file)) {
      if (executed_cell(in.facts, uses.front()->span) == nullptr) continue;
      Evidence evidence =
          notebook_evidence(in, uses.front()->span,
                            fmt::format("{} looks for drift in a notebook", name_of(in, *uses.front())));
      evidence.part = kPart;
      out.push_back(std::move(evidence));
      continue;
    }
    const bool has_tests = std::any_of(uses.begin(), uses.end(),
                                       [](const Use* use) { return use->ability->fails != Fails::kReports; });
    DriftCheck check;
    for (const Use* use : uses) weigh_use(in, synthetic, *use, has_tests, check);
    out.push_back(drift_evidence(in, check));
    if (!out.back().defeat.empty()) continue;
    honest = true;
    if (in.graph.reached_by(out.back().runs_at) == Reach::By::kAutomatic) continue;
    const std::optional<DocumentedRun> run = documented_run(
        in, out.back().runs_at, {"drift", "monitoring", "evidently", "data quality", "data summary"});
    if (!run) continue;
    out.push_back(evidence_of(*run, out.back().what));
    out.back().part = kPart;
  }
  if (!honest) return;
  std::vector<RecordedResult> results =
      results_about(in, {"drift", "evidently", "data quality", "data summary"});
  if (results.empty()) return;
  Evidence evidence = evidence_of(results.front(), "a drift report of a run by hand is kept");
  evidence.part = kPart;
  out.push_back(std::move(evidence));
}

// Series that count what the model should not have been asked.
bool is_input_series(std::string_view series) {
  for (std::string_view machine :
       {"kube", "node_", "container_", "apiserver_", "process_", "go_", "cadvisor_"}) {
    if (series.starts_with(machine)) return false;  // drift of flags, pressure on memory
  }
  return has_word(series, {"invalid", "rejected", "rejects", "violation", "violations", "drift", "drifted",
                           "psi", "outlier", "outliers", "unseen"}) ||
         contains_phrase(series, "out of range") || contains_phrase(series, "validation errors") ||
         contains_phrase(series, "validation failures") || contains_phrase(series, "schema errors") ||
         contains_phrase(series, "missing features");
}

void add_alerts(const RuleInput& in, std::vector<Evidence>& out) {
  for (Evidence& evidence : alert_evidence(in, is_input_series, "alert on served inputs", SetOnce::kVoid)) {
    evidence.part = kPart;
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const Sides& sides = shared<Sides>(in);
  std::vector<Evidence> found;
  add_request_bounds(in, sides, found);
  if (found.empty()) add_own_checks(in, sides, found);
  if (found.empty()) add_column_checks(in, sides, found);
  add_drift(in, found);
  add_alerts(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule monitoring_serving_input_checks;
const Rule monitoring_serving_input_checks{
    .summary = "what the model is asked is held to what it was trained on",
    .why = "A model answers every request, also those unlike anything that it has seen.",
    .fix =
        "Check served rows against the training schema, count and alert on violations, and test for drift on "
        "a schedule.",
    .source = "Breck et al. 2017, table IV, Monitor 2",
    .run = run,
};

}  // namespace mlgrade::rules
