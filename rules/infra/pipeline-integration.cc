// Something runs the pipeline from data to a prediction, and looks at the outcome.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/mock_arguments.h"
#include "rules/support/model_metrics.h"
#include "rules/support/nearest.h"
#include "rules/support/outcomes.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"
#include "rules/support/trained_before.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 20;
constexpr int kEnoughStages = 3;

std::vector<Link> stage_links(const Stages& s) {
  std::vector<Link> links;
  if (s.reads != nullptr) links.push_back({s.reads->span, "reads data"});
  if (s.prepares != nullptr) links.push_back({s.prepares->span, "prepares it"});
  if (s.trains != nullptr) links.push_back({s.trains->span, "trains"});
  if (s.evaluates != nullptr) links.push_back({s.evaluates->span, "evaluates"});
  if (s.evaluates == nullptr && s.predicts != nullptr) links.push_back({s.predicts->span, "predicts"});
  return links;
}

bool is_whole(const Stages& s) {
  return s.trains != nullptr && (s.predicts != nullptr || s.evaluates != nullptr) &&
         s.count() >= kEnoughStages;
}

// All that would run with the test if it replaced nothing.
std::vector<NodeId> callees_of(const RuleInput& in, NodeId test) {
  std::vector<NodeId> found;
  for (uint32_t e : in.graph.out[test]) {
    const std::vector<NodeId> below = in.graph.closure(in.graph.edges[e].to);
    found.insert(found.end(), below.begin(), below.end());
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// Links from where the distances are measured to the place.
uint32_t nearest(const std::vector<uint32_t>& distances, const AbilityMap& abilities, const AbleAt& able) {
  uint32_t least = kNone;
  for (NodeId n = 0; n < distances.size(); ++n) {
    for (const AbleAt& one : abilities.at(n)) {
      if (&one == &able) least = std::min(least, distances[n]);
    }
  }
  return least == kNone ? 0 : least;
}

// Links from the node to the place. `ways`: to the places that were asked for before.
uint32_t distance_to(const RuleInput& in, std::map<NodeId, std::vector<Nearest>>& ways, NodeId place,
                     NodeId node) {
  const auto [way, fresh] = ways.try_emplace(place);
  if (fresh) {
    std::vector<bool> wanted(in.graph.nodes.size());
    wanted[place] = true;
    way->second = nearest_of(in.graph, wanted);
  }
  return way->second[node].distance;
}

// Nothing that the test asserts could fail, but nothing keeps an error of the run from it either.
bool only_crashes_show(const TestCase& test) {
  return std::none_of(test.assertions.begin(), test.assertions.end(), [](const TestAssertion& assertion) {
    return assertion.worth == TestAssertion::Worth::kEffective ||
           assertion.worth == TestAssertion::Worth::kSwallowed;
  });
}

// Cross-validation fits and measures in one call and throws every model away: none is there to be asked.
bool leaves_no_model(const Stages& stages) {
  return stages.predicts == nullptr && stages.evaluates != nullptr &&
         stages.evaluates->span == stages.trains->span;
}

// The test reads, prepares and trains by itself, with a library; what the project would do is another matter.
bool by_test_alone(const RuleInput& in, const Stages& stages) {
  const auto own = [&](const AbleAt* able) {
    return able == nullptr || is_test_code(in.facts, able->span.file);
  };
  return stages.trains->use != nullptr && own(stages.trains) && own(stages.reads) && own(stages.prepares);
}

// One command trains and keeps the model, and a test of a later one loads it and looks at what it answers.
void add_in_two_commands(const RuleInput& in, const AbilityMap& abilities, const Outcomes& outcomes,
                         uint32_t t, std::vector<Evidence>& out) {
  const std::optional<TrainedBefore> before = trained_before(in, abilities, t);
  if (!before) return;
  const TestCase& test = in.facts.tests[t];
  const auto looks = [&](const TestAssertion& a) { return outcomes.of_run(a); };
  if (effective_assertion(test, looks) == nullptr || asserts_only_refusal(test)) return;
  std::vector<NodeId> all = run_without_tests(in, before->command);
  const std::vector<NodeId> tested = in.graph.closure(in.graph.node_of_test(t));
  all.insert(all.end(), tested.begin(), tested.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const Stages stages = stages_of(abilities, all);
  if (!is_whole(stages) || stages.reads == nullptr) return;
  std::vector<Link> links = stage_links(stages);
  links.insert(links.begin(), {in.graph.nodes[before->command].span, "runs the training before it"});
  links.push_back({before->loads->span, "loads what was trained"});
  out.push_back(
      test_evidence(in, t, "a test looks at what the training before it has left", std::move(links)));
}

void add_tests(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  const Outcomes& outcomes = shared<Outcomes>(in);
  std::map<NodeId, std::vector<Nearest>> ways;  // to places that train
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    const NodeId node = in.graph.node_of_test(t);
    if (!abilities.can(node, "trains-model")) {
      add_in_two_commands(in, abilities, outcomes, t, out);
      continue;
    }
    const bool mocks = replaces_anything(in, test);
    const auto mocked = [&](const AbleAt& able) { return is_mocked(in, test, able); };
    Stages stages = mocks ? stages_of(abilities, in.graph.closure(node), mocked) : stages_of(abilities, node);
    const bool replaced = !is_whole(stages) || mocks_training(in, abilities, test);
    if (!is_whole(stages)) {
      if (!mocks) continue;
      stages = stages_of(abilities, callees_of(in, node));
      if (!is_whole(stages)) continue;
    }
    bool project = !test.project_functions.empty() || !is_test_code(in.facts, stages.trains->span.file);
    if (!project) continue;
    Evidence evidence =
        test_evidence(in, t, "a test runs the pipeline from data to prediction", stage_links(stages));
    evidence.distance = mocks ? nearest(in.graph.distances(node), abilities, *stages.trains)
                              : distance_to(in, ways, abilities.lowest("trains-model")[node], node);
    if (replaced) {
      evidence.defeat = "the test replaces stages of the pipeline by mocks";
      evidence.defeat_at = evidence.place;
    } else if (asserts_only_refusal(test)) {
      evidence.defeat = "the test expects the run to be refused before its end";
      evidence.defeat_at = evidence.place;
    } else if (by_test_alone(in, stages)) {
      evidence.worth = 0.5;
      evidence.worth_why = "the test trains by itself, not by the project's own training";
    } else if (leaves_no_model(stages)) {
      evidence.worth = 0.5;
      evidence.worth_why =
          "the folds are fitted and measured, and no trained model is asked for a prediction";
    } else if (only_crashes_show(test)) {
      evidence.effect = Effect::kBlocking;
      evidence.effect_why.clear();
      evidence.worth = 0.5;
      evidence.worth_why = "it runs without a look at the outcome";
    } else if (effective_assertion(test, [&](const TestAssertion& a) { return outcomes.of_run(a); }) ==
               nullptr) {
      evidence.worth = 0.5;
      evidence.worth_why = "no assertion looks at a prediction, a metric or what was written";
    }
    out.push_back(std::move(evidence));
  }
}

// The pipeline's own programs, run by CI in one job: nothing asserts the outcome, but a crash is seen.
void add_runs(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const Unit& unit = file.units[u];
      bool whole_run = unit.kind == UnitKind::kJob || unit.kind == UnitKind::kScript ||
                       unit.kind == UnitKind::kTarget || unit.kind == UnitKind::kStage ||
                       (unit.kind == UnitKind::kWorkflow);
      if (!whole_run) continue;
      const NodeId unit_node = in.graph.node_of_unit(f, u);
      if (!abilities.can(unit_node, "trains-model")) continue;
      const std::vector<NodeId> closure = run_without_tests(in, unit_node);
      Stages stages = stages_of(abilities, closure);
      if (!is_whole(stages)) continue;
      // The command through which the training comes: what is published or lost is decided there.
      NodeId at = unit_node;
      for (NodeId n : closure) {
        const Node& node = in.graph.nodes[n];
        if (node.kind != NodeKind::kCommand || node.owner != f) continue;
        if (abilities.can(n, "trains-model") &&
            abilities.first_in(run_without_tests(in, n), "trains-model") != nullptr) {
          at = n;
          break;
        }
      }
      Evidence evidence;
      evidence.place = in.graph.nodes[at].span;
      evidence.what = "the pipeline runs from data to evaluation";
      evidence.runs_at = at;
      evidence.links = stage_links(stages);
      evidence.worth = 0.5;
      evidence.worth_why = "no assertion looks at the outcome";
      out.push_back(std::move(evidence));
    }
  }
}

bool has_decimals(std::string_view text) {
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    const auto digit = [&](size_t at) { return std::isdigit(static_cast<unsigned char>(text[at])) != 0; };
    if (text[i] == '.' && digit(i - 1) && digit(i + 1)) return true;
    if (text[i] == '%' && digit(i - 1)) return true;
  }
  return false;
}

// A row of figures under a measure of quality, or beside its name.
bool states_quality(const DocTable& table) {
  const bool measured = std::any_of(table.header.begin(), table.header.end(),
                                    [](const std::string& cell) { return is_quality_name(cell); });
  return std::any_of(table.rows.begin(), table.rows.end(), [&](const std::vector<std::string>& row) {
    const bool figure = row.size() > 1 && std::any_of(row.begin() + 1, row.end(), has_decimals);
    return figure && (measured || is_quality_name(row.front()));
  });
}

// Where a document states how good the model came out.
std::optional<RecordedResult> stated_quality(const RuleInput& in) {
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.placeholders * 12 > document.words) continue;
    const std::optional<Date> dated = last_commit(in.facts, document.file);
    for (const DocTable& table : document.tables) {
      if (states_quality(table))
        return RecordedResult{table.span, "a table of its quality", dated, Confidence::kLow};
    }
    for (const Paragraph& paragraph : document.paragraphs) {
      const bool meant = has_word(paragraph.text, {"target", "goal", "should", "must", "threshold", "least",
                                                   "below", "above", "minimum", "expected", "if", "when",
                                                   // of a known model, beside another
                                                   "retain", "retains", "retaining", "faster", "smaller"});
      const bool states = is_quality_name(paragraph.text) && has_decimals(paragraph.text);
      if (states && !meant)
        return RecordedResult{paragraph.span, "a sentence on its quality", dated, Confidence::kLow};
    }
  }
  return std::nullopt;
}

// A document tells the command that runs the whole pipeline, and what such a run left is kept.
void add_documented_runs(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  static const std::vector<std::string_view> kTopics = {"training run", "run",      "runs",    "pipeline",
                                                        "metrics",      "training", "results", "experiment",
                                                        "experiments",  "mlflow"};
  std::optional<RecordedResult> shown, stated;  // looked for when first asked for
  bool looked = false, looked_for_stated = false;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    if (!module.has_main_guard && module.calls.empty()) continue;
    const NodeId program = in.graph.node_of_main(m);
    if (!abilities.can(program, "trains-model")) continue;
    if (!is_whole(stages_of(abilities, program))) continue;
    if (!looked) shown = shown_result(in, kTopics);
    looked = true;
    std::optional<DocumentedRun> run = documented_run(in, program, shown);
    if (!run) {
      if (!looked_for_stated) stated = stated_quality(in);
      looked_for_stated = true;
      Link command = stated ? documented_command(in, program) : Link{};
      if (command.span.valid()) run = DocumentedRun{std::move(command), *stated};
    }
    if (!run) continue;
    out.push_back(evidence_of(*run, "a documented run of the whole pipeline, with its result"));
    return;
  }
}

// A notebook that was run from the data to a measure, with what came out kept in it.
void add_notebook_runs(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!module.is_notebook || is_sample(in.facts, module.file)) continue;
    const NodeId program = in.graph.node_of_main(m);
    if (!abilities.can(program, "trains-model")) continue;
    const Stages stages = stages_of(abilities, in.graph.closure(program));
    if (!is_whole(stages) || stages.reads == nullptr) continue;
    const AbleAt* last = stages.evaluates != nullptr ? stages.evaluates : stages.predicts;
    const NotebookCell* cell = executed_cell(in.facts, last->span);
    if (cell == nullptr || !cell->has_number || executed_cell(in.facts, stages.trains->span) == nullptr)
      continue;
    Evidence evidence = notebook_evidence(in, last->span, "a notebook was run from the data to a measure");
    for (Link& link : stage_links(stages)) evidence.links.push_back(std::move(link));
    out.push_back(std::move(evidence));
    return;
  }
}

// The stages of one dvc.yaml go from data to a measure, and dvc.lock records that they were run.
void add_recorded_pipelines(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (file.system != "dvc" || is_sample(in.facts, file.file)) continue;
    std::vector<NodeId> all;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const std::vector<NodeId> below = in.graph.closure(in.graph.node_of_unit(f, u));
      all.insert(all.end(), below.begin(), below.end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    const Stages stages = stages_of(abilities, all);
    if (!is_whole(stages) || stages.trains->call == kNone) continue;
    const std::optional<RecordedResult> run =
        recorded_stage(in, in.graph.node_of_call(stages.trains->module, stages.trains->call));
    if (!run) continue;
    Evidence evidence = evidence_of(*run, "a recorded run of the whole pipeline");
    for (Link& link : stage_links(stages)) evidence.links.push_back(std::move(link));
    out.push_back(std::move(evidence));
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  std::vector<Evidence> found;
  add_tests(in, abilities, found);
  add_runs(in, abilities, found);
  add_documented_runs(in, abilities, found);
  add_notebook_runs(in, abilities, found);
  add_recorded_pipelines(in, abilities, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule infra_pipeline_integration;
const Rule infra_pipeline_integration{
    .summary = "a run of the whole pipeline, from data to prediction, with a look at the outcome",
    .why = "Each step can be right while two steps disagree on what passes between them.",
    .fix =
        "Call the pipeline on a small sample in a test that CI runs, and assert the metric and one "
        "prediction.",
    .source = "Breck et al. 2017, table III, Infra 3",
    .run = run,
};

}  // namespace mlgrade::rules
