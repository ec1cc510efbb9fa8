// The word lists, and what is taken out again.
#include "rules/support/feature_code.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <unordered_set>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"

namespace mlgrade {
namespace {

bool names_cleaning(std::string_view name) {
  return has_word(
      name,
      {"duplicates",   "deduplicate",  "dedupe",        "categorical",    "coerce",          "denoise",
       "feature",      "features",     "featurize",     "featurizer",     "featurise",       "preprocess",
       "preprocesses", "preprocessed", "preprocessing", "preprocessor",   "preprocessors",   "preproc",
       "prep",         "transform",    "transforms",    "transformation", "transformations", "clean",
       "cleans",       "cleaning",     "cleaner",       "cleanup",        "clean_text",      "encode",
       "encodes",      "encoding",     "encoders",      "tokenize",       "tokenise",        "tokenizer"});
}

bool names_encoding(std::string_view name) {
  return has_word(name,
                  {"tokenizers",  "tokenization", "normalize",  "normalise", "normalization", "normalizer",
                   "standardize", "standardise",  "impute",     "imputer",   "imputation",    "imputers",
                   "vectorize",   "vectorise",    "vectorizer", "augment",   "augmentation",  "augmentations",
                   "chunk",       "chunks",       "chunking",   "chunker",   "discretize",    "binarize",
                   "fillna",      "lemmatize",    "stem",       "stopwords", "resample",      "wrangle",
                   "wrangling",   "rescale",      "onehot",     "binning",   "lag",           "lags"});
}

// `bin_ages`, `age_bins`; a "bin" elsewhere is as often a file.
bool names_bins(std::string_view name) {
  while (name.starts_with("_")) name.remove_prefix(1);
  return name.starts_with("bin_") || has_word(name, {"bins", "binned"});
}

bool names_features(std::string_view name) {
  return names_cleaning(name) || names_encoding(name) || names_bins(name);
}

bool names_feature_phrase(std::string_view name) {
  static constexpr std::string_view kPhrases[] = {
      "build_prompt",      "prompt_build",    "format_prompt",    "make_prompt",     "create_prompt",
      "pad_array",         "fill_missing",    "handle_missing",   "handle_outliers", "remove_outliers",
      "drop_outliers",     "one_hot",         "collate_fn",       "data_prep",       "dataprep",
      "prepare_data",      "process_data",    "prepare_features", "split_text",      "remove_punctuation",
      "remove_duplicates", "data_processing", "data_cleaning",    "process_text",    "data_transformation",
      "text_processing"};
  return std::any_of(std::begin(kPhrases), std::end(kPhrases),
                     [&](std::string_view phrase) { return name.find(phrase) != std::string_view::npos; });
}

// Work of another kind, when the name begins with it: load_features, plot_clean_rows. `load_and_clean` does
// both.
bool begins_other_work(std::string_view name) {
  while (name.starts_with("_")) name.remove_prefix(1);
  std::string_view first = name.substr(0, name.find('_'));
  if (name.find("_and_") != std::string_view::npos) return false;
  return has_word(first,
                  {"main",  "parse",   "show",     "draw",    "visualize", "visualise", "plot",    "load",
                   "loads", "save",    "read",     "write",   "download",  "upload",    "fetch",   "export",
                   "dump",  "train",   "evaluate", "predict", "score",     "log",       "print",   "setup",
                   "test",  "run",     "register", "store",   "publish",   "render",    "connect", "deploy",
                   "init",  "display", "ingest",   "persist"}) ||
         (first == "fit" && name != "fit_transform");
}

// Work of another kind, wherever the word stands.
bool names_other_work(std::string_view name) {
  return has_word(name, {"args",        "cli",         "plot",  "plots",   "figure", "logger",  "logging",
                         "importance",  "importances", "drift", "monitor", "config", "repr",    "getter",
                         "train_model", "path",        "paths", "dir",     "names",  "filename"});
}

// Folders and files whose code serves, watches or shows rather than makes features.
bool other_module(std::string_view path) {
  static constexpr std::string_view kFolders[] = {"monitoring", "monitor",    "dashboard",     "dashboards",
                                                  "frontend",   "ui",         "streamlit",     "docs",
                                                  "plots",      "plotting",   "visualization", "migrations",
                                                  "deploy",     "deployment", "infra",         "benchmarks"};
  std::string_view rest = path;
  for (size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    std::string_view folder = rest.substr(0, slash);
    if (std::find(std::begin(kFolders), std::end(kFolders), folder) != std::end(kFolders)) return true;
    rest.remove_prefix(slash + 1);
  }
  return has_word(rest, {"monitoring", "dashboard", "streamlit", "plots", "plotting", "setup", "drift",
                         "benchmark", "evaluation", "visualize", "visualization"});
}

bool neural_class(const PythonModule& module, uint32_t cls) {
  if (cls == kNone) return false;
  const PyClass& c = module.classes[cls];
  return std::any_of(c.base_targets.begin(), c.base_targets.end(), [](Name base) {
    return has_word(base.view(), {"nn", "lightning", "flax"}) ||
           base.view().find("keras.Model") != std::string::npos ||
           base.view().find("PreTrainedModel") != std::string::npos ||
           base.view().find("layers.Layer") != std::string::npos;
  });
}

bool transformer_class(const PythonModule& module, uint32_t cls) {
  if (cls == kNone) return false;
  const PyClass& c = module.classes[cls];
  return std::any_of(c.base_targets.begin(), c.base_targets.end(), [](Name base) {
    return base.view().find("TransformerMixin") != std::string_view::npos;
  });
}

bool command_line(const PyFunction& function) {
  return std::any_of(function.decorators.begin(), function.decorators.end(), [](const PyDecorator& d) {
    std::string_view target = d.target.empty() ? d.name.view() : d.target.view();
    return has_word(target, {"click", "typer", "command", "route", "get", "post", "dag", "flow", "invoke",
                             "nox", "duty", "abstractmethod", "property", "overload", "validator"});
  });
}

// "src/features/build.py" -> the folders and the stem below the import root matter alike.
bool feature_module(std::string_view path) {
  size_t dot = path.rfind('.');
  std::string_view stem = path.substr(0, dot);
  return names_features(stem) || names_feature_phrase(stem);
}

bool handles_frames(const PythonModule& module) {
  return std::any_of(module.imports.begin(), module.imports.end(), [](const PyImport& import) {
    std::string_view root = import.target.empty() ? import.module.view() : import.target.view();
    root = root.substr(0, root.find('.'));
    return root == "pandas" || root == "polars" || root == "pyspark" || root == "dask" || root == "cudf";
  });
}

// A check of a frame that repairs on its way: it assigns into the frame that it was given, or into one made
// of it, and returns it.
bool cleans_as_it_checks(const FactStore& facts, const PythonModule& module, uint32_t index) {
  const PyFunction& f = module.functions[index];
  const bool checks = has_word(f.name.view(), {"validate", "validates", "validation", "check", "checks",
                                               "verify", "ensure", "enforce", "conform", "sanitize"});
  const bool of_requests =
      has_word(facts.path(module.file), {"api", "serving", "server", "endpoint", "inference"});
  if (!checks || of_requests || !handles_frames(module)) return false;
  Carriers frame;
  for (const PyParam& param : f.params) {
    if (param.name != "self" && param.name != "cls") frame.names.insert(param.name);
  }
  bool repairs = false;
  for (const PyBinding& binding : bindings_in(module, index)) {
    if (binding.function != index) continue;
    repairs |= binding.subscript && frame.names.contains(binding.target);
    if (frame.carries(module, binding.reads)) frame.names.insert(binding.target);
  }
  return repairs && std::ranges::any_of(jumps_in(module, index), [&](const PyJump& jump) {
           return jump.function == index && jump.kind == PyJump::Kind::kReturn && frame.carries(jump.value);
         });
}

// Words that people use of jobs, files and states as well: what is cleaned must be data by its name, or the
// module must handle frames.
bool vague(const PythonModule& module, const PyFunction& f) {
  std::string_view name = f.name.view();
  while (name.starts_with("_")) name.remove_prefix(1);
  static constexpr std::string_view kAlone[] = {"normalize", "normalise", "clean", "cleanup", "transform",
                                                "prep",      "cleaning",  "bin",   "stem"};
  const bool alone = std::find(std::begin(kAlone), std::end(kAlone), name) != std::end(kAlone);
  if ((!alone && !has_word(name, {"cleanup"})) || handles_frames(module)) return false;
  static const std::initializer_list<std::string_view> kData = {
      "text",    "texts",  "df",    "data",   "dataset",  "frame",     "row",      "rows",      "record",
      "records", "x",      "image", "images", "img",      "batch",     "feature",  "features",  "column",
      "columns", "series", "doc",   "docs",   "document", "documents", "sentence", "sentences", "value",
      "values",  "array",  "arr",   "input",  "inputs",   "example",   "examples", "tokens",    "sample",
      "samples", "string", "word",  "words",  "content",  "s",         "query",    "question"};
  return !has_word(name, kData) && std::none_of(f.params.begin(), f.params.end(), [](const PyParam& param) {
    return has_word(param.name.view(), kData);
  });
}

bool makes_features(const FactStore& facts, const PythonModule& module, const PyFunction& f) {
  std::string_view name = f.name.view();
  bool dunder = name.starts_with("__") && name != "__call__";
  if (dunder || f.is_stub || f.parent != kNone || f.statements == 0) return false;
  if (command_line(f) || neural_class(module, f.cls)) return false;
  if (transformer_class(module, f.cls)) return name == "transform" || name == "fit" || name == "_transform";
  if (begins_other_work(name) || names_other_work(name)) return false;
  // `encode` alone encodes anything: a message, a key.
  const bool bare = name == "encode" || name == "_encode" || name == "encoding";
  bool by_name = !bare && !vague(module, f) && (names_features(name) || names_feature_phrase(name));
  return by_name || feature_module(facts.path(module.file)) ||
         cleans_as_it_checks(facts, module, static_cast<uint32_t>(&f - module.functions.data()));
}

// What the repository tells its orchestrator.
struct Flows {
  std::set<std::pair<uint32_t, uint32_t>> made;  // calls that build a flow, by module
  std::set<PyRef> tasks;                         // functions declared as tasks or flows

  explicit Flows(const RuleInput& in) {
    for (const Use& use : in.uses) {
      const bool flow = use.capability == "defines-flow";
      if (flow && use.kind == Use::Kind::kCall) made.insert({use.function.module, use.call});
      if ((flow || use.capability == "defines-task") && use.kind == Use::Kind::kDecorator)
        tasks.insert(use.function);
    }
  }

  // It wires functions together and computes no feature.
  bool builds(const PythonModule& module, PyRef ref) const {
    if (made.empty()) return false;
    const auto is_made = [&](uint32_t call) { return made.contains({ref.module, call}); };
    const Carriers flow = carriers_of(module, ref.index, is_made);
    return std::ranges::any_of(jumps_in(module, ref.index), [&](const PyJump& jump) {
      if (jump.function != ref.index || jump.kind != PyJump::Kind::kReturn) return false;
      return (jump.value.kind == PyValue::Kind::kCall && is_made(jump.value.call)) ||
             flow.carries(jump.value);
    });
  }

  // A task of a few lines that hands its work to one of the functions.
  bool wraps(const PythonModule& module, PyRef ref, const std::set<PyRef>& functions) const {
    constexpr uint32_t kFewLines = 4;
    if (!tasks.contains(ref) || module.functions[ref.index].statements > kFewLines) return false;
    return std::ranges::any_of(calls_in(module, ref.index), [&](const PyCall& call) {
      return call.function == ref.index && call.function_ref != ref && functions.contains(call.function_ref);
    });
  }
};

struct FeatureFunctions {
  explicit FeatureFunctions(const RuleInput& in);
  std::vector<PyRef> found;
};

}  // namespace

bool is_io_function(const PyFunction& function) {
  return has_word(function.name.view(), {"load", "save", "read", "write", "download", "upload", "fetch",
                                         "dump", "ingest", "export", "persist"});
}

FeatureFunctions::FeatureFunctions(const RuleInput& in) {
  const Flows flows(in);
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    if (other_module(in.facts.path(module.file))) continue;
    std::unordered_set<Name> seen;
    for (uint32_t i = 0; i < module.functions.size(); ++i) {
      const PyFunction& f = module.functions[i];
      if (!makes_features(in.facts, module, f) || flows.builds(module, {m, i})) continue;
      if (seen.insert(f.qualname).second) found.push_back({m, i});
    }
  }
  const std::set<PyRef> all(found.begin(), found.end());
  std::erase_if(found, [&](PyRef ref) { return flows.wraps(in.facts.python[ref.module], ref, all); });
}

const std::vector<PyRef>& feature_functions(const RuleInput& in) {
  return shared<FeatureFunctions>(in).found;
}

}  // namespace mlgrade
