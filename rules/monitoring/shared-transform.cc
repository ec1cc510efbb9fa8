// Training and serving use one transformation: the same function, or a fitted artifact that one saves and the
// other loads.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/roles.h"
#include "rules/support/standing.h"

namespace mlgrade::rules {
namespace {

Evidence standing(Span place, std::string what) {
  return standing_half(place, std::move(what),
                       "shared by construction; no comparison proves that both give the same");
}

// The constructor of a class that transforms: both sides make one of the same kind.
bool makes_transformer(const PythonModule& module, const PyFunction& function) {
  if (function.cls == kNone || function.name != "__init__") return false;
  return std::any_of(module.functions.begin(), module.functions.end(), [&](const PyFunction& other) {
    return other.cls == function.cls &&
           has_word(other.name.view(), {"transform", "preprocess", "encode", "featurize"});
  });
}

// The job that makes features for a store which training reads, and comes to the function; kNone if none
// does.
NodeId feature_job(const RuleInput& in, const Sides& sides, NodeId function) {
  if (sides.training.empty()) return kNone;
  for (NodeId n : work_leading_to(in, function)) {
    const Node& node = in.graph.nodes[n];
    const bool code = node.kind == NodeKind::kFunction || node.kind == NodeKind::kMain;
    if (!code || contains_node(sides.serving, n) || node.owner == in.graph.nodes[function].owner) continue;
    const std::string_view name = node.kind == NodeKind::kMain
                                      ? std::string_view(in.facts.path(in.facts.python[node.owner].file))
                                      : in.facts.python[node.owner].functions[node.index].qualname.view();
    const bool makes = has_word(name, {"generate", "build", "make", "create", "compute", "engineer",
                                       "engineering", "backfill", "materialize", "prepare", "extract"});
    const bool about = has_word(name, {"feature", "features", "featurestore", "preprocessing"});
    if (makes && about && is_led_to(in.graph, n)) return n;
  }
  return kNone;
}

// A function that both sides run, and that prepares rows by its name or its module's.
void add_shared_functions(const RuleInput& in, const Sides& sides, std::vector<Evidence>& out) {
  for (NodeId n : sides.serving) {
    const Node& node = in.graph.nodes[n];
    if (node.kind != NodeKind::kFunction) continue;
    const bool trains = contains_node(sides.training, n);
    const PythonModule& module = in.facts.python[node.owner];
    const PyFunction& function = module.functions[node.index];
    if (function.is_stub || !is_transform_name(function.qualname.view())) continue;
    // What only tells about features prepares none.
    if (has_word(function.name.view(), {"names", "name", "list", "path", "paths", "config", "version", "info",
                                        "importance", "importances", "describe"}))
      continue;
    if (function.name.view().starts_with("__") && !makes_transformer(module, function)) continue;
    const NodeId job = trains ? kNone : feature_job(in, sides, n);
    if (!trains && (job == kNone || function.name.view().starts_with("__"))) continue;
    const bool made = function.name == "__init__";
    const std::string what =
        made ? fmt::format("`{}` is built in training and in serving",
                           module.classes[function.cls].qualname.view())
             : fmt::format("{} runs {} and in serving", function.qualname.view(),
                           trains ? "in training" : "where features are made for training");
    Evidence evidence = standing(function.span, what);
    if (!trains) evidence.confidence = Confidence::kMedium;
    evidence.links.push_back({function.span, evidence.what});
    if (!trains) evidence.links.push_back({in.graph.nodes[job].span, "the job that makes them"});
    for (uint32_t e : in.graph.in[n]) {
      const Edge& edge = in.graph.edges[e];
      bool serve = contains_node(sides.serving, edge.from), train = contains_node(sides.training, edge.from);
      if (serve != train && evidence.links.size() < 4) {
        evidence.links.push_back({edge.span, serve ? "called when serving" : "called when training"});
      }
    }
    out.push_back(std::move(evidence));
    if (out.size() >= 5) return;
  }
}

bool is_pipeline(std::string_view type) {
  return type.ends_with("pipeline.Pipeline") || type.ends_with("pipeline.make_pipeline") ||
         type.ends_with(".ColumnTransformer") || type.ends_with(".make_column_transformer");
}

// The call gives a fitted transformer, or a pipeline that holds one.
bool makes_transform(const RuleInput& in, uint32_t module, uint32_t index) {
  const PyCall& call = in.facts.python[module].calls[index];
  if (is_pipeline(call.target.view())) return true;
  const PyFunction* function = in.facts.function(call.function_ref);
  if (function != nullptr && is_pipeline(function->return_type.view())) return true;
  return std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.capability == "fits-transformer" && use.kind == Use::Kind::kCall &&
           use.function.module == module && use.call == index;
  });
}

// The call itself gives one: `StandardScaler().fit(x)`, `Pipeline([...]).fit(x)`, a search over a pipeline.
// Rows that a transformer made, and a model that learned from them, are none.
bool gives_transform(const RuleInput& in, uint32_t m, uint32_t index, const Carriers& carriers) {
  const PythonModule& module = in.facts.python[m];
  const PyCall& call = module.calls[index];
  if (call.method == "transform" || call.method == "fit_transform" || call.method == "predict") return false;
  if (makes_transform(in, m, index)) return true;
  if (call.receiver != kNone && call.method == "fit" && gives_transform(in, m, call.receiver, carriers))
    return true;
  const std::string_view target = call.target.view();
  const bool wraps = target.ends_with("SearchCV") || target.ends_with(".clone") ||
                     target.ends_with("CalibratedClassifierCV") ||
                     target.ends_with("TransformedTargetRegressor");
  for (uint32_t a = call.args.begin; wraps && a < call.args.end; ++a) {
    if (carriers.carries(module.args[a].value)) return true;
  }
  return false;
}

// Names of one function that hold what was made by fitting a transformer.
Carriers transforms_in(const RuleInput& in, uint32_t m, uint32_t function) {
  constexpr int kRounds = 3;
  const PythonModule& module = in.facts.python[m];
  Carriers carriers;
  // `scaler.fit(x)` makes the receiver itself a fitted transformer.
  for (uint32_t c : indices(module.body(function).calls)) {
    const PyCall& call = module.calls[c];
    const bool fits =
        call.function == function && call.method.view().starts_with("fit") && makes_transform(in, m, c);
    const std::string_view callee = call.callee.view();
    if (fits && callee.find('(') == std::string_view::npos && callee.find('.') != std::string_view::npos)
      carriers.names.insert(Name(callee.substr(0, callee.rfind('.'))));
  }
  for (int round = 0; round < kRounds; ++round) {
    for (const PyBinding& binding : bindings_in(module, function)) {
      if (binding.function != function || binding.unpacked) continue;
      const bool holds =
          binding.value.kind == PyValue::Kind::kDict || binding.value.kind == PyValue::Kind::kList
              ? carriers.carries(module, binding.reads)
              : carriers.carries(binding.value);
      const bool made = binding.value.kind == PyValue::Kind::kCall &&
                        binding.value.call < module.calls.size() &&
                        gives_transform(in, m, binding.value.call, carriers);
      if (holds || made) carriers.names.insert(binding.target);
    }
  }
  return carriers;
}

bool holds_transform(const RuleInput& in, uint32_t m, uint32_t function, const PyArg& arg, int depth);

// What callers hand over for a parameter of the function.
bool handed_transform(const RuleInput& in, PyRef function, Name param, int depth) {
  const std::vector<PyParam>& params = in.facts.function(function)->params;
  const auto at =
      std::find_if(params.begin(), params.end(), [&](const PyParam& p) { return p.name == param; });
  if (at == params.end()) return false;
  const bool method = !params.empty() && (params[0].name == "self" || params[0].name == "cls");
  const auto position = static_cast<uint32_t>(at - params.begin()) - (method ? 1 : 0);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    for (const PyCall& call : module.calls) {
      if (call.function_ref != function || is_test_code(in.facts, module.file)) continue;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyArg& arg = module.args[a];
        const bool meant = arg.keyword.empty() ? a - call.args.begin == position : arg.keyword == param;
        if (meant && holds_transform(in, m, call.function, arg, depth + 1)) return true;
      }
    }
  }
  return false;
}

// What stands for something fitted, by its name.
bool is_fitted_name(std::string_view name) {
  return has_word(name, {"pipeline", "pipe", "scaler", "scalers", "encoders", "vectorizer", "imputer",
                         "preprocessors", "binarizer"});
}

// `Wrapper(model, scaler)` of a class of the project that a framework saves whole, here or bound to the name.
const PyCall* wrapper_of(const RuleInput& in, uint32_t m, uint32_t function, const PyValue& value) {
  const PythonModule& module = in.facts.python[m];
  const auto wraps = [&](uint32_t c) -> const PyCall* {
    if (c >= module.calls.size()) return nullptr;
    const PyRef ref = module.calls[c].class_ref;
    if (!ref.valid() || ref.index == kNone) return nullptr;
    const std::vector<Name>& bases = in.facts.python[ref.module].classes[ref.index].base_targets;
    const bool whole = std::any_of(bases.begin(), bases.end(),
                                   [](Name base) { return base.view().ends_with("PythonModel"); });
    return whole ? &module.calls[c] : nullptr;
  };
  if (value.kind == PyValue::Kind::kCall) return wraps(value.call);
  if (value.kind != PyValue::Kind::kName) return nullptr;
  for (const PyBinding& binding : bindings_in(module, function)) {
    const bool here = binding.function == function && binding.target == value.text &&
                      binding.value.kind == PyValue::Kind::kCall;
    if (here && wraps(binding.value.call) != nullptr) return wraps(binding.value.call);
  }
  return nullptr;
}

bool holds_transform(const RuleInput& in, uint32_t m, uint32_t function, const PyArg& arg, int depth) {
  constexpr int kDepth = 2;
  const Carriers carriers = transforms_in(in, m, function);
  if (carriers.carries(arg.value) || carriers.carries(in.facts.python[m], arg.reads)) return true;
  if (arg.value.kind == PyValue::Kind::kCall && arg.value.call < in.facts.python[m].calls.size() &&
      gives_transform(in, m, arg.value.call, carriers))
    return true;
  const PyCall* wrapper = wrapper_of(in, m, function, arg.value);
  if (wrapper != nullptr && depth < kDepth) {
    const PythonModule& module = in.facts.python[m];
    for (uint32_t a = wrapper->args.begin; a < wrapper->args.end; ++a) {
      const PyArg& part = module.args[a];
      if (is_fitted_name(part.keyword.view()) || holds_transform(in, m, function, part, depth + 1))
        return true;
    }
  }
  if (arg.value.kind != PyValue::Kind::kName) return false;
  if (is_transform_name(arg.value.text.view()) || is_fitted_name(arg.value.text.view())) return true;
  return depth < kDepth && function != kNone && handed_transform(in, {m, function}, arg.value.text, depth);
}

// A saved value that was made by fitting a transformer, or by a pipeline that holds one.
bool saves_transform(const RuleInput& in, const Use& use) {
  const PythonModule& module = in.facts.python[use.function.module];
  const PyCall& call = module.calls[use.call];
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (holds_transform(in, use.function.module, call.function, module.args[a], 0)) return true;
  }
  return false;
}

// The file that a call is given by a literal name, through `open`, `Path`, joins and names bound once: its
// last component. Empty: unknown.
std::string literal_file(const PythonModule& module, uint32_t call, int depth);

std::string literal_file(const PythonModule& module, uint32_t function, const PyValue& value, int depth) {
  constexpr int kDepth = 4;
  if (depth > kDepth) return {};
  if (value.kind == PyValue::Kind::kString) {
    std::string_view text = value.text.view();
    text = text.substr(text.rfind('/') + 1);
    return text.find('.') == std::string_view::npos || text.find(' ') != std::string_view::npos
               ? std::string()
               : std::string(text);
  }
  if (value.kind == PyValue::Kind::kCall && value.call < module.calls.size())
    return literal_file(module, value.call, depth + 1);
  if (value.kind != PyValue::Kind::kName) return {};
  std::string found;
  for (const PyBinding& binding : module.bindings) {
    if (binding.target != value.text || (binding.function != function && binding.function != kNone)) continue;
    std::string file = literal_file(module, binding.function, binding.value, depth + 1);
    for (uint32_t c = binding.calls.begin; c < binding.calls.end && file.empty(); ++c)
      file = literal_file(module, c, depth + 1);
    if (!found.empty() && file != found) return {};
    found = std::move(file);
  }
  return found;
}

std::string literal_file(const PythonModule& module, uint32_t index, int depth) {
  const PyCall& call = module.calls[index];
  const bool names_file =
      depth == 0 || has_word(call.method.view(), {"open", "Path", "path", "purepath", "join", "joinpath",
                                                  "str", "abspath", "resolve"});
  if (!names_file) return {};
  for (bool named :
       {false, true}) {  // what is written out before what a name stands for: the model comes first
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if ((module.args[a].value.kind == PyValue::Kind::kName) != named) continue;
      std::string file = literal_file(module, call.function, module.args[a].value, depth);
      if (!file.empty()) return file;
    }
  }
  return {};
}

// Those who write and read one format: "pickle" for pickle.dump, "mlflow" for mlflow.sklearn.log_model.
std::string format_of(const RuleInput& in, const Use& use) {
  const PyCall* call = call_of(in, use);
  std::string_view target = call == nullptr ? use.tool.view() : call->target.view();
  std::string root(target.substr(0, target.find('.')));
  return root == "cloudpickle" || root == "dill" || root == "_pickle" ? "pickle" : root;
}

// How well what one side saved is what the other loads, as far as the code tells: the same file, or one
// format where a name is not known.
enum class Fit { kNot, kFormat, kFile };

Fit fit_of(const RuleInput& in, const Use& saved, const Use& loaded) {
  const std::string out = literal_file(in.facts.python[saved.function.module], saved.call, 0);
  const std::string back = literal_file(in.facts.python[loaded.function.module], loaded.call, 0);
  if (!out.empty() && !back.empty()) return out == back ? Fit::kFile : Fit::kNot;
  return format_of(in, saved) == format_of(in, loaded) ? Fit::kFormat : Fit::kNot;
}

// A cell that was run, with or without something to show.
bool was_run(const FactStore& facts, Span place) {
  for (const Notebook& notebook : facts.notebooks) {
    if (notebook.file != place.file) continue;
    for (const NotebookCell& cell : notebook.cells) {
      if (cell.code && cell.first_line <= place.line && place.line <= cell.last_line)
        return cell.execution_count.has_value() && !cell.has_error;
    }
  }
  return false;
}

void add_artifacts(const RuleInput& in, const Sides& sides, std::vector<Evidence>& out) {
  std::vector<const Use*> loads = product_uses(in, "loads-model");
  std::erase_if(loads, [&](const Use* use) {
    const NodeId node = node_of(in, *use);
    return use->kind != Use::Kind::kCall || node == kNone || !contains_node(sides.serving, node);
  });
  const Use *saved = nullptr, *loaded = nullptr;
  Fit best = Fit::kNot;
  for (std::string_view capability : {"saves-model", "registers-model"}) {
    for (const Use* use : product_uses(in, capability)) {
      const bool run = !is_notebook(in.facts, use->file) || was_run(in.facts, use->span);
      if (use->kind != Use::Kind::kCall || !run || !saves_transform(in, *use)) continue;
      for (const Use* load : loads) {
        const Fit fit = fit_of(in, *use, *load);
        if (fit <= best) continue;
        best = fit;
        saved = use;
        loaded = load;
      }
    }
  }
  if (best == Fit::kNot) return;
  Evidence evidence =
      standing(saved->span, "the fitted transformation is saved by training and loaded by serving");
  evidence.links = {{saved->span, is_notebook(in.facts, saved->file) ? "the executed notebook saves it"
                                                                     : "training saves it"},
                    {loaded->span, "serving loads it"}};
  evidence.confidence = Confidence::kMedium;
  out.push_back(std::move(evidence));
}

// Features that one store defines, read by training as history and by serving as they are now.
void add_store(const RuleInput& in, const Sides& sides, std::vector<Evidence>& out) {
  const Use* history = nullptr;
  const Use* online = nullptr;
  for (const Use* use : product_uses(in, "applies-features")) {
    const PyCall* call = call_of(in, *use);
    const NodeId node = node_of(in, *use);
    if (call == nullptr || node == kNone || is_notebook(in.facts, use->file)) continue;
    const bool serves = contains_node(sides.serving, node);
    if (serves && online == nullptr) online = use;
    if (!serves && history == nullptr) history = use;
  }
  if (history == nullptr || online == nullptr || history->tool != online->tool) return;
  Evidence evidence = standing(history->span, "one definition of the features in a store serves both sides");
  evidence.links = {{history->span, "training reads them"}, {online->span, "serving reads them"}};
  out.push_back(std::move(evidence));
}

void run(const RuleInput& in, RuleOutput& output) {
  const Sides& sides = shared<Sides>(in);
  if (sides.handlers.empty()) return;
  add_shared_functions(in, sides, output.evidence);
  add_artifacts(in, sides, output.evidence);
  add_store(in, sides, output.evidence);
}

}  // namespace

extern const Rule monitoring_shared_transform;
const Rule monitoring_shared_transform{
    .summary = "training and serving share one transformation of rows to features",
    .why =
        "Two versions of one computation drift apart, and the model is then asked about rows that it never "
        "saw.",
    .fix =
        "Compute features in one module that both sides import, or save the fitted pipeline and load it when "
        "serving.",
    .source = "Breck et al. 2017, table IV, Monitor 3",
    .run = run,
};

}  // namespace mlgrade::rules
