// DATA-1: are rows held to written expectations? Each place that checks data is one piece of evidence: a call
// or command of a validation library, a home-grown check of a frame, a test that asserts on the data itself.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/data_rules.h"
#include "rules/support/data_uses.h"
#include "rules/support/earnest.h"
#include "rules/support/feature_code.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/roles.h"
#include "rules/support/row_models.h"
#include "rules/support/row_tests.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 20;  // pieces of evidence
constexpr std::string_view kOnTheWay = "it checks on the way of another task";
const std::vector<std::string_view> kResultTopics = {
    "data validation",   "dataset validation", "validation status", "data quality",
    "dataset test",      "data test",          "data tests",        "dataset tests",
    "expectations",      "schema validation",  "data docs",         "great expectations",
    "validation report", "drift validation",   "data unit tests",   "data checks"};

// Home-grown code says no types beside the names of columns unless it asks for them; with one kind of rule
// about values it is part of a schema.
std::string lacking_at_home(const DataRules& rules) {
  if (rules.types > 0 || rules.value_kinds() > 1) return "";
  return describe(rules) + " only: no types, and no other rule about values";
}

struct Collector {
  const RuleInput& in;
  std::vector<Evidence> found;
  std::set<PyRef> seen;  // functions that have their evidence
  const AbilityMap& abilities;

  explicit Collector(const RuleInput& input) : in(input), abilities(shared<AbilityMap>(input)) {}

  // `looks`: the functions of the project that look at the data, if it is they that do.
  void price(Evidence& e, const DataRules& rules, const std::vector<PyRef>& looks = {}) const {
    e.worth_why = lacking(rules);
    if (e.worth_why.empty() && !looks.empty()) e.worth_why = lacking_at_home(rules);
    if (e.worth_why.empty()) e.worth_why = few_columns(in.facts, looks);
    if (!e.worth_why.empty()) e.worth = 0.5;
  }
  void settle(Evidence& e, const VerdictPath& path) const {
    take_verdict(path, e);
    for (const Link& link : path.links) e.links.push_back(link);
  }
};

NodeId home_of(const RuleInput& in, PyRef function) {
  uint32_t test = test_of(in.facts, function);
  return test != kNone ? in.graph.node_of_test(test) : in.graph.node_of_function(function);
}

// A check that stands in a test is lost when the test is void.
void void_test(const RuleInput& in, PyRef function, Evidence& e) {
  const uint32_t t = test_of(in.facts, function);
  if (t != kNone) defeat_unrun(in, t, e);
}

void defeat_tautology(const RuleInput& in, PyRef function, uint32_t call, Evidence& e) {
  const PyCall* maker = inferred_from_same(in, function.module, call);
  if (maker == nullptr) return;
  e.defeat = "the schema is inferred from the very data that it then checks";
  e.remedy = "Infer the schema once, review it, keep it in the repository and load it where data is checked.";
  e.defeat_at = maker->span;
}

std::string said(std::string_view tool, const DataRules& rules) {
  return rules.any() ? fmt::format("{} checks {}", tool, describe(rules))
                     : fmt::format("{} checks data", tool);
}

bool suite_is_empty(const RuleInput& in, const Use& use, const DataRules& rules) {
  if (family_of(use.tool.view()) != SchemaFamily::kExpectations || rules.any()) return false;
  return std::any_of(in.facts.configs.begin(), in.facts.configs.end(), [&](const ConfigDocument& document) {
    const DataNode* list = document.root.find("expectations");
    return list != nullptr && list->items.empty();
  });
}

void add_use(Collector& c, const Use& use) {
  const RuleInput& in = c.in;
  if (use.kind == Use::Kind::kBase || use.kind == Use::Kind::kFile || !checks_rows(in, use)) return;
  const PyCall* call = call_of(in, use);
  if (call != nullptr && is_expectation_call(*call)) return;  // add_expectations sees the whole function
  DataRules rules = rules_of_use(in, use);
  std::string what = said(label_of(in, use), rules);
  if (call != nullptr && is_notebook(in.facts, use.file) && executed_cell(in.facts, use.span) != nullptr) {
    c.found.push_back(notebook_evidence(in, use.span, what));
    return;
  }
  if (call != nullptr && call->function != kNone) {
    if (!c.seen.insert({use.function.module, call->function}).second) return;
  }
  Evidence e;
  e.place = use.span;
  e.what = what;
  e.runs_at = node_of(in, use);
  c.price(e, rules);
  if (call != nullptr) {
    e.runs_at = call->function != kNone ? home_of(in, {use.function.module, call->function}) : e.runs_at;
    c.settle(e, verdict_of_call(in, use.function.module, use.call, use.ability->fails));
    void_test(in, {use.function.module, call->function}, e);
    defeat_tautology(in, {use.function.module, call->function}, use.call, e);
  } else if (use.ability->fails == Fails::kNever || use.ability->fails == Fails::kReports) {
    UseEffect effect = effect_of(use, in.facts);
    e.effect = effect.effect;
    e.effect_at = effect.at;
    e.effect_why = effect.why;
  }
  if (suite_is_empty(in, use, rules)) {
    e.defeat = "the suite of expectations is empty";
    e.remedy = "Write expectations of types, ranges and gaps into the suite.";
  }
  c.found.push_back(std::move(e));
}

// Functions that ask a frame by the expectation methods of Great Expectations, whose receiver nothing
// resolves.
void add_expectations(Collector& c, PyRef ref, bool elsewhere) {
  const RuleInput& in = c.in;
  const PythonModule& m = in.facts.python[ref.module];
  DataRules rules;
  Span first;
  bool saves = false;
  std::set<uint32_t> validations;
  for (const Use& use : in.uses) {
    if (use.capability == "validates-data" && use.kind == Use::Kind::kCall && use.function == ref)
      validations.insert(use.call);
  }
  for (uint32_t i : indices(m.body(ref.index).calls)) {
    const PyCall& call = m.calls[i];
    if (call.function != ref.index) continue;
    if (call.method == "validate") validations.insert(i);
    saves |= contains_phrase(call.method.view(), "save expectation") || call.method == "add_expectation";
    if (!is_expectation_call(call)) continue;
    validations.erase(i);
    if (!first.valid()) first = call.span;
    rules += rules_of_word(call.method.view());
  }
  if (!first.valid() || (saves && elsewhere && validations.empty()) || !c.seen.insert(ref).second) return;
  std::string what = fmt::format("expectations of {}", describe(rules));
  if (m.is_notebook && executed_cell(in.facts, first) != nullptr) {
    c.found.push_back(notebook_evidence(in, first, what));
    return;
  }
  Evidence e;
  e.place = first;
  e.what = what;
  e.runs_at = ref.index == kNone ? in.graph.node_of_function(ref) : home_of(in, ref);
  c.price(e, rules);
  FunctionVerdict verdict = verdict_of_looks(
      in, ref,
      [&](uint32_t call) { return is_expectation_call(m.calls[call]) || validations.contains(call); },
      [](Name) { return false; });
  c.settle(e, verdict.path);
  void_test(in, ref, e);
  c.found.push_back(std::move(e));
}

bool has_expectations(const PythonModule& m, uint32_t function) {
  return std::ranges::any_of(calls_in(m, function), [&](const PyCall& call) {
    return call.function == function && is_expectation_call(call);
  });
}

bool imports_frames(const PythonModule& m) {
  return std::any_of(m.imports.begin(), m.imports.end(), [](const PyImport& import) {
    std::string_view root = import.target.empty() ? import.module.view() : import.target.view();
    root = root.substr(0, root.find('.'));
    return root == "pandas" || root == "polars" || root == "pyspark" || root == "dask" ||
           root == "geopandas" || root == "datasets" || root == "modin" || root == "cudf";
  });
}

// The module handles frames itself, or imports a module of the project that does.
bool uses_frames(const FactStore& facts, const PythonModule& m) {
  return imports_frames(m) || std::any_of(m.imports.begin(), m.imports.end(), [&](const PyImport& import) {
           return import.project_module != kNone && imports_frames(facts.python[import.project_module]);
         });
}

// A call of the check whose schema was inferred from the data that it is given, in any caller.
void defeat_home_grown(const RuleInput& in, PyRef check, Evidence& e) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    for (uint32_t c = 0; c < module.calls.size() && e.defeat.empty(); ++c) {
      if (module.calls[c].function_ref == check && !is_test_code(in.facts, module.file))
        defeat_tautology(in, {m, module.calls[c].function}, c, e);
    }
  }
}

bool worth_a_look(const DataRules& rules) {
  return rules.columns > 0 || rules.types > 0 || rules.nulls > 0 || rules.unique > 0 || rules.sets > 0 ||
         rules.ranges > 0 || rules.distributions > 0;
}

// Nobody but predictions calls it: it looks at requests.
bool serves_predictions(const RuleInput& in, PyRef check) {
  bool called = false;
  for (const PythonModule& m : in.facts.python) {
    for (const PyCall& call : m.calls) {
      if (call.function_ref != check || is_test_code(in.facts, m.file)) continue;
      called = true;
      bool serving =
          is_other_business(in.facts.path(m.file)) || has_word(in.facts.path(m.file), {"predict"}) ||
          (call.function != kNone && has_word(m.functions[call.function].name.view(),
                                              {"predict", "prediction", "predictions", "inference"}));
      if (!serving) return false;
    }
  }
  return called;
}

FunctionVerdict verdict_of_frame(const RuleInput& in, PyRef ref) {
  const PythonModule& m = in.facts.python[ref.module];
  std::set<Name> compared;  // names bound to a comparison or a filter
  for (const PyBinding& b : bindings_in(m, ref.index)) {
    if (b.function != ref.index) continue;
    bool filters = std::ranges::any_of(conditions_in(m, ref.index), [&](const PyCondition& c) {
      return c.kind == PyCondition::Kind::kFilter && c.function == ref.index && !c.comparisons.empty() &&
             c.span.line >= b.span.line && c.span.line <= std::max(b.span.end_line, b.span.line);
    });
    if (!b.comparisons.empty() || filters) compared.insert(b.target);
  }
  return verdict_of_looks(
      in, ref, [&](uint32_t call) { return is_data_look(m.calls[call]); },
      [&](Name read) {
        std::string_view root = read.view().substr(0, read.view().find('.'));
        return is_data_look(read) || compared.contains(read) || compared.contains(Name(root));
      });
}

// Cells that were run and call the check.
void add_notebook_runs(Collector& c, PyRef check, const std::string& what) {
  for (const PythonModule& m : c.in.facts.python) {
    if (!m.is_notebook || is_sample(c.in.facts, m.file)) continue;
    for (const PyCall& call : m.calls) {
      if (call.function_ref != check || executed_cell(c.in.facts, call.span) == nullptr) continue;
      c.found.push_back(notebook_evidence(c.in, call.span, what));
      return;
    }
  }
}

void add_home_grown(Collector& c, PyRef ref) {
  const RuleInput& in = c.in;
  const PythonModule& m = in.facts.python[ref.module];
  const PyFunction& f = m.functions[ref.index];
  DataRules rules = looks_of_function(m, ref.index);
  if (f.is_stub || !worth_a_look(rules)) return;
  bool named = names_check(f.name.view());
  if (!named && (rules.columns + rules.types == 0 || rules.value_kinds() + (rules.types > 0) < 2)) return;
  if (!named && has_word(f.name.view(), {"train", "fit", "plot", "predict", "load", "main", "run"})) return;
  if (!uses_frames(in.facts, m) || has_word(f.name.view(), {"get", "config", "configuration", "settings"}))
    return;
  if (c.seen.contains(ref) || serves_predictions(in, ref)) return;
  FunctionVerdict verdict = verdict_of_frame(in, ref);
  bool fails = verdict.path.effect.effect != Effect::kSwallowed;
  bool raises = fails && !verdict.path.links.empty() &&
                (verdict.path.links.back().what.find("raises") != std::string::npos ||
                 verdict.path.links.back().what.find("asserts") != std::string::npos);
  if (!verdict.decides || (!named && !raises)) return;
  c.seen.insert(ref);
  Evidence e;
  e.place = f.span;
  e.what = fmt::format("`{}` checks {}", f.qualname.view(), describe(rules));
  e.runs_at = in.graph.node_of_function(ref);
  c.price(e, rules, {ref});
  if (!named && e.worth_why.empty()) {  // some of what it looks at only picks rows
    e.worth = 0.5;
    e.worth_why = fmt::format("{}, and part of that drops rows or converts them", kOnTheWay);
  }
  c.settle(e, verdict.path);
  defeat_home_grown(in, ref, e);
  add_notebook_runs(c, ref, e.what);
  c.found.push_back(std::move(e));
}

void add_product_code(Collector& c) {
  const RuleInput& in = c.in;
  std::set<FileId> serving;
  for (const Use& use : in.uses) {
    if (use.capability == "serves-route" || use.capability == "serves-http") serving.insert(use.file);
  }
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    if (is_other_business(in.facts.path(module.file)) || serving.contains(module.file)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) add_home_grown(c, {m, f});
  }
}

// A test that asserts on rows it reads, not on what feature code makes of them.
void add_tests(Collector& c) {
  const RuleInput& in = c.in;
  const std::vector<PyRef>& list = feature_functions(in);
  std::set<PyRef> features(list.begin(), list.end());
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (in.facts.function(test.function) == nullptr || c.seen.contains(test.function)) continue;
    const PythonModule& m = in.facts.python[test.function.module];
    const std::function<bool(uint32_t)> answers = looks_at_answers(in, test.function);
    DataRules rules = looks_of_function(m, test.function.index, answers);
    if (!worth_a_look(rules) || in.graph.node_of_test(t) == kNone) continue;
    const bool reads =
        test.on_artifacts ||
        (!makes_rows(in.facts, test) && c.abilities.first(in.graph.node_of_test(t), "reads-data") != nullptr);
    if (!reads || asserts_on_product(in, test, features)) continue;
    FunctionVerdict verdict = verdict_of_frame(in, test.function);
    if (!verdict.decides) continue;
    c.seen.insert(test.function);
    Evidence e;
    e.place = in.facts.function(test.function)->span;
    e.what = fmt::format("a test asserts {} of the data it reads", describe(rules));
    e.runs_at = in.graph.node_of_test(t);
    c.price(e, rules, tests_beside(in.facts, test.function));
    c.settle(e, verdict.path);
    void_test(in, test.function, e);
    c.found.push_back(std::move(e));
  }
}

// The function of a test or of home-grown code whose evidence this is.
PyRef checker_of(const RuleInput& in, const Evidence& e) {
  if (e.mode != EvidenceMode::kCheck || e.runs_at == kNone) return {};
  const Node& node = in.graph.nodes[e.runs_at];
  if (node.kind == NodeKind::kTest) return in.facts.tests[node.owner].function;
  return node.kind == NodeKind::kFunction ? PyRef{node.owner, node.index} : PyRef{};
}

// Several tests or checks of one file together may make a whole schema that no single one does: one for
// columns, one for types, one for gaps.
void join_neighbours(Collector& c) {
  const RuleInput& in = c.in;
  std::vector<DataRules> own;
  for (const Evidence& e : c.found) {
    PyRef ref = checker_of(in, e);
    own.push_back(ref.valid() ? looks_of_function(in.facts.python[ref.module], ref.index) : DataRules{});
  }
  for (size_t i = 0; i < c.found.size(); ++i) {
    Evidence& e = c.found[i];
    PyRef ref = checker_of(in, e);
    if (e.worth >= 1 || !ref.valid() || !own[i].any()) continue;
    if (e.worth_why.starts_with(kOnTheWay)) continue;  // more such rules do not make it a check
    DataRules all;
    std::vector<PyRef> together;
    for (size_t j = 0; j < c.found.size(); ++j) {
      const Evidence& other = c.found[j];
      PyRef beside = checker_of(in, other);
      bool joins = beside.valid() && beside.module == ref.module && other.defeat.empty() &&
                   other.effect == e.effect &&
                   in.graph.reached_by(other.runs_at) == in.graph.reached_by(e.runs_at);
      if (!joins) continue;
      all += own[j];
      together.push_back(beside);
    }
    if (!all.rich() || !lacking_at_home(all).empty()) continue;
    e.worth_why = few_columns(in.facts, together);
    e.worth = e.worth_why.empty() ? 1 : 0.5;
    e.what += fmt::format("; with what stands beside it {}", describe(all));
  }
}

// Schemas and suites that nothing validates against.
void add_unused(Collector& c) {
  const RuleInput& in = c.in;
  if (!c.found.empty()) return;
  for (const Use& use : in.uses) {
    if (use.capability != "defines-schema" || is_sample(in.facts, use.file) || c.found.size() >= 5) continue;
    Evidence e;
    e.place = use.span;
    e.what = fmt::format("the schema {}, which nothing validates against", name_of(in, use));
    c.found.push_back(std::move(e));
  }
}

void add_results(Collector& c) {
  const RuleInput& in = c.in;
  for (size_t i = 0, count = c.found.size(); i < count; ++i) {
    const Evidence& e = c.found[i];
    bool unreached = e.mode == EvidenceMode::kCheck && e.defeat.empty() && e.effect != Effect::kSwallowed &&
                     in.graph.reached_by(e.runs_at) == Reach::By::kNothing;
    std::optional<RecordedResult> stage = unreached ? recorded_stage(in, e.runs_at) : std::nullopt;
    if (stage) c.found.push_back(evidence_of(*stage, std::string(c.found[i].what)));
    if (!unreached || stage) continue;
    if (const std::optional<DocumentedRun> run = documented_run(in, c.found[i].runs_at, kResultTopics))
      c.found.push_back(evidence_of(*run, std::string(c.found[i].what)));
  }
  bool real = std::any_of(c.found.begin(), c.found.end(), [](const Evidence& e) {
    return e.mode == EvidenceMode::kCheck && e.runs_at != kNone && e.defeat.empty();
  });
  if (!real) return;
  constexpr size_t kResults = 3;
  std::vector<RecordedResult> results = results_about(in, kResultTopics);
  for (size_t i = 0; i < results.size() && i < kResults; ++i)
    c.found.push_back(evidence_of(results[i], "recorded result of a validation of the data"));
  for (const FileFact& file : in.facts.files) {
    std::string_view path = file.path.view();
    bool of_suite = path.find("validations/") != std::string_view::npos && path.ends_with(".json") &&
                    (path.find("gx/") != std::string_view::npos ||
                     path.find("great_expectations/") != std::string_view::npos);
    // What pipelines of the common course template leave: artifacts/data_validation/status.txt, report.yaml
    std::string_view name = path.substr(path.rfind('/') + 1);
    bool of_stage = contains_phrase(path, "data validation") &&
                    has_word(name, {"status", "report", "result", "results"}) && !name.ends_with(".py") &&
                    !name.ends_with(".ipynb") && file.bytes > 0;
    if ((!of_suite && !of_stage) || file.sample || file.vendored) continue;
    RecordedResult result{Span{file.id, 1, 1, 1}, file.path.str(), file.last_commit, Confidence::kHigh};
    c.found.push_back(evidence_of(result, "recorded result of a validation of the data"));
  }
}

int rank(const Evidence& e) {
  return (e.defeat.empty() ? 0 : 4) + (e.effect == Effect::kSwallowed ? 2 : 0) + (e.worth < 1);
}

// A check that CI runs through a test counts when the test reads real rows; what the service asks of requests
// is another matter.
void settle_runs(Collector& c) {
  Earnest earnest;
  earnest.test = [&](uint32_t t) {
    NodeId node = c.in.graph.node_of_test(t);
    const TestCase& test = c.in.facts.tests[t];
    if (asserts_only_refusal(test)) return false;
    return test.on_artifacts ||
           (!makes_rows(c.in.facts, test) && c.abilities.first(node, "reads-data") != nullptr);
  };
  const Sides& sides = shared<Sides>(c.in);
  earnest.elsewhere = [&](NodeId node) { return contains_node(sides.handlers, node); };
  earnest.only = "which only tests and the service run";
  for (Evidence& e : c.found) run_in_earnest(c.in, e, earnest);
}

void run(const RuleInput& in, RuleOutput& out) {
  Collector c(in);
  std::vector<const Use*> uses = uses_of(in, "validates-data");
  bool elsewhere = std::any_of(uses.begin(), uses.end(), [&](const Use* use) {
    const PyCall* call = call_of(in, *use);
    return call == nullptr || !is_expectation_call(*call);
  });
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      if (has_expectations(module, f)) add_expectations(c, {m, f}, elsewhere);
    }
    if (has_expectations(module, kNone)) add_expectations(c, {m, kNone}, elsewhere);
  }
  for (const Use* use : uses) add_use(c, *use);
  add_product_code(c);
  for (Evidence& e : row_model_evidence(in)) c.found.push_back(std::move(e));
  add_tests(c);
  join_neighbours(c);
  settle_runs(c);
  add_unused(c);
  add_results(c);
  std::stable_sort(c.found.begin(), c.found.end(),
                   [](const Evidence& a, const Evidence& b) { return rank(a) < rank(b); });
  if (c.found.size() > kMost) c.found.resize(kMost);
  out.evidence = std::move(c.found);
}

}  // namespace

extern const Rule data_feature_schema;
const Rule data_feature_schema{
    .kind = RuleKind::kEvidence,
    .summary = "Rows are held to written expectations of columns, types and values",
    .why = "Bad rows train a bad model without any error; nobody notices before its predictions are wrong.",
    .fix =
        "Write a schema with types, ranges and null rules, and let the pipeline or CI stop when rows break "
        "it.",
    .source = "Breck et al. 2017, table I, Data 1",
    .run = run,
};

}  // namespace mlgrade::rules
