// DATA-2: is what each feature contributes measured, in recorded results or in code that keeps its numbers?
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/explanations.h"
#include "rules/support/flow.h"
#include "rules/support/notebook_runs.h"
#include "rules/support/product_run.h"
#include "rules/support/results.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 12;
const std::vector<std::string_view> kTopics = {
    "feature importance",  "feature importances",    "importances",
    "importance",          "permutation importance", "ablation",
    "ablations",           "feature selection",      "correlation matrix",
    "correlation heatmap", "feature correlation",    "shap summary",
    "shap values"};

enum class Kind { kImportance, kPermutation, kSelection, kCrossValidated, kCorrelation, kAblation };

// A place where contributions of features are computed.
struct Measure {
  uint32_t module = kNone;
  uint32_t function = kNone;
  uint32_t call = kNone;  // kNone: an attribute is read
  uint32_t block = kNone;
  Kind kind = Kind::kImportance;
  Name read;  // the attribute, "model.feature_importances_"
  Span span;
  std::string what;
};

bool names_held_out(std::string_view name) {
  return has_word(name, {"test", "val", "valid", "validation", "holdout", "heldout", "eval", "unseen", "oot",
                         "newest", "new", "dev"});
}
bool names_training(std::string_view name) { return has_word(name, {"train", "training"}); }

bool names_features(std::string_view name) {
  return has_word(name, {"feature", "features", "column", "columns", "cols", "predictor", "predictors",
                         "variables", "names", "vocabulary", "terms"});
}

bool is_importance(std::string_view read) {
  return read.ends_with(".feature_importances_") || read.ends_with(".feature_importance_");
}
bool is_coefficient(std::string_view read) { return read.ends_with(".coef_"); }

// A table or a picture of what is read: coefficients alone are parameters, beside the names of features they
// are contributions.
bool beside_names(const PythonModule& m, IndexRange reads) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    if (names_features(m.names[r].view()) && !is_importance(m.names[r].view())) return true;
  }
  return false;
}

void add_reads(const PythonModule& m, uint32_t module, IndexRange reads, uint32_t function, uint32_t block,
               Span span, std::vector<Measure>& out) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    std::string_view name = m.names[r].view();
    bool counts = is_importance(name) || (is_coefficient(name) && beside_names(m, reads));
    if (!counts) continue;
    out.push_back({module, function, kNone, block, Kind::kImportance, m.names[r], span,
                   fmt::format("`{}` read", name)});
  }
}

Kind kind_of(const PyCall& call, const Use* use) {
  std::string_view name = use != nullptr && !call.target.empty() ? call.target.view() : call.callee.view();
  if (contains_phrase(name, "permutation importance") || contains_phrase(name, "permutation test") ||
      contains_phrase(name, "permutation_importance")) {
    return Kind::kPermutation;
  }
  if (name.find("RFECV") != std::string_view::npos ||
      name.find("SequentialFeatureSelector") != std::string_view::npos ||
      name.find("Boruta") != std::string_view::npos ||
      name.find("SelectByShuffling") != std::string_view::npos) {
    return Kind::kCrossValidated;
  }
  bool selects = name.find("Select") != std::string_view::npos ||
                 name.find("RFE") != std::string_view::npos ||
                 name.find("feature_selection") != std::string_view::npos;
  return selects ? Kind::kSelection : Kind::kImportance;
}

bool is_importance_method(const PyCall& call) {
  std::string_view name = call.method.view();
  return !call.function_ref.valid() && (name == "get_feature_importance" || name == "get_fscore" ||
                                        name == "plot_importance" || name == "feature_importance");
}

bool is_correlation(const PyCall& call) {
  std::string_view name = call.method.view();
  return !call.function_ref.valid() && (name == "corr" || name == "corrwith");
}

// Calls of libraries that train, score or measure contributions, by module.
using CallUses = std::vector<std::vector<const Use*>>;

CallUses uses_by_module(const RuleInput& in) {
  CallUses found(in.facts.python.size());
  for (std::string_view capability : {"measures-importance", "trains-model", "computes-metric"}) {
    for (const Use* use : uses_of(in, capability)) {
      if (use->kind == Use::Kind::kCall && use->function.valid()) found[use->function.module].push_back(use);
    }
  }
  return found;
}

// A loop over features that trains or scores in each round.
void add_ablations(const RuleInput& in, const CallUses& uses, uint32_t index, std::vector<Measure>& out) {
  const PythonModule& m = in.facts.python[index];
  std::set<uint32_t> learns;
  for (const Use* use : uses[index]) {
    if (use->capability != "measures-importance") learns.insert(use->call);
  }
  for (const PyBinding& loop : m.bindings) {
    if (loop.kind != PyBinding::Kind::kFor || loop.block == kNone) continue;
    bool over_features = has_word(loop.target.view(), {"feature", "feat", "predictor", "col", "column"}) ||
                         has_word(loop.target.view(), {"ablation", "ablated"});
    if (!over_features) continue;
    bool removes = false;
    bool trains = false;
    for (uint32_t c : indices(m.body(loop.function).calls)) {
      const PyCall& call = m.calls[c];
      bool inside = false;
      for (uint32_t b = call.block; b != kNone && b < m.blocks.size() && !inside; b = m.blocks[b].parent) {
        inside = m.blocks[b].kind == PyBlock::Kind::kLoop && m.blocks[b].span.line <= loop.span.line + 1 &&
                 m.blocks[b].span.end_line >= loop.span.line && call.function == loop.function;
      }
      if (!inside) continue;
      removes |= call.method == "drop" || call.method == "remove" || call.method == "difference" ||
                 call.method == "shuffle" || call.method == "permutation";
      trains |= learns.contains(c) || has_word(call.callee.view(), {"train", "fit", "evaluate", "score"});
    }
    for (const PyCondition& c : conditions_in(m, loop.function)) {  // [f for f in features if f != feature]
      bool beside = c.kind == PyCondition::Kind::kFilter && c.function == loop.function &&
                    c.span.line >= loop.span.line && c.span.line <= loop.span.line + 12;
      for (uint32_t i = c.comparisons.begin; beside && i < c.comparisons.end; ++i)
        removes |= m.comparisons[i].op == PyComparison::Op::kNotEqual &&
                   (m.comparisons[i].right.text == loop.target || m.comparisons[i].left.text == loop.target);
    }
    if (!removes || !trains) continue;
    out.push_back({index, loop.function, kNone, loop.block, Kind::kAblation, loop.target, loop.span,
                   "a loop that trains without one feature at a time"});
  }
}

void add_calls(const RuleInput& in, const CallUses& uses, uint32_t index, std::vector<Measure>& out) {
  const PythonModule& m = in.facts.python[index];
  std::vector<const Use*> used(m.calls.size());
  for (const Use* use : uses[index]) {
    if (use->capability == "measures-importance" && use->call < m.calls.size()) used[use->call] = use;
  }
  for (uint32_t c = 0; c < m.calls.size(); ++c) {
    const PyCall& call = m.calls[c];
    Measure measure{index, call.function, c, call.block, Kind::kImportance, {}, call.span, ""};
    std::string_view name = call.target.empty() ? call.callee.view() : call.target.view();
    bool correlates = is_correlation(call) || has_word(name, {"corrcoef", "correlation", "pointbiserialr"});
    if (correlates && !call.function_ref.valid()) {
      measure.kind = Kind::kCorrelation;
      measure.what = fmt::format("`{}` correlates features", call.callee.view());
    } else if (used[c] != nullptr || is_importance_method(call)) {
      measure.kind = kind_of(call, used[c]);
      measure.what = fmt::format("`{}` measures what features contribute", name);
    } else {
      continue;
    }
    out.push_back(std::move(measure));
  }
}

// Explanations of single predictions, averaged over rows.
void add_averages(const std::vector<Explanation>& explained, const PythonModule& m, uint32_t index,
                  std::vector<Measure>& out) {
  for (const Explanation& e : explained) {
    if (e.module != index || !e.over_all) continue;
    const bool drawn = std::any_of(out.begin(), out.end(), [&](const Measure& measure) {
      return measure.function == e.function && measure.kind == Kind::kImportance;
    });
    if (drawn) continue;
    const PyCall& call = m.calls[e.call];
    out.push_back({index,
                   e.function,
                   e.call,
                   call.block,
                   Kind::kImportance,
                   {},
                   e.span,
                   fmt::format("`{}` over all rows measures what features contribute", call.callee.view())});
  }
}

std::vector<Measure> measures_in(const RuleInput& in, const std::vector<Explanation>& explained,
                                 const CallUses& uses, uint32_t index) {
  const PythonModule& m = in.facts.python[index];
  std::vector<Measure> out;
  add_calls(in, uses, index, out);
  add_averages(explained, m, index, out);
  for (const PyCall& call : m.calls) {
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      IndexRange reads = m.args[a].reads;
      for (uint32_t other = call.args.begin; other < call.args.end; ++other) {
        bool named = beside_names(m, m.args[other].reads);
        for (uint32_t r = reads.begin; named && r < reads.end; ++r) {
          if (is_coefficient(m.names[r].view()))
            out.push_back({index, call.function, kNone, call.block, Kind::kImportance, m.names[r], call.span,
                           fmt::format("`{}` beside the names of features", m.names[r].view())});
        }
      }
      for (uint32_t r = reads.begin; r < reads.end; ++r) {
        if (is_importance(m.names[r].view()))
          out.push_back({index, call.function, kNone, call.block, Kind::kImportance, m.names[r], call.span,
                         fmt::format("`{}` read", m.names[r].view())});
      }
    }
  }
  for (const PyBinding& b : m.bindings) add_reads(m, index, b.reads, b.function, b.block, b.span, out);
  for (const PyJump& j : m.jumps) add_reads(m, index, j.reads, j.function, j.block, j.span, out);
  add_ablations(in, uses, index, out);
  return out;
}

// Where the numbers of a measure go in its function.
struct Whereabouts {
  bool flags = false;  // compared with a bar, or features are chosen by it
  Span flagged_at;
  bool kept = false;
  Link kept_by;
  bool returned = false;
};

bool keeps(const PyCall& call) {
  return has_word(call.method.view(), {"savefig", "dump", "dumps", "write", "save"}) ||
         has_word(call.method.view(), {"log", "savefig"}) || call.method == "write_html" ||
         contains_phrase(call.method.view(), "to csv") || contains_phrase(call.method.view(), "to json") ||
         contains_phrase(call.method.view(), "to html") ||
         contains_phrase(call.method.view(), "to parquet") || contains_phrase(call.method.view(), "to excel");
}

bool tracks(const PyCall& call) {
  std::string_view name = call.callee.view();
  return keeps(call) && !has_word(name, {"logger", "logging"});
}

bool holds_read(const PythonModule& m, IndexRange reads, Name read) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    if (m.names[r] == read) return true;
  }
  return false;
}

// Names that carry the measure, by call or by attribute.
Carriers carriers_for(const PythonModule& m, const Measure& measure) {
  auto is_source = [&](uint32_t c) { return measure.call != kNone && c == measure.call; };
  Carriers carriers = carriers_of(m, measure.function, is_source);
  if (measure.call != kNone) return carriers;
  carriers.names.insert(measure.read);
  for (int round = 0; round < 5; ++round) {
    for (const PyBinding& b : bindings_in(m, measure.function)) {
      if (b.function != measure.function) continue;
      bool carries = holds_read(m, b.reads, measure.read);
      for (uint32_t r = b.reads.begin; r < b.reads.end && !carries; ++r)
        carries = carriers.names.contains(m.names[r]) && m.names[r] != measure.read;
      if (carries) carriers.names.insert(b.target);
    }
  }
  return carriers;
}

bool carries(const PythonModule& m, const Carriers& carriers, const Measure& measure, IndexRange reads) {
  if (measure.call != kNone) return carriers.carries(m, reads);
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    Name name = m.names[r];
    Name root(name.view().substr(0, name.view().find('.')));
    if (carriers.names.contains(name) || carriers.names.contains(root)) return true;
  }
  return false;
}

Whereabouts follow(const PythonModule& m, const Measure& measure) {
  Whereabouts out;
  Carriers carriers = carriers_for(m, measure);
  for (const PyCondition& c : conditions_in(m, measure.function)) {
    if (c.function != measure.function || c.comparisons.empty() || !carries(m, carriers, measure, c.reads))
      continue;
    for (uint32_t i = c.comparisons.begin; i < c.comparisons.end; ++i) {
      PyComparison::Op op = m.comparisons[i].op;
      bool order = op == PyComparison::Op::kLess || op == PyComparison::Op::kLessEqual ||
                   op == PyComparison::Op::kGreater || op == PyComparison::Op::kGreaterEqual;
      if (!order) continue;
      out.flags = true;
      out.flagged_at = c.span;
    }
  }
  for (const PyCall& call : calls_in(m, measure.function)) {
    if (call.function != measure.function || !tracks(call)) continue;
    bool given = false;
    for (uint32_t a = call.args.begin; a < call.args.end && !given; ++a)
      given = carries(m, carriers, measure, m.args[a].reads);
    Name receiver(call.callee.view().substr(0, call.callee.view().find('.')));
    given |= carriers.names.contains(receiver);
    bool draws = call.method == "savefig" || call.method == "log_figure" || call.method == "log_image" ||
                 call.method == "log_artifact" || call.method == "write_html" || call.method == "write_image";
    bool picture = draws && call.span.line >= measure.span.line;
    if (!given && !picture) continue;
    out.kept = true;
    out.kept_by = {call.span, fmt::format("`{}` keeps them", call.callee.view())};
  }
  for (const PyJump& j : jumps_in(m, measure.function)) {
    if (j.function != measure.function || j.kind != PyJump::Kind::kReturn) continue;
    bool direct = false;
    for (uint32_t c = j.calls.begin; c < j.calls.end; ++c) direct |= c == measure.call;
    out.returned |= direct || carries(m, carriers, measure, j.reads);
  }
  return out;
}

// What callers do with a function that returns its measure: the best of them.
Whereabouts follow_callers(const RuleInput& in, PyRef function, int depth) {
  Whereabouts best;
  if (function.index == kNone || depth > 2) return best;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const PyCall& call = module.calls[c];
      if (call.function_ref != function) continue;
      Measure measure{m, call.function, c, call.block, Kind::kImportance, {}, call.span, ""};
      Whereabouts here = follow(module, measure);
      // `useless(measured, floor)`: a helper that filters by a bar.
      Carriers carriers = carriers_for(module, measure);
      for (const PyCall& next : calls_in(module, call.function)) {
        if (next.function != call.function || !next.function_ref.valid() || next.function_ref.index == kNone)
          continue;
        bool given = false;
        for (uint32_t a = next.args.begin; a < next.args.end; ++a)
          given |= carriers.carries(module, module.args[a].reads);
        if (!given) continue;
        const PythonModule& home = in.facts.python[next.function_ref.module];
        for (const PyCondition& condition : conditions_in(home, next.function_ref.index)) {
          if (condition.function != next.function_ref.index || condition.comparisons.empty()) continue;
          here.flags = true;
          here.flagged_at = condition.span;
        }
      }
      if (here.returned) {
        Whereabouts outer = follow_callers(in, {m, call.function}, depth + 1);
        here.flags |= outer.flags;
        if (outer.flags) here.flagged_at = outer.flagged_at;
        if (outer.kept) here.kept_by = outer.kept_by;
        here.kept |= outer.kept;
      }
      if (here.flags && !best.flags) best.flagged_at = here.flagged_at;
      best.flags |= here.flags;
      if (here.kept && !best.kept) best.kept_by = here.kept_by;
      best.kept |= here.kept;
    }
  }
  return best;
}

// Of the call's data: on training rows, on rows set apart, or not told.
enum class Rows { kUnknown, kTraining, kHeldOut };
Rows rows_in(const PythonModule& m, const PyCall& call) {
  Rows rows = Rows::kUnknown;
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    for (uint32_t r = m.args[a].reads.begin; r < m.args[a].reads.end; ++r) {
      if (names_held_out(m.names[r].view())) return Rows::kHeldOut;
      if (names_training(m.names[r].view())) rows = Rows::kTraining;
    }
  }
  return rows;
}

// Names at the call tell, else what callers hand to the function around it.
Rows rows_of(const RuleInput& in, const Measure& measure) {
  if (measure.call == kNone) return Rows::kUnknown;
  const PythonModule& m = in.facts.python[measure.module];
  Rows rows = rows_in(m, m.calls[measure.call]);
  if (rows != Rows::kUnknown || measure.function == kNone) return rows;
  for (const PythonModule& other : in.facts.python) {
    if (is_test_code(in.facts, other.file)) continue;
    for (const PyCall& call : other.calls) {
      if (call.function_ref != PyRef{measure.module, measure.function}) continue;
      Rows there = rows_in(other, call);
      if (there == Rows::kHeldOut) return there;
      rows = there == Rows::kTraining ? there : rows;
    }
  }
  return rows;
}

void price(const RuleInput& in, const Measure& measure, const Whereabouts& result, Evidence& e) {
  Rows rows = rows_of(in, measure);
  if (measure.kind == Kind::kPermutation && rows == Rows::kTraining) {
    e.defeat = "measured on the rows that the model was trained on";
    e.remedy = "Measure it on rows that were set apart.";
    return;
  }
  bool unseen =
      measure.kind == Kind::kCrossValidated || measure.kind == Kind::kAblation || rows == Rows::kHeldOut;
  bool selects = measure.kind == Kind::kSelection || measure.kind == Kind::kCrossValidated;
  if (!result.flags && !selects) {
    e.worth = 0.5;
    e.worth_why = "it measures and names no useless feature";
  } else if (!unseen) {
    e.worth = 0.5;
    bool shuffles = measure.kind == Kind::kPermutation;
    e.worth_why = shuffles ? "nothing tells that the rows were set apart from training"
                           : "measured on training rows, not on rows that were set apart";
  }
  if (result.flags) e.links.push_back({result.flagged_at, "compares it with a bar"});
  if (result.kept) {
    e.publishes = true;
    e.publication = result.kept_by;
    e.links.push_back(result.kept_by);
  }
  if (!result.flags && !selects && !result.kept) {
    e.effect = Effect::kSwallowed;
    e.effect_at = measure.span;
    e.effect_why = "the numbers are shown or dropped, and nobody keeps them";
  }
}

void add_measure(const RuleInput& in, const Measure& measure, std::vector<Evidence>& out) {
  const PythonModule& m = in.facts.python[measure.module];
  if (m.is_notebook) {
    const bool ran = measure.call != kNone ? shown_run(in.facts, measure.module, measure.call)
                                           : executed_cell(in.facts, measure.span) != nullptr;
    if (ran) {
      out.push_back(notebook_evidence(in, measure.span, measure.what));
      return;
    }
    Evidence e;
    e.place = measure.span;
    e.what = measure.what;
    e.defeat = "the cell was never run, or shows nothing";
    e.remedy = "Run the notebook and commit it with what it shows.";
    if (measure.kind != Kind::kCorrelation) out.push_back(std::move(e));
    return;
  }
  Whereabouts result = follow(m, measure);
  if (result.returned) {
    Whereabouts outer = follow_callers(in, {measure.module, measure.function}, 0);
    if (outer.flags && !result.flags) result.flagged_at = outer.flagged_at;
    result.flags |= outer.flags;
    if (outer.kept && !result.kept) result.kept_by = outer.kept_by;
    result.kept |= outer.kept;
  }
  if (measure.kind == Kind::kCorrelation && !result.flags && !result.kept) return;
  Evidence e;
  e.place = measure.span;
  e.what = measure.what;
  e.runs_at = measure.function != kNone ? in.graph.node_of_function({measure.module, measure.function})
                                        : in.graph.node_of_block(measure.module, measure.block);
  price(in, measure, result, e);
  out.push_back(std::move(e));
}

void run(const RuleInput& in, RuleOutput& out) {
  std::vector<Evidence> found;
  const std::vector<Explanation> explained = explanations(in);
  const CallUses uses = uses_by_module(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file)) continue;
    std::set<std::pair<uint32_t, Kind>> seen;  // one of each kind in a function; in a notebook in a cell
    for (const Measure& measure : measures_in(in, explained, uses, m)) {
      uint32_t place = module.is_notebook ? measure.span.line : measure.function;
      if (seen.insert({place, measure.kind}).second) add_measure(in, measure, found);
    }
  }
  for (const RecordedResult& result : results_about(in, kTopics))
    found.push_back(evidence_of(result, "recorded contribution of features"));
  for (size_t i = 0, count = found.size(); i < count; ++i) {
    run_in_earnest(in, found[i]);
    bool unreached = found[i].mode == EvidenceMode::kCheck && found[i].defeat.empty() &&
                     found[i].effect != Effect::kSwallowed &&
                     in.graph.reached_by(found[i].runs_at) == Reach::By::kNothing;
    std::optional<RecordedResult> stage = unreached ? recorded_stage(in, found[i].runs_at) : std::nullopt;
    if (stage) found.push_back(evidence_of(*stage, found[i].what));
  }
  keep_best(in, found, kMost);
  out.evidence = std::move(found);
}

}  // namespace

extern const Rule data_feature_benefit;
const Rule data_feature_benefit{
    .kind = RuleKind::kEvidence,
    .summary = "What each feature contributes is measured",
    .why = "Every feature costs upkeep and may break; one that adds nothing is only a risk.",
    .fix =
        "Compute permutation importance or an ablation on rows set apart, keep the table, and name features "
        "below a bar.",
    .source = "Breck et al. 2017, table I, Data 2",
    .run = run,
};

}  // namespace mlgrade::rules
