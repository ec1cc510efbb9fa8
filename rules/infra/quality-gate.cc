// A measure of the model's quality is held against a bar, and what lies behind the bar is a promotion or a
// release.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/answers.h"
#include "rules/support/approvals.h"
#include "rules/support/code.h"
#include "rules/support/earnest.h"
#include "rules/support/model_metrics.h"
#include "rules/support/pipeline_branches.h"
#include "rules/support/product_run.h"
#include "rules/support/releases.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 20;
constexpr size_t kMostComparisons = 24;  // of one function that are followed

struct Gate {
  const RuleInput& in;
  const QualityCalls& quality;
  const AbilityMap& abilities;
  const Releases& releases;
  const Answers& answers;
  PipelineBranches branches{in, quality, abilities, releases};
};

bool is_gate_code(const RuleInput& in, const PythonModule& module) {
  return !is_test_code(in.facts, module.file) && !is_sample(in.facts, module.file) && !module.is_notebook;
}

void halve(Evidence& evidence, std::string why) {
  evidence.worth = 0.5;
  evidence.worth_why = std::move(why);
}

// The release is behind the check; says so, or why that is only half of it.
void settle(const Gate& gate, const Release& release, Evidence& evidence) {
  evidence.links.push_back({release.span, "the release behind it"});
  if (!release.governs) {
    const ModelSource& source = gate.releases.source();
    const bool file = source.kind == ModelSource::Kind::kFile;
    const bool fetched = source.kind == ModelSource::Kind::kFetched;
    halve(evidence, file ? fmt::format("it guards the registry, and serving reads {}", source.path)
                    : fetched
                        ? "what is released behind it does not hold the model, which the service fetches"
                        : "what is behind it is not what serving answers with");
    if (source.at.valid()) evidence.links.push_back({source.at, "serving gets its model here"});
    return;
  }
  const Release* beside = gate.releases.written_beside(release, evidence.runs_at);
  if (beside == nullptr) return;
  halve(evidence, "the model that serving reads is also written without it");
  evidence.links.push_back({beside->span, "writes it all the same"});
}

// Says how far a check is from standing before a release, and takes half a point off if it does not.
void place_before_release(const Gate& gate, Evidence& evidence) {
  if (evidence.worth < 1 || !evidence.defeat.empty() || evidence.runs_at == kNone) return;
  const Release* behind = nullptr;
  for (const Release& release : gate.releases.all()) {  // those that govern come first
    if (release.by != Reach::By::kAutomatic || !gate.in.graph.gates(evidence.runs_at, release.node)) continue;
    behind = &release;
    break;
  }
  const Release* open = gate.releases.automatic();
  if (behind != nullptr && (behind->governs || open == nullptr)) {
    settle(gate, *behind, evidence);
  } else if (open == nullptr) {
    halve(evidence, "no promotion or deployment that runs by itself stands behind it");
  } else {
    halve(evidence, "the release does not wait for it");
    evidence.links.push_back({open->span, "releases without it"});
  }
}

// The call keeps a model that was turned away: as challenger, for later.
bool keeps_rejected(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyValue& value = module.args[a].value;
    if (value.kind == PyValue::Kind::kString &&
        has_word(value.text.view(),
                 {"challenger", "candidate", "rejected", "shadow", "archived", "quarantine"}))
      return true;
  }
  return false;
}

// A release that the condition decides: inside a branch that it opens, or after a branch that raises or
// leaves.
const Release* release_behind(const Gate& gate, uint32_t m, uint32_t condition) {
  const PythonModule& module = gate.in.facts.python[m];
  const PyCondition& decided = module.conditions[condition];
  bool leaves = condition_fails(module, condition);
  for (uint32_t b = 0; b < module.blocks.size(); ++b) {
    leaves |= module.blocks[b].condition == condition && module.blocks[b].kind == PyBlock::Kind::kIf &&
              module.blocks[b].jumps;
  }
  const Release* best = nullptr;
  for (uint32_t c : indices(module.body(decided.function).calls)) {
    const PyCall& call = module.calls[c];
    if (call.function != decided.function || call.span.line < decided.span.line ||
        keeps_rejected(module, call))
      continue;
    bool inside = false;
    for (uint32_t b = 0; b < module.blocks.size() && !inside; ++b) {
      inside = module.blocks[b].condition == condition && block_inside(module, call.block, b);
    }
    if (!inside && !leaves) continue;
    const Release* release = gate.releases.of_call(m, c);
    if (release != nullptr && (best == nullptr || (release->governs && !best->governs))) best = release;
  }
  return best;
}

std::string describe(bool against_other) {
  return against_other ? "compares the model's quality with another's"
                       : "holds the model's quality against a bar";
}

// A bar that no model misses is none.
bool defeats(const QualityBar& bar, Evidence& evidence) {
  if (bar.vacuous) evidence.defeat = "the bar is one that every model clears";
  if (bar.against_itself) evidence.defeat = "the model is compared with itself";
  if (evidence.defeat.empty()) return false;
  evidence.defeat_at = bar.span;
  return true;
}

// Conditions that hold a measure to a bar: they count when they fail, or when they decide a release.
void add_bars(const Gate& gate, uint32_t m, uint32_t function, std::vector<Evidence>& out) {
  const PythonModule& module = gate.in.facts.python[m];
  for (const QualityBar& bar : quality_bars(gate.in, gate.quality, m, function)) {
    const Release* inside = release_behind(gate, m, bar.condition);
    if (!bar.fails && inside == nullptr) continue;
    Evidence evidence;
    evidence.place = bar.span;
    evidence.what = describe(bar.against_other);
    evidence.runs_at = gate.in.graph.node_of_block(m, module.conditions[bar.condition].block);
    evidence.links.push_back({bar.span, evidence.what});
    run_in_earnest(gate.in, evidence);  // a test of the gate shows that it works, not that it is asked
    const bool idle = defeats(bar, evidence);
    if (!idle && inside != nullptr) {
      settle(gate, *inside, evidence);
    } else if (!idle) {
      place_before_release(gate, evidence);
    }
    out.push_back(std::move(evidence));
  }
}

// An argument that says which model serves: `is_default_version=wins`, `alias="champion" if wins else ...`.
bool promotes_by(Name keyword) {
  static constexpr std::string_view kWords[] = {
      "is_default_version", "set_as_default",      "default_version", "stage", "alias", "aliases",
      "approval_status",    "ModelApprovalStatus", "version_aliases"};
  return std::find(std::begin(kWords), std::end(kWords), keyword.view()) != std::end(kWords);
}

// What an answer decides where it ends up; false if it decides no release.
bool judge_end(const Gate& gate, const AnswerEnd& end, Evidence& evidence) {
  const PythonModule& module = gate.in.facts.python[end.module];
  if (end.condition != kNone) {
    const PyCondition& condition = module.conditions[end.condition];
    const Release* release = release_behind(gate, end.module, end.condition);
    if (release == nullptr) return false;
    evidence.runs_at = gate.in.graph.node_of_block(end.module, condition.block);
    evidence.links.push_back({condition.span, "decides by it"});
    run_in_earnest(gate.in, evidence);
    settle(gate, *release, evidence);
    return true;
  }
  if (!promotes_by(module.args[end.arg].keyword)) return false;
  const Release* release = gate.releases.of_call(end.module, end.call);
  if (release == nullptr || release->call != end.call || release->module != end.module) return false;
  evidence.runs_at = gate.in.graph.node_of_call(end.module, end.call);
  run_in_earnest(gate.in, evidence);
  evidence.links.push_back(
      {release->span, fmt::format("`{}=` takes the answer", module.args[end.arg].keyword.view())});
  if (const Release* beside = gate.releases.written_beside(*release, evidence.runs_at)) {
    halve(evidence, "the model that serving reads is also written without it");
    evidence.links.push_back({beside->span, "writes it all the same"});
  }
  return true;
}

// Comparisons whose answer is kept, returned or handed on, and decides a release elsewhere. True if one was
// found.
bool add_answers(const Gate& gate, uint32_t m, uint32_t function, std::vector<Evidence>& out) {
  const size_t before = out.size();
  size_t followed = 0;
  for (const QualityComparison& one : quality_comparisons(gate.in, gate.quality, m, function)) {
    if (one.vacuous || one.against_itself || followed++ >= kMostComparisons) continue;
    Evidence best;
    bool found = false;
    for (const AnswerEnd& end : gate.answers.ends(m, function, {one.comparison})) {
      if (end.condition != kNone && end.condition == one.condition) continue;  // a bar by itself
      Evidence evidence;
      evidence.place = one.span;
      evidence.what = describe(one.against_other) + ", and a promotion follows the answer";
      evidence.links.push_back({one.span, describe(one.against_other)});
      evidence.links.insert(evidence.links.end(), end.links.begin(), end.links.end());
      if (!judge_end(gate, end, evidence)) continue;
      const auto rank = [&](const Evidence& e) {
        return std::make_pair(-static_cast<int>(gate.in.graph.reached_by(e.runs_at)), -e.worth);
      };
      if (!found || rank(evidence) < rank(best)) best = std::move(evidence);
      found = true;
    }
    if (found) out.push_back(std::move(best));
  }
  return out.size() != before;
}

bool reads_named(const PythonModule& module, const PyCondition& condition, std::string_view name) {
  for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
    std::string_view read = module.names[r].view();
    if (read.substr(read.rfind('.') + 1) == name) return true;
  }
  return false;
}

// Conditions elsewhere that look at a name of the same kind: how steps of a pipeline hand answers on that no
// call joins.
void add_deciders(const Gate& gate, Span compared, std::string_view name, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < gate.in.facts.python.size(); ++m) {
    const PythonModule& module = gate.in.facts.python[m];
    if (!is_gate_code(gate.in, module)) continue;
    for (uint32_t c = 0; c < module.conditions.size(); ++c) {
      const PyCondition& condition = module.conditions[c];
      if (condition.kind != PyCondition::Kind::kIf || !reads_named(module, condition, name)) continue;
      const Release* release = release_behind(gate, m, c);
      if (release == nullptr) continue;
      Evidence evidence;
      evidence.place = compared;
      evidence.what = "a comparison of quality decides the promotion";
      evidence.runs_at = gate.in.graph.node_of_block(m, condition.block);
      evidence.links = {{compared, fmt::format("compares, and keeps the answer as {}", name)},
                        {condition.span, "decides by it"}};
      evidence.confidence = Confidence::kMedium;
      run_in_earnest(gate.in, evidence);
      settle(gate, *release, evidence);
      out.push_back(std::move(evidence));
      return;
    }
  }
}

// The binding keeps what the comparison answers: `better = new > old`, `if new > old: better = 1`.
bool keeps_answer(const PythonModule& module, const QualityComparison& one, const PyBinding& binding) {
  if (one.condition == kNone)
    return one.comparison >= binding.comparisons.begin && one.comparison < binding.comparisons.end;
  const bool says =
      binding.value.kind == PyValue::Kind::kBool || binding.value.kind == PyValue::Kind::kNumber;
  return says && binding.kind == PyBinding::Kind::kAssign && binding.block != kNone &&
         module.blocks[binding.block].kind == PyBlock::Kind::kIf &&
         module.blocks[binding.block].condition == one.condition;
}

void add_named_answers(const Gate& gate, uint32_t m, uint32_t function, std::vector<Evidence>& out) {
  constexpr size_t kTelling = 6;  // a shorter name elsewhere is another name
  const PythonModule& module = gate.in.facts.python[m];
  for (const QualityComparison& one : quality_comparisons(gate.in, gate.quality, m, function)) {
    if (one.vacuous || one.against_itself) continue;
    for (const PyBinding& binding : bindings_in(module, function)) {
      if (binding.function != function || !keeps_answer(module, one, binding)) continue;
      std::string_view name = binding.target.view();
      name = name.substr(name.rfind('.') + 1);
      if (name.size() >= kTelling) add_deciders(gate, binding.span, name, out);
    }
  }
}

void add_code_gates(const Gate& gate, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < gate.in.facts.python.size(); ++m) {
    const PythonModule& module = gate.in.facts.python[m];
    if (!is_gate_code(gate.in, module)) continue;
    for (uint32_t f = 0; f <= module.functions.size(); ++f) {
      const uint32_t function = f == module.functions.size() ? kNone : f;
      add_bars(gate, m, function, out);
      if (!add_answers(gate, m, function, out)) add_named_answers(gate, m, function, out);
    }
  }
}

// A test that trains judges the model that it has trained: that one is released only if the test leaves it
// where the release takes it from.
void hold_to_released_model(const Gate& gate, uint32_t t, Evidence& evidence) {
  const AbleAt* trained = gate.abilities.first(gate.in.graph.node_of_test(t), "trains-model");
  if (trained == nullptr || evidence.worth < 1) return;
  const std::vector<NodeId> closure = gate.in.graph.closure(gate.in.graph.node_of_test(t));
  const auto& all = gate.releases.all();
  const bool writes = std::any_of(all.begin(), all.end(), [&](const Release& release) {
    return release.kind != Release::Kind::kDeploys && release.governs &&
           std::binary_search(closure.begin(), closure.end(), release.node);
  });
  const bool told = gate.releases.source().kind != ModelSource::Kind::kUnknown;
  const bool saves = gate.abilities.first_in(closure, "saves-model") != nullptr;
  if ((told ? writes : saves) && !clears_away(gate.in.facts, gate.in.facts.tests[t])) return;
  halve(evidence, "the model that the test trains is not the one that is released");
  evidence.links.push_back({trained->span, "trains a model of its own"});
}

// Bars in tests, on a model that the test trains, loads or evaluates.
void add_test_gates(const Gate& gate, std::vector<Evidence>& out) {
  const RuleInput& in = gate.in;
  const EarnestTests earnest(in, gate.abilities);
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (!test.function.valid() || test.function.index == kNone) continue;
    std::vector<QualityBar> bars = quality_bars(in, gate.quality, test.function.module, test.function.index);
    // A test that holds one measure against another looks at how training behaves; a bar is a number.
    std::erase_if(bars, [](const QualityBar& bar) { return !bar.fails || bar.against_other; });
    if (bars.empty()) continue;
    const NodeId node = in.graph.node_of_test(t);
    bool model = gate.abilities.can(node, "trains-model") || gate.abilities.can(node, "predicts") ||
                 gate.abilities.can(node, "loads-model");
    bool measured = gate.abilities.can(node, "computes-metric");
    if (!model || (!measured && !test.on_artifacts)) continue;
    const QualityBar& bar = bars.front();
    const std::string what = describe(bar.against_other);
    Evidence evidence = test_evidence(in, t, "a test " + what, {{bar.span, what}});
    const bool idle = defeats(bar, evidence);
    if (!idle && !test.on_artifacts && earnest.trains_for_itself(t)) {
      evidence.defeat =
          "the model is made for the test from made-up rows; no model that is released meets the bar";
      evidence.defeat_at = evidence.place;
    } else if (!idle) {
      place_before_release(gate, evidence);
      if (!test.on_artifacts) hold_to_released_model(gate, t, evidence);
    }
    out.push_back(std::move(evidence));
  }
}

void add_tool_gate(const Gate& gate, const Use& use, std::string what, std::vector<Evidence>& out) {
  Evidence evidence;
  evidence.place = use.span;
  evidence.what = std::move(what);
  evidence.runs_at = node_of_step(gate.in, use);
  evidence.links.push_back({use.span, evidence.what});
  if (lacks_threshold(gate.in, use)) {
    evidence.defeat = "without a threshold it blesses every model";
    evidence.defeat_at = use.span;
    out.push_back(std::move(evidence));
    return;
  }
  if (const Release* release = release_opened(gate.branches, use)) {
    settle(gate, *release, evidence);
    out.push_back(std::move(evidence));
    return;
  }
  const UseEffect effect = effect_of(use, gate.in.facts);
  evidence.effect = effect.effect;
  evidence.effect_at = effect.at;
  evidence.effect_why = effect.why;
  if (evidence.effect != Effect::kSwallowed) place_before_release(gate, evidence);
  out.push_back(std::move(evidence));
}

// Tools that compare for themselves: evaluators and validators; branches of orchestrators.
void add_tool_gates(const Gate& gate, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(gate.in, "compares-metric"))
    add_tool_gate(gate, *use, fmt::format("{} validates the model's quality", name_of(gate.in, *use)), out);
  for (const Use* use : product_uses(gate.in, "branches-flow")) {
    if (branches_on_quality(gate.branches, *use)) {
      add_tool_gate(gate, *use, "a branch of the pipeline asks for the model's quality", out);
      continue;
    }
    if (!stands_near_release(gate.branches, *use)) continue;  // it decides about something else
    Evidence evidence;
    evidence.place = use->span;
    evidence.what = "a branch of the pipeline decides what runs";
    evidence.runs_at = node_of(gate.in, *use);
    evidence.links.push_back({use->span, evidence.what});
    evidence.defeat = "what it asks compares no measure of quality";
    evidence.defeat_at = use->span;
    out.push_back(std::move(evidence));
  }
}

// Asset checks of Dagster: what they answer in `passed=` decides whether the assets behind go on.
void add_asset_checks(const Gate& gate, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < gate.in.facts.python.size(); ++m) {
    const PythonModule& module = gate.in.facts.python[m];
    if (!is_gate_code(gate.in, module)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const auto& decorators = module.functions[f].decorators;
      if (std::ranges::find(decorators, Name("dagster.asset_check"), &PyDecorator::target) ==
          decorators.end())
        continue;
      for (const QualityComparison& one : quality_comparisons(gate.in, gate.quality, m, f)) {
        if (one.condition != kNone || one.vacuous || one.against_itself) continue;
        Evidence evidence;
        evidence.place = one.span;
        evidence.what = "an asset check " + describe(one.against_other);
        evidence.runs_at = gate.in.graph.node_of_function({m, f});
        evidence.links.push_back({one.span, evidence.what});
        place_before_release(gate, evidence);
        out.push_back(std::move(evidence));
        break;
      }
    }
  }
}

// A gate that is started by hand, with the record of what it approved.
void add_recorded_runs(const RuleInput& in, std::vector<Evidence>& out) {
  auto gate = std::find_if(out.begin(), out.end(), [&](const Evidence& e) {
    return e.defeat.empty() && in.graph.reached_by(e.runs_at) == Reach::By::kNothing;
  });
  if (gate == out.end()) return;
  std::vector<RecordedResult> results = results_about(
      in, {"model registry", "registry", "champion", "promotion", "quality gate", "model approval"});
  // A picture by its name alone shows no decision; one that a document shows under such a heading may.
  std::erase_if(results, [&](const RecordedResult& result) {
    const std::string_view path = in.facts.path(result.place.file);
    return path.ends_with(".png") || path.ends_with(".svg") || path.ends_with(".jpg");
  });
  if (results.empty()) return;
  Evidence evidence = evidence_of(results.front(), "the gate's decisions are recorded");
  evidence.links.insert(evidence.links.begin(), {gate->place, gate->what});
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  const QualityCalls quality(in);
  const AbilityMap& abilities = shared<AbilityMap>(in);
  const Releases releases(in);
  const Answers answers(in, quality.passing());
  const Gate gate{in, quality, abilities, releases, answers};
  std::vector<Evidence> found;
  add_code_gates(gate, found);
  add_test_gates(gate, found);
  add_tool_gates(gate, found);
  add_asset_checks(gate, found);
  for (Evidence& evidence : human_approvals(in, abilities, releases)) found.push_back(std::move(evidence));
  add_recorded_runs(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule infra_quality_gate;
const Rule infra_quality_gate{
    .summary = "a bar on the model's quality that stands before promotion or deployment",
    .why = "Without one, the first to notice a worse model are the people it serves.",
    .fix =
        "Compare the metric with a threshold or with the current model, exit non-zero below it, and let the "
        "job that "
        "deploys need the job that compares.",
    .source = "Breck et al. 2017, table III, Infra 4",
    .run = run,
};

}  // namespace mlgrade::rules
