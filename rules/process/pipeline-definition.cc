// The way from data to model is code in modules, put in order by a definition, and no notebook stands on it.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
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
      if (definition.nodes.empty()) definition.place = file.units[u].span;
      definition.nodes.push_back(in.graph.node_of_unit(f, u));
      const bool holds_others = std::any_of(file.units.begin(), file.units.end(), [&](const Unit& other) {
        return other.kind == UnitKind::kStage && other.parent == u;
      });
      if (!holds_others) ++stages;  // a graph of tasks is not one of them
    }
    if (stages < 2) continue;
    definition.what = fmt::format("{} stages in {}", stages, in.facts.path(file.file));
    out.push_back(std::move(definition));
  }
}

void add_flows(const RuleInput& in, std::vector<Definition>& out) {
  for (const Use* use : product_uses(in, "defines-flow")) {
    if (use->kind == Use::Kind::kFile || is_notebook(in.facts, use->file)) continue;
    Definition definition{use->span, fmt::format("{} defines a flow", use->tool.view()), {node_of(in, *use)}};
    for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {  // its tasks
      const AutomationFile& file = in.facts.automation[f];
      if (file.file != use->file) continue;
      for (uint32_t u = 0; u < file.units.size(); ++u)
        definition.nodes.push_back(in.graph.node_of_unit(f, u));
    }
    out.push_back(std::move(definition));
  }
}

// All that it runs is code that is read, and none of that has to do with data or a model: a DAG that greets.
bool is_idle(const RuleInput& in, const Definition& definition) {
  static constexpr std::string_view kWork[] = {
      "reads-data",      "splits-data",     "fits-transformer", "transforms",      "trains-model",
      "builds-model",    "loads-model",     "predicts",         "computes-metric", "saves-model",
      "registers-model", "validates-data",  "runs-notebook",    "calls-llm",       "builds-agent",
      "defines-feature", "applies-features"};
  const AbilityMap& abilities = shared<AbilityMap>(in);
  bool code = false;
  for (NodeId start : definition.nodes) {
    if (start == kNone) continue;
    for (std::string_view capability : kWork) {
      if (abilities.can(start, capability)) return false;
    }
    for (NodeId n : in.graph.closure(start)) {
      const Node& node = in.graph.nodes[n];
      if (node.kind == NodeKind::kCommand || node.kind == NodeKind::kFile) return false;
      if (node.kind != NodeKind::kFunction || in.facts.python[node.owner].file == definition.place.file) {
        code |= node.kind == NodeKind::kFunction;
        continue;
      }
      return false;  // code of other modules may do what no tool is known for
    }
  }
  return code;
}

// Notebooks are run, the training is in one, and no definition comes to training in a module.
bool trains_in_notebook(const RuleInput& in, const std::vector<Definition>& definitions) {
  const bool some = std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.capability == "trains-model" && is_notebook(in.facts, use.file) &&
           !is_sample(in.facts, use.file);
  });
  if (!some || product_uses(in, "runs-notebook").empty()) return false;
  const AbilityMap& abilities = shared<AbilityMap>(in);
  return std::none_of(definitions.begin(), definitions.end(), [&](const Definition& definition) {
    return std::any_of(definition.nodes.begin(), definition.nodes.end(), [&](NodeId node) {
      if (!abilities.can(node, "trains-model")) return false;
      const std::vector<NodeId> closure = in.graph.closure(node);
      return abilities.first_in(closure, "trains-model", [&](const AbleAt& able) {
        return is_notebook(in.facts, able.span.file);
      }) != nullptr;
    });
  });
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
  std::erase_if(definitions, [&](const Definition& definition) { return is_idle(in, definition); });
  constexpr size_t kMost = 20;
  if (definitions.size() > kMost) definitions.resize(kMost);
  const uint32_t test = best_test(in, [](const TestCase& t) { return !t.project_functions.empty(); });
  const bool notebook = trains_in_notebook(in, definitions);
  for (const Definition& definition : definitions) {
    Evidence evidence = weigh(in, definition, test);
    if (notebook && evidence.worth > 0.5) {
      evidence.worth = 0.5;
      evidence.worth_why = "the training is a notebook that is run beside it";
    }
    output.evidence.push_back(std::move(evidence));
  }
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
