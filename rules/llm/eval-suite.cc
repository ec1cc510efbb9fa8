// Answers of a language model are evaluated against a bar wherever prompt, model or retrieval change.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/base/glob.h"
#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/llm_suites.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/verdict.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 10;
constexpr size_t kFewCases = 3;  // so few show that it answers, not how well

void defeat(Evidence& evidence, std::string why, Span at, std::string remedy) {
  evidence.defeat = std::move(why);
  evidence.defeat_at = at;
  evidence.remedy = std::move(remedy);
}

void weigh_suite(const LlmSuite* suite, Evidence& evidence) {
  if (suite == nullptr) {
    evidence.worth = 0.5;
    evidence.worth_why = "which cases it asks cannot be told from the repository";
    return;
  }
  evidence.links.push_back({suite->span, "the cases"});
  const bool shape = std::all_of(suite->assertions.begin(), suite->assertions.end(),
                                 [](const std::string& type) { return is_shape_assertion(type); });
  if (suite->cases && *suite->cases <= kFewCases) {
    defeat(evidence, fmt::format("it asks {} case{} only", *suite->cases, *suite->cases == 1 ? "" : "s"),
           suite->span, "Collect cases from real use, the hard ones first.");
  } else if (suite->cases && suite->assertions.empty()) {
    defeat(evidence, "no case asserts anything", suite->span,
           "Assert in each case what a right answer says.");
  } else if (suite->cases && shape) {
    defeat(evidence, "its cases look at the form of answers, not at what they say", suite->span,
           "Assert in each case what a right answer says.");
  } else if (!suite->asks_product) {
    evidence.worth = 0.5;
    evidence.worth_why = "its prompts are copies: a change of the product's is not evaluated";
  }
}

// Files that change what the model answers: prompts, and code that holds them.
std::vector<std::string_view> prompt_files(const RuleInput& in) {
  std::set<std::string_view> out;
  for (const FileFact& file : in.facts.files) {
    if (!file.sample && !file.vendored && is_prompt_file(file.path.view())) out.insert(file.path.view());
  }
  for (const PromptText& prompt : prompt_texts(in))
    out.insert(in.facts.path(in.facts.python[prompt.module].file));
  return {out.begin(), out.end()};
}

// A trigger that some path starts: without a filter, or with one that takes a prompt.
bool takes_prompts(const Trigger& trigger, const std::vector<std::string_view>& prompts) {
  const auto any = [&](const std::vector<std::string>& patterns, std::string_view path) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return glob_match(pattern, path); });
  };
  if (trigger.automatic == Truth::kNo) return false;
  if (trigger.paths.empty() && trigger.paths_ignore.empty()) return true;
  return std::any_of(prompts.begin(), prompts.end(), [&](std::string_view path) {
    return (trigger.paths.empty() || any(trigger.paths, path)) && !any(trigger.paths_ignore, path);
  });
}

// The trigger that starts it is filtered to files of which none holds a prompt.
void weigh_paths(const RuleInput& in, Evidence& evidence) {
  if (!evidence.defeat.empty() || evidence.runs_at == kNone) return;
  const Reach reach = in.graph.reach(evidence.runs_at);
  if (reach.nodes.empty() || in.graph.nodes[reach.nodes.front()].kind != NodeKind::kTrigger) return;
  const Node& start = in.graph.nodes[reach.nodes.front()];
  const std::vector<std::string_view> prompts = prompt_files(in);
  if (prompts.empty()) return;
  const std::vector<Trigger>& triggers = in.facts.automation[start.owner].triggers;
  const bool taken = std::any_of(triggers.begin(), triggers.end(),
                                 [&](const Trigger& trigger) { return takes_prompts(trigger, prompts); });
  if (taken) return;
  defeat(evidence, "the paths that start it leave the prompts out", triggers[start.index].span,
         "Add the files with prompts to the paths of the trigger.");
}

void add_commands(const RuleInput& in, const std::vector<LlmSuite>& suites, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "evaluates-llm")) {
    if (use->kind != Use::Kind::kCommand && use->kind != Use::Kind::kAction) continue;
    const std::string name = name_of(in, *use);
    const bool runs_tests =
        name.find("deepeval") != std::string::npos || name.find("pytest") != std::string::npos;
    const LlmSuite* suite = suite_of(in, suites, *use);
    if (runs_tests || (suite != nullptr && suite->attacks))
      continue;  // its tests speak for it; a red team is another
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} evaluates answers of the model", name);
    evidence.runs_at = node_of(in, *use);
    evidence.links.push_back({use->span, evidence.what});
    if (use->ability->fails == Fails::kReports) {
      evidence.worth = 0.5;
      evidence.worth_why = "nothing fails on its figures";
    } else {
      weigh_suite(suite, evidence);
    }
    weigh_paths(in, evidence);
    out.push_back(std::move(evidence));
  }
}

// Cases that the tests of a module ask, one by one; 0: as many as a loop or a file brings.
size_t cases_in(const RuleInput& in, uint32_t module, const std::set<uint32_t>& tests) {
  size_t cases = 0;
  const PythonModule& m = in.facts.python[module];
  for (uint32_t t : tests) {
    const TestCase& test = in.facts.tests[t];
    if (test.function.module != module) continue;
    const bool loops = std::any_of(m.blocks.begin(), m.blocks.end(), [&](const PyBlock& block) {
      return block.kind == PyBlock::Kind::kLoop && block.function == test.function.index;
    });
    const PyFunction* function = in.facts.function(test.function);
    const bool listed_elsewhere = function != nullptr && test.parametrized == 0 &&
                                  std::any_of(test.markers.begin(), test.markers.end(),
                                              [](Name marker) { return marker == "parametrize"; });
    if (loops || listed_elsewhere) return 0;
    cases += std::max<uint32_t>(1, test.parametrized);
  }
  return cases;
}

// A command that runs the tests by a runner of the tool's own.
NodeId own_runner(const RuleInput& in) {
  for (const Use* use : uses_of(in, "evaluates-llm")) {
    if (use->kind == Use::Kind::kCommand && name_of(in, *use).find("deepeval test run") != std::string::npos)
      return node_of(in, *use);
  }
  return kNone;
}

bool replayed(const TestCase& test) {
  return std::any_of(test.markers.begin(), test.markers.end(),
                     [](Name marker) { return marker == "vcr" || marker == "block_network"; });
}

// Tests that evaluate: an evaluation that raises, or whose figures an assertion holds to a bar.
void add_tests(const RuleInput& in, std::vector<Evidence>& out) {
  std::map<uint32_t, const Use*> by_test;
  for (const Use* use : uses_of(in, "evaluates-llm")) {
    const NodeId node = node_of(in, *use);
    if (use->kind != Use::Kind::kCall || node == kNone) continue;
    for (NodeId caller : in.graph.callers(node)) {
      if (in.graph.nodes[caller].kind != NodeKind::kTest) continue;
      const Use*& kept = by_test[in.graph.nodes[caller].owner];
      if (kept == nullptr || use->ability->fails == Fails::kRaises) kept = use;
    }
  }
  std::set<uint32_t> tests;
  for (const auto& [t, use] : by_test) tests.insert(t);
  const NodeId runner = own_runner(in);
  for (const auto& [t, use] : by_test) {
    const TestCase& test = in.facts.tests[t];
    if (in.facts.function(test.function) == nullptr) continue;
    Evidence evidence = test_evidence(in, t, fmt::format("{} evaluates answers in a test", name_of(in, *use)),
                                      {{use->span, "the evaluation"}});
    if (use->ability->fails == Fails::kRaises) evidence.effect = Effect::kBlocking;
    if (in.graph.reached_by(evidence.runs_at) == Reach::By::kNothing && runner != kNone)
      evidence.runs_at = runner;
    const size_t cases = cases_in(in, test.function.module, tests);
    if (test.project_functions.empty()) {
      defeat(evidence, "it judges answers that are written out in the test, none of the product's", use->span,
             "Let the product answer in the test.");
    } else if (replayed(test)) {
      defeat(evidence, "answers are replayed from a recording", evidence.place,
             "Ask the model anew, at least on a schedule.");
    } else if (cases > 0 && cases <= kFewCases) {
      defeat(evidence, fmt::format("it asks {} case{} only", cases, cases == 1 ? "" : "s"), evidence.place,
             "Collect cases from real use, the hard ones first.");
    }
    weigh_paths(in, evidence);
    out.push_back(std::move(evidence));
  }
}

// Functions of the product whose answers come of a model.
std::set<Name> answering_functions(const RuleInput& in, const AbilityMap& abilities) {
  std::set<Name> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      if (abilities.can(in.graph.node_of_function({m, f}), "calls-llm"))
        out.insert(module.functions[f].target);
    }
  }
  out.erase(Name());
  return out;
}

// A test of the project's own that lets the model answer many cases and looks at what it says: told by where
// it stands, and by a call of the model that nothing replaces.
void add_own_tests(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  const std::set<Name> answering = answering_functions(in, abilities);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const bool named = has_word(test.id.view(), {"eval", "evals", "evaluation", "golden"});
    if (!named || !tests_project(test) || in.facts.function(test.function) == nullptr) continue;
    const NodeId node = in.graph.node_of_test(t);
    if (!abilities.can(node, "calls-llm") || abilities.can(node, "evaluates-llm") ||
        abilities.can(node, "mocks"))
      continue;
    const AbleAt* able = abilities.first(node, "calls-llm");
    if (able == nullptr || is_mocked(in, test, *able)) continue;
    // What is asserted is the answer itself, not what the service keeps about evaluations.
    const TestAssertion* asserted = effective_assertion(test, [&](const TestAssertion& a) {
      return !a.type_only && std::any_of(a.depends_on.begin(), a.depends_on.end(),
                                         [&](Name target) { return answering.contains(target); });
    });
    if (asserted == nullptr) continue;
    Evidence evidence = test_evidence(in, t, "a test lets the model answer cases and looks at what it says",
                                      {{able->span, "the model is asked"}});
    const size_t cases = cases_in(in, test.function.module, {t});
    if (replayed(test)) {
      defeat(evidence, "answers are replayed from a recording", evidence.place,
             "Ask the model anew, at least on a schedule.");
    } else if (cases > 0 && cases <= kFewCases) {
      defeat(evidence, fmt::format("it asks {} case{} only", cases, cases == 1 ? "" : "s"), evidence.place,
             "Collect cases from real use, the hard ones first.");
    }
    weigh_paths(in, evidence);
    out.push_back(std::move(evidence));
  }
}

// What runs the evaluation also lets the product answer: a call of the model, an agent or a request to the
// service, in another module than the evaluation, whose own calls judge.
bool asks_product(const RuleInput& in, const AbilityMap& abilities, NodeId start, uint32_t evaluation) {
  for (NodeId node : in.graph.closure(start)) {
    for (const AbleAt& able : abilities.at(node)) {
      const bool asks = able.capability == "calls-llm" || able.capability == "builds-agent" ||
                        able.capability == "requests-http" || able.capability == "tests-http";
      if (asks && able.module != evaluation) return true;
    }
  }
  return false;
}

// Programs that evaluate and decide by the figures.
void add_programs(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "evaluates-llm")) {
    if (use->kind != Use::Kind::kCall) continue;
    if (is_notebook(in.facts, use->file)) {
      if (executed_cell(in.facts, use->span) != nullptr)
        out.push_back(notebook_evidence(in, use->span, "answers are evaluated in a notebook"));
      continue;
    }
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = fmt::format("{} evaluates answers of the model", name_of(in, *use));
    evidence.runs_at = node_of(in, *use);
    const VerdictPath path = verdict_of_call(in, use->function.module, use->call, use->ability->fails);
    take_verdict(path, evidence);
    evidence.links.push_back({use->span, evidence.what});
    evidence.links.insert(evidence.links.end(), path.links.begin(), path.links.end());
    run_in_earnest(in, evidence);
    if (evidence.runs_at != kNone && !asks_product(in, abilities, evidence.runs_at, use->function.module)) {
      evidence.worth = 0.5;
      evidence.worth_why = "the answers that it judges are not shown to be the product's";
    }
    weigh_paths(in, evidence);
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  std::vector<Evidence> found;
  add_commands(in, llm_suites(in), found);
  const AbilityMap& abilities = shared<AbilityMap>(in);
  add_tests(in, found);
  add_own_tests(in, abilities, found);
  add_programs(in, abilities, found);
  for (const RecordedResult& result : results_about(
           in, {"eval", "evals", "evaluation", "promptfoo", "deepeval", "ragas", "llm benchmark"})) {
    found.push_back(evidence_of(result, "figures of an evaluation are kept"));
  }
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_eval_suite;
const Rule llm_eval_suite{
    .summary = "a set of cases holds the model's answers to a bar when prompt, model or retrieval change",
    .why = "One word in a prompt changes answers in places that nobody looks at.",
    .fix =
        "Run a suite of real cases over the product's own prompts on each pull request and fail below a bar.",
    .source = "Breck et al. 2017, table III, Infra 4, for hosted models",
    .run = run,
};

}  // namespace mlgrade::rules
