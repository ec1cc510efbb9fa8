// The way from data to model is code in modules, put in order by a definition, and no notebook stands on it.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

struct Definition {
  Span place;
  std::string what;
  std::vector<NodeId> nodes;  // what runs when the pipeline runs
};

// Stages that a pipeline file names: dvc.yaml, Argo, MLproject ...
void add_stages(const RuleInput& in, std::vector<Definition>& out) {
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    Definition definition;
    size_t stages = 0;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      if (file.units[u].kind != UnitKind::kStage) continue;
      if (stages++ == 0) definition.place = file.units[u].span;
      definition.nodes.push_back(in.graph.node_of_unit(f, u));
    }
    if (stages < 2) continue;
    definition.what = fmt::format("{} stages in {}", stages, in.facts.path(file.file));
    out.push_back(std::move(definition));
  }
}

void add_flows(const RuleInput& in, std::vector<Definition>& out) {
  for (const Use* use : product_uses(in, "defines-flow")) {
    if (use->kind == Use::Kind::kFile || is_notebook(in.facts, use->file)) continue;
    out.push_back({use->span, fmt::format("{} defines a flow", use->tool.view()), {node_of(in, *use)}});
  }
}

// A stage that names what is not there cannot run.
const Dangling* broken(const RuleInput& in, const Definition& definition) {
  for (const Dangling& dangling : in.graph.dangling) {
    if (dangling.span.file == definition.place.file) return &dangling;
  }
  return nullptr;
}

NodeId automatic_node(const RuleInput& in, const Definition& definition) {
  for (const NodeId node : definition.nodes) {
    if (node != kNone && in.graph.reached_by(node) == Reach::By::kAutomatic) return node;
  }
  return kNone;
}

Evidence weigh(const RuleInput& in, const Definition& definition, uint32_t test) {
  Evidence evidence;
  evidence.place = definition.place;
  evidence.what = definition.what;
  evidence.links.push_back({definition.place, definition.what});
  const NodeId started = automatic_node(in, definition);
  const bool tested =
      test != kNone && in.graph.reached_by(in.graph.node_of_test(test)) == Reach::By::kAutomatic;
  if (const Dangling* dangling = broken(in, definition)) {
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = fmt::format("it names {}, which does not exist", dangling->target);
    evidence.links.push_back({dangling->span, evidence.worth_why});
  } else if (started != kNone) {
    evidence.runs_at = started;
  } else if (tested) {
    evidence.runs_at = in.graph.node_of_test(test);
    evidence.links.insert(evidence.links.begin(),
                          {place_of(in.facts, in.facts.tests[test]), "its modules are tested"});
  } else {
    evidence.mode = EvidenceMode::kStanding;
    evidence.worth = 0.5;
    evidence.worth_why = "nothing starts it by itself, and no test of its modules runs";
  }
  return evidence;
}

// Training (or asking a language model) in a module that others import, or that builds on other modules.
void add_modules(const RuleInput& in, std::vector<Evidence>& out) {
  std::vector<bool> shared(in.facts.python.size(), false);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    for (const PyImport& import : in.facts.python[m].imports) {
      if (import.project_module == kNone || import.project_module == m) continue;
      shared[import.project_module] = true;
      shared[m] = shared[m] || !in.facts.python[m].is_notebook;
    }
  }
  for (std::string_view capability : {"trains-model", "calls-llm", "builds-agent", "predicts"}) {
    for (const Use* use : product_uses(in, capability)) {
      const PythonModule* module = in.facts.module_of(use->file);
      if (module == nullptr || module->is_notebook) continue;
      if (!shared[static_cast<size_t>(module - in.facts.python.data())]) continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = use->span;
      evidence.what = "the work is done in modules, not in a notebook";
      evidence.worth = 0.5;
      evidence.worth_why = "no definition puts the steps in order";
      out.push_back(std::move(evidence));
      return;
    }
  }
}

// A notebook that a workflow runs: at least its run repeats.
void add_notebook_runs(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : uses_of(in, "runs-notebook")) {
    const NodeId node = node_of(in, *use);
    if (node == kNone || in.graph.reached_by(node) != Reach::By::kAutomatic) continue;
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = "a notebook is run with parameters";
    evidence.runs_at = node;
    evidence.worth = 0.5;
    evidence.worth_why = "a notebook is the pipeline";
    out.push_back(std::move(evidence));
    return;
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Definition> definitions;
  add_stages(in, definitions);
  add_flows(in, definitions);
  constexpr size_t kMost = 20;
  if (definitions.size() > kMost) definitions.resize(kMost);
  const uint32_t test = best_test(in, [](const TestCase& t) { return !t.project_functions.empty(); });
  for (const Definition& definition : definitions) output.evidence.push_back(weigh(in, definition, test));
  if (definitions.empty()) {
    add_modules(in, output.evidence);
    add_notebook_runs(in, output.evidence);
  }
}

}  // namespace

extern const Rule process_pipeline_definition;
const Rule process_pipeline_definition{
    .summary = "a definition puts the steps from data to model in order, and they are modules",
    .why =
        "Steps that live in a notebook, or in somebody's memory of the order, cannot be tested or repeated.",
    .fix = "Move the steps into modules and name them, with inputs and outputs, in a pipeline definition.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems; Sculley et al. 2015, section 4",
    .run = run,
};

}  // namespace mlgrade::rules
