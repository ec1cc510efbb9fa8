// Hyperparameters come from a search, and its result flows into training.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <span>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/config.h"
#include "rules/support/earnest.h"
#include "rules/support/flow.h"
#include "rules/support/model_metrics.h"
#include "rules/support/notebook_runs.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/sweeps.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 15;

// A grid whose every list holds one value searches nothing. Finds the dict among the arguments, or the one
// they name.
bool one_value_each(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyValue* value = &module.args[a].value;
    if (value->kind == PyValue::Kind::kName) {
      for (const PyBinding& binding : module.bindings) {
        if (binding.target == value->text && binding.value.kind == PyValue::Kind::kDict)
          value = &binding.value;
      }
    }
    if (value->kind == PyValue::Kind::kDict && value->count > 0 && value->elements().size() >= 2) {
      bool single = true;
      IndexRange elements = value->elements();
      for (uint32_t e = elements.begin + 1; e < elements.end; e += 2) {
        const PyValue& options = module.values[e];
        single &= options.kind == PyValue::Kind::kList && options.count == 1;
      }
      if (single) return true;
    }
  }
  return false;
}

// Where the result of a search goes: nowhere, before somebody's eyes, or on into training.
struct Destination {
  Span used, shown;
};

// The best setting, or what holds it: `study.best_params`, `best_trial.config`. How good it was
// (`best_score`, `best_trial.metrics`) says nothing to training.
bool is_best(std::string_view name) {
  const bool how_good =
      is_quality_name(name) || has_word(name, {"value", "epoch", "step", "iteration", "ntree"});
  return has_word(name, {"best"}) && !how_good;
}

bool only_shows(const PyCall& call) {
  return call.callee == "print" || call.method == "info" || call.method == "debug" ||
         call.method == "display";
}

// The search object carries the best setting itself: it predicts, or is saved, returned, handed on.
void follow_object(const PythonModule& module, uint32_t search, Destination& out) {
  auto is_search = [&](uint32_t c) { return c == search; };
  const uint32_t function = module.calls[search].function;
  Carriers carriers = carriers_of(module, function, is_search);
  for (uint32_t c = search + 1; c < module.calls.size(); ++c) {
    const PyCall& call = module.calls[c];
    if (call.function != function) continue;
    bool given = false;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      const PyValue& value = module.args[a].value;
      const bool part = value.text.view().find('.') != std::string_view::npos;  // `study.best_value`
      given |= carriers.carries(value) && (!part || is_best(value.text.view()));
    }
    std::string_view callee = call.callee.view();
    size_t dot = callee.rfind('.');
    bool asked = dot != std::string_view::npos && carriers.names.contains(Name(callee.substr(0, dot))) &&
                 (call.method.view().starts_with("predict") || call.method == "score" ||
                  call.method.view().starts_with("get_best"));
    if (given || asked) (only_shows(call) ? out.shown : out.used) = call.span;
  }
  for (const PyJump& jump : jumps_in(module, function)) {
    if (jump.function != function || jump.kind != PyJump::Kind::kReturn) continue;
    bool direct = search >= jump.calls.begin && search < jump.calls.end;
    if (direct || carriers.carries(module, jump.reads)) out.used = jump.span;
  }
}

Destination destination_of(const PythonModule& module, uint32_t search) {
  Destination out;
  for (const PyCall& call : module.calls) {
    bool best = call.method == "get_best_result" || call.method == "get_best_hyperparameters";
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r)
        best |= is_best(module.names[r].view());
    }
    Span& place = only_shows(call) ? out.shown : out.used;
    if (best && !place.valid()) place = call.span;
  }
  for (const PyBinding& binding : module.bindings) {
    for (uint32_t r = binding.reads.begin; r < binding.reads.end && !out.used.valid(); ++r) {
      if (is_best(module.names[r].view())) out.used = binding.span;
    }
  }
  if (!out.used.valid() && search != kNone) follow_object(module, search, out);
  return out;
}

// The table of all trials is written to a file: `study.trials_dataframe().to_csv(...)`,
// `DataFrame(search.cv_results_).to_csv(...)`.
Span written_trials(const PythonModule& module, uint32_t search) {
  if (search == kNone) return {};
  const uint32_t function = module.calls[search].function;
  auto is_table = [&](uint32_t c) {
    const PyCall& call = module.calls[c];
    if (call.method == "trials_dataframe" || call.method == "get_dataframe") return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
        if (module.names[r].view().ends_with("cv_results_")) return true;
      }
    }
    return false;
  };
  const Carriers carriers = carriers_of(module, function, is_table);
  for (const PyCall& call : module.calls) {
    const bool writes = call.method.view().starts_with("to_") || call.method == "dump" ||
                        call.method == "save" || call.method.view().starts_with("log_");
    if (!writes) continue;
    bool given = call.receiver != kNone && is_table(call.receiver);
    const bool here = call.function == function;  // names carry within one function only
    for (uint32_t a = call.args.begin; a < call.args.end && !given; ++a) {
      given = (here && carriers.carries(module, module.args[a].reads)) ||
              (module.args[a].value.kind == PyValue::Kind::kCall && is_table(module.args[a].value.call));
    }
    const std::string_view callee = call.callee.view();
    const size_t dot = callee.rfind('.');
    given = given || (here && dot != callee.npos && carriers.names.contains(Name(callee.substr(0, dot))));
    if (given) return call.span;
  }
  return {};
}

// "optuna" of optuna.create_study: nearer to the reader than the family of tools.
std::string_view tool_of(const RuleInput& in, const Use& use) {
  const PyCall* call = call_of(in, use);
  if (call == nullptr || call->target.empty()) return use.tool.view();
  std::string_view target = call->target.view();
  return target.substr(0, target.find('.'));
}

// `for trial in study.trials: log_params(trial.params)`, wherever that is done; null if it is not.
const Use* tracks_trials(const RuleInput& in) {
  for (const Use* use : product_uses(in, "tracks-experiments")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (const PyBinding& binding : bindings_in(module, call->function)) {
      const bool trial = binding.kind == PyBinding::Kind::kFor && binding.function == call->function &&
                         has_word(binding.target.view(), {"trial", "trials", "candidate", "setting"});
      const bool after = binding.span.line <= call->span.line;
      if (!trial || !after) continue;
      for (uint32_t b = call->block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent) {
        if (module.blocks[b].kind == PyBlock::Kind::kLoop && module.blocks[b].span.line >= binding.span.line)
          return use;
      }
    }
  }
  return nullptr;
}

void add_code(const RuleInput& in, const AbilityMap& abilities, const Use& use, std::vector<Evidence>& out) {
  const PythonModule& module = in.facts.python[use.function.module];
  Evidence evidence;
  evidence.place = use.span;
  evidence.what = fmt::format("{} searches hyperparameters", tool_of(in, use));
  evidence.links.push_back({use.span, evidence.what});
  if (use.kind == Use::Kind::kCall && one_value_each(module, module.calls[use.call])) {
    evidence.defeat = "every setting of the search has one value only";
    evidence.defeat_at = use.span;
  }
  if (is_notebook(in.facts, use.file)) {
    const bool ran = use.kind == Use::Kind::kCall ? shown_run(in.facts, use.function.module, use.call)
                                                  : executed_cell(in.facts, use.span) != nullptr;
    if (!ran && evidence.defeat.empty()) {
      evidence.defeat = "the notebook's cell was never executed";
      evidence.defeat_at = use.span;
    }
    std::string defeat = evidence.defeat;
    Evidence result = notebook_evidence(in, use.span, evidence.what + " in a notebook");
    result.defeat = defeat;
    result.defeat_at = use.span;
    out.push_back(std::move(result));
    return;
  }
  NodeId node = node_of(in, use);
  evidence.runs_at = node;
  std::vector<NodeId> closure = in.graph.closure(node);
  const AbleAt* tracked = abilities.first_in(closure, "tracks-experiments");
  const Destination best = destination_of(module, use.kind == Use::Kind::kCall ? use.call : kNone);
  const Span table = written_trials(module, use.kind == Use::Kind::kCall ? use.call : kNone);
  const Use* logged = tracked == nullptr && !table.valid() ? tracks_trials(in) : nullptr;
  const bool kept = tracked != nullptr || table.valid() || logged != nullptr;
  const Span kept_at = tracked != nullptr ? tracked->span : logged != nullptr ? logged->span : table;
  if (kept) evidence.links.push_back({kept_at, "tracks the trials"});
  if (best.used.valid()) evidence.links.push_back({best.used, "hands the best setting on"});
  Earnest earnest;  // a test on real rows runs the search, too; one with stand-ins or none at all does not
  earnest.test = [&](uint32_t t) { return EarnestTests(in, abilities).in_earnest(t); };
  earnest.only = "which only unit tests come to";
  run_in_earnest(in, evidence, earnest);
  bool by_test = false;
  if (evidence.runs_at != kNone) {
    for (NodeId n : in.graph.reach(evidence.runs_at).nodes)
      by_test |= in.graph.nodes[n].kind == NodeKind::kTest;
  }
  if (evidence.defeat.empty() && !kept && !best.used.valid() && !best.shown.valid()) {
    evidence.defeat = "nothing reads what the search found";
    evidence.defeat_at = use.span;
  }
  if (!kept || !best.used.valid() || by_test) {
    evidence.worth = 0.5;
    evidence.worth_why = by_test ? "only a test runs the search, no stage of the pipeline does"
                         : !kept ? "its trials are not tracked"
                                 : "the best setting is not handed on to training";
  }
  out.push_back(std::move(evidence));
}

bool names_setting(std::string_view name) {
  return has_word(name, {"param",  "params",     "parameters", "hyperparameters", "hyperparams", "hparams",
                         "grid",   "setting",    "settings",   "combo",           "combination", "candidate",
                         "config", "cfg",        "trial",      "alpha",           "depth",       "lr",
                         "rate",   "estimators", "hp"});
}

// The loop that holds the block; kNone if none does.
uint32_t loop_around(const PythonModule& module, uint32_t block) {
  for (uint32_t b = block; b != kNone && b < module.blocks.size(); b = module.blocks[b].parent) {
    if (module.blocks[b].kind == PyBlock::Kind::kLoop) return b;
    if (module.blocks[b].kind == PyBlock::Kind::kFunction) break;
  }
  return kNone;
}

// `for params in product(...)`, `for candidate in grid`: what stands at the head of the loop.
bool tries_settings(const PythonModule& module, uint32_t loop) {
  const Span head = module.blocks[loop].span;
  return std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& binding) {
    const bool here = binding.kind == PyBinding::Kind::kFor &&
                      binding.function == module.blocks[loop].function &&
                      binding.span.line + 1 >= head.line && binding.span.line <= head.line;
    if (!here) return false;
    if (names_setting(binding.target.view())) return true;
    return binding.value.kind == PyValue::Kind::kCall &&
           has_word(module.calls[binding.value.call].callee.view(),
                    {"product", "ParameterGrid", "ParameterSampler"});
  });
}

// A search that is written out: a loop over settings trains with each and keeps the best.
void add_loops(const RuleInput& in, const AbilityMap& abilities, std::vector<Evidence>& out) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (const PyBinding& binding : module.bindings) {
      if (!has_word(binding.target.view(), {"best"}) || binding.kind != PyBinding::Kind::kAssign) continue;
      const uint32_t loop = loop_around(module, binding.block);
      if (loop == kNone || !tries_settings(module, loop)) continue;
      const std::span<const PyCall> calls = calls_in(module, binding.function);
      const auto trains = std::find_if(calls.begin(), calls.end(), [&](const PyCall& call) {
        if (call.function != binding.function || loop_around(module, call.block) != loop) return false;
        if (call.method == "fit" || call.method == "train") return true;
        return call.function_ref.valid() &&
               abilities.can(in.graph.node_of_function(call.function_ref), "trains-model");
      });
      if (trains == calls.end()) continue;
      Evidence evidence;
      evidence.place = module.blocks[loop].span;
      evidence.what = "a loop over settings trains with each and keeps the best";
      evidence.runs_at = in.graph.node_of_function({m, binding.function});
      evidence.links = {{trains->span, "trains with a setting"}, {binding.span, "keeps the best"}};
      evidence.worth = 0.5;
      evidence.worth_why = "its trials are not tracked";
      out.push_back(std::move(evidence));
      break;
    }
  }
}

// What a file describes for a tool to try. The tools keep the trials themselves.
void add_sweeps(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Sweep& sweep : sweeps(in.facts)) {
    Evidence evidence;
    evidence.place = sweep.span;
    evidence.what = fmt::format("a sweep of {} searches hyperparameters", sweep.tool);
    evidence.links.push_back({sweep.span, evidence.what});
    evidence.runs_at = node_of_manifest(in, sweep.document->file, sweep.span.line);
    if (sweep.single) {
      evidence.defeat = "every setting of the search has one value only";
      evidence.defeat_at = sweep.span;
    }
    if (sweep.used.valid()) {
      evidence.links.push_back({sweep.used, "takes what it found"});
    } else {
      evidence.worth = 0.5;
      evidence.worth_why = "the best setting is not handed on to training";
    }
    out.push_back(std::move(evidence));
  }
}

// The chosen setting as a file: best_params.json, config/best_hyperparameters.yaml; and what Weights & Biases
// keeps of each trial of a sweep.
void add_chosen(const RuleInput& in, std::vector<RecordedResult>& results) {
  for (const FileFact& file : in.facts.files) {
    std::string_view path = file.path.view();
    bool data = path.ends_with(".json") || path.ends_with(".yaml") || path.ends_with(".yml") ||
                path.ends_with(".toml") || path.ends_with(".csv");
    if (!data || file.sample || file.vendored || file.bytes == 0 || is_test_code(in.facts, file.id)) continue;
    std::string_view name = path.substr(path.rfind('/') + 1);
    bool chosen = has_word(name, {"best", "tuned", "optimal"}) &&
                  has_word(name, {"params", "param", "parameters", "hyperparameters", "hyperparams",
                                  "hparams", "config", "settings", "sweep", "trial"});
    const size_t sweep = path.find("wandb/sweep-");
    const bool trial = sweep != std::string_view::npos && (sweep == 0 || path[sweep - 1] == '/');
    if (chosen || trial)
      results.push_back({Span{file.id, 1, 1, 1}, file.path.str(), file.last_commit, Confidence::kMedium});
  }
}

// A row or sentence that tells what came of the tuned setting: "| Tuned XGBoost | 690.49 |".
void add_told(const RuleInput& in, std::vector<RecordedResult>& results) {
  const auto tuned = [](std::string_view text) {
    return has_word(text,
                    {"tuned", "optimised", "optimized", "optuna", "hyperopt", "gridsearch", "gridsearchcv"});
  };
  const auto figure = [](std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.placeholders * 12 > document.words) continue;
    for (const DocTable& table : document.tables) {
      for (const std::vector<std::string>& row : table.rows) {
        const bool told = std::any_of(row.begin(), row.end(), tuned) && row.size() > 1 &&
                          std::any_of(row.begin() + 1, row.end(), figure);
        if (!told) continue;
        results.push_back({table.span, "a row for the tuned model", last_commit(in.facts, document.file),
                           Confidence::kMedium});
        return;
      }
    }
    for (const Paragraph& paragraph : document.paragraphs) {
      if (!tuned(paragraph.text) || !figure(paragraph.text) || !is_quality_name(paragraph.text)) continue;
      results.push_back({paragraph.span, "a sentence on the tuned model",
                         last_commit(in.facts, document.file), Confidence::kLow});
      return;
    }
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  std::vector<Evidence> found;
  std::set<PyRef> seen;  // a study is created and then optimised: one search
  for (const Use* use : product_uses(in, "searches-hyperparameters")) {
    if (use->kind == Use::Kind::kCall && use->function.valid() && seen.insert(use->function).second)
      add_code(in, abilities, *use, found);
    if (use->kind == Use::Kind::kCommand) {
      Evidence evidence;
      evidence.place = use->span;
      evidence.what = fmt::format("{} searches hyperparameters", name_of(in, *use));
      evidence.runs_at = node_of(in, *use);
      evidence.worth = 0.5;
      evidence.worth_why = "the best setting is not handed on to training";
      found.push_back(std::move(evidence));
    }
  }
  add_sweeps(in, found);
  if (found.empty()) add_loops(in, abilities, found);
  bool code = std::any_of(found.begin(), found.end(), [](const Evidence& e) { return e.defeat.empty(); });
  if (code) {
    std::vector<RecordedResult> results =
        results_about(in, {"hyperparameter", "hyperparameters", "tuning", "optuna", "grid search",
                           "best params", "experiments", "trials", "sweep", "sweeps"});
    add_chosen(in, results);
    if (results.empty()) add_told(in, results);
    if (!results.empty()) found.push_back(evidence_of(results.front(), "the recorded result of the search"));
  }
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule model_hyperparameter_search;
const Rule model_hyperparameter_search{
    .summary = "hyperparameters are searched, and the result flows into training",
    .why =
        "Settings typed in once are right for the data of that day, and nobody knows how much better others "
        "would be.",
    .fix =
        "Make the search a stage of the pipeline that tracks its trials and writes the best setting where "
        "training reads it.",
    .source = "Breck et al. 2017, table II, Model 3",
    .run = run,
};

}  // namespace mlgrade::rules
