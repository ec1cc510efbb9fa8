// What makes a second training give the same model: seeds for every generator in use, a locked environment,
// data that is named by version or kept in the repository. All three, or the first that is missing.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/roles.h"
#include "rules/support/synthetic.h"

namespace mlgrade::rules {
namespace {

constexpr double kPinnedShare = 0.9;  // of the dependencies of a requirements file, to call it a lock

struct Answer {
  bool holds = false;
  Span at;
  std::string what;  // what makes it hold, or what is missing
};

struct Generator {
  std::string_view name, seeds, draws;
};

constexpr Generator kGenerators[] = {
    {"random", "seeds-random", "draws-random"},
    {"numpy", "seeds-numpy", "draws-numpy"},
    {"torch", "seeds-torch", "draws-torch"},
    {"tensorflow", "seeds-tensorflow", "draws-tensorflow"},
};

// A seed call counts when something can run it: it stands at module level, or its function is called.
const Use* active_seed(const RuleInput& in, std::string_view capability) {
  for (const Use* use : product_uses(in, capability)) {
    NodeId node = node_of(in, *use);
    if (node == kNone) continue;
    bool called = in.graph.nodes[node].kind != NodeKind::kFunction || is_led_to(in.graph, node);
    if (called) return use;
  }
  return nullptr;
}

bool passes_seed(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    bool seed = has_word(arg.keyword.view(), {"seed", "state", "generator", "rng"});
    if (seed && arg.value.kind != PyValue::Kind::kNone) return true;
    if (arg.keyword == "**") return true;  // settings come from elsewhere; they cannot be refuted here
  }
  return false;
}

// Uses on the way to a training and in what leads to one; all when nothing is known to train. A sample drawn
// for a demonstration of predictions changes no model.
std::vector<const Use*> training_uses(const RuleInput& in, const Sides& sides, std::string_view capability) {
  std::vector<const Use*> uses = product_uses(in, capability);
  std::erase_if(uses, [&](const Use* use) {
    return is_notebook(in.facts, use->file) ||
           (!sides.training.empty() && !contains_node(sides.training, node_of(in, *use)));
  });
  return uses;
}

bool is_seed_key(std::string_view key) {
  return key == "random_state" || key == "seed" || key == "random_seed";
}

// A seed that is put into a model's parameters: `params.setdefault("random_state", seed)`,
// `params["random_state"] = 7`.
Answer seed_in_parameters(const RuleInput& in, const Sides& sides) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    const auto trains = [&](uint32_t function) {
      return contains_node(sides.training, in.graph.node_of_function({m, function}));
    };
    for (const PyCall& call : module.calls) {
      if (call.method != "setdefault" || call.args.size() != 2 || !trains(call.function)) continue;
      if (is_seed_key(module.args[call.args.begin].value.text.view()))
        return {true, call.span, "puts a seed into the model's parameters"};
    }
    for (const PyBinding& binding : module.bindings) {
      const bool set = binding.subscript && is_seed_key(binding.key.view()) &&
                       binding.value.kind != PyValue::Kind::kNone && trains(binding.function);
      if (set) return {true, binding.span, "puts a seed into the model's parameters"};
    }
  }
  return {};
}

Answer seeds(const RuleInput& in) {
  const Sides& sides = shared<Sides>(in);
  const Use* all = active_seed(in, "seeds-all");
  Answer answer;
  if (all != nullptr) answer = {true, all->span, "seeds all generators"};
  const Use* numpy = active_seed(in, "seeds-numpy");
  for (const Generator& generator : kGenerators) {
    const std::vector<const Use*> draws = training_uses(in, sides, generator.draws);
    if (draws.empty() || all != nullptr) continue;
    const Use* seed = active_seed(in, generator.seeds);
    if (seed == nullptr) {
      return {false, draws[0]->span,
              fmt::format("draws from {} with no seed set by reached code", generator.name)};
    }
    if (!answer.holds) answer = {true, seed->span, fmt::format("seeds {}", generator.name)};
  }
  for (const Use* use : training_uses(in, sides, "takes-random-state")) {
    if (use->kind != Use::Kind::kCall) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const PyCall& call = module.calls[use->call];
    if (passes_seed(module, call)) {
      if (!answer.holds) answer = {true, call.span, fmt::format("{} takes a seed", call.callee.view())};
    } else if (numpy == nullptr && all == nullptr) {
      return {false, call.span, fmt::format("{} is given no random_state", call.callee.view())};
    }
  }
  if (numpy != nullptr && !answer.holds) answer = {true, numpy->span, "seeds numpy"};
  const Use* key = answer.holds ? nullptr : active_seed(in, "seeds-jax");  // that every draw is given
  if (key != nullptr) answer = {true, key->span, "seeds jax"};
  if (!answer.holds) answer = seed_in_parameters(in, sides);
  if (!answer.holds) answer.what = "no seed is set";
  return answer;
}

Answer environment(const RuleInput& in) {
  size_t pinned = 0, all = 0;
  Span first, loose;
  std::string loose_name;
  for (const Dependency& dependency : in.facts.dependencies) {
    if (is_sample(in.facts, dependency.span.file)) continue;
    bool python = dependency.ecosystem == "pypi" || dependency.ecosystem == "conda";
    if (!python) continue;
    if (dependency.locked) return {true, dependency.span, "a lock file"};
    if (dependency.development) continue;
    ++all;
    if (dependency.pinned) {
      if (pinned++ == 0) first = dependency.span;
    } else if (loose_name.empty()) {
      loose = dependency.span;
      loose_name = dependency.name.str();
    }
  }
  if (all > 0 && static_cast<double>(pinned) >= kPinnedShare * static_cast<double>(all)) {
    return {true, first, fmt::format("{} of {} dependencies pinned", pinned, all)};
  }
  if (all == 0) return {false, {}, "no dependencies are declared"};
  return {false, loose, fmt::format("{} is not pinned and no lock file is kept", loose_name)};
}

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos && !text.starts_with("file:");
}

// A URL that names one version: a commit id or a release in its path.
bool names_version(std::string_view url) {
  size_t run = 0;
  for (char c : url) {
    bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    run = hex ? run + 1 : 0;
    if (run >= 40) return true;
  }
  return url.find("/releases/download/") != std::string_view::npos ||
         url.find("versionId=") != std::string_view::npos;
}

std::string_view first_text(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const PyValue& value = module.args[a].value;
    if (value.kind == PyValue::Kind::kString || value.kind == PyValue::Kind::kFString)
      return value.text.view();
    if (value.kind != PyValue::Kind::kName) continue;
    for (const PyBinding& binding : module.bindings) {
      if (binding.target == value.text && binding.value.kind == PyValue::Kind::kString)
        return binding.value.text.view();
    }
  }
  return {};
}

bool has_keyword(const PythonModule& module, const PyCall& call,
                 std::initializer_list<std::string_view> keywords) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    std::string_view keyword = module.args[a].keyword.view();
    if (std::find(keywords.begin(), keywords.end(), keyword) != keywords.end()) return true;
  }
  return false;
}

// A key under which a run keeps what data it was trained on.
bool names_data_version(std::string_view key) {
  const bool data = has_word(key, {"data", "dataset", "datasets", "snapshot"});
  return data && has_word(key, {"version", "hash", "sha", "sha256", "md5", "checksum", "digest",
                                "fingerprint", "snapshot", "revision"});
}

// The project's own snapshots: the data is copied under the id of a version, and runs keep that id (or hash)
// as a parameter or tag.
Answer snapshots(const RuleInput& in) {
  Answer answer;
  for (const Use* use : product_uses(in, "tracks-experiments")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t a = call->args.begin; a < call->args.end && !answer.at.valid(); ++a) {
      const PyValue& value = module.args[a].value;
      bool named = value.kind == PyValue::Kind::kString && names_data_version(value.text.view());
      for (uint32_t e = value.elements().begin;
           e < value.elements().end && value.kind == PyValue::Kind::kDict; e += 2)
        named |= names_data_version(module.values[e].text.view());
      if (named) answer.at = call->span;
    }
  }
  if (!answer.at.valid()) return answer;
  for (const PythonModule& module : in.facts.python) {
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file)) continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      const bool kept = has_word(function.name.view(), {"snapshot", "snapshots", "version", "versioned"}) &&
                        has_word(function.name.view(), {"data", "dataset", "datasets"}) && !function.is_stub;
      if (!kept) continue;
      for (const PyCall& call : calls_in(module, f)) {
        const bool copies = has_word(call.callee.view(), {"copy", "copy2", "copyfile", "copytree", "put",
                                                          "upload", "to_parquet", "to_csv", "write_bytes"});
        if (call.function != f || !copies) continue;
        answer.holds = true;
        answer.what = "runs keep the version of the data, and the data is copied under it";
        return answer;
      }
    }
  }
  return answer;
}

// Training reads no data: its rows are drawn in the code.
Answer made_in_code(const RuleInput& in) {
  const Sides& sides = shared<Sides>(in);
  if (sides.training.empty() || !training_uses(in, sides, "reads-data").empty()) return {};
  const SyntheticData& synthetic = shared<SyntheticData>(in);
  for (const Use* use : training_uses(in, sides, "trains-model")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr) continue;
    if (const Span made = synthetic.made_up(use->function.module, *call); made.valid())
      return {true, made, "the rows are made in the code"};
  }
  return {};
}

// What runs leave behind, by its path: figures and logs, not the rows that a training reads.
bool holds_results(std::string_view path) {
  return has_word(path,
                  {"results", "result", "reports", "report", "logs", "loadtest", "locust", "benchmark",
                   "benchmarks", "artifacts", "outputs", "output", "metrics", "predictions", "profiling"});
}

// `load_dataset("csv", data_files="rows.csv")`: the files are its own, not those of a hub.
bool reads_files(std::string_view loader) {
  constexpr std::string_view kLoaders[] = {"csv",        "json",        "parquet",     "text",
                                           "arrow",      "imagefolder", "audiofolder", "pandas",
                                           "webdataset", "sql",         "xml"};
  return std::ranges::find(kLoaders, loader) != std::end(kLoaders);
}

Answer data(const RuleInput& in) {
  if (Answer own = snapshots(in); own.holds) return own;
  if (Answer made = made_in_code(in); made.holds) return made;
  for (const Use* use : product_uses(in, "reads-data")) {
    if (use->kind != Use::Kind::kCall || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const PyCall& call = module.calls[use->call];
    std::string_view text = first_text(module, call);
    if (is_url(text) && !names_version(text)) {
      return {false, call.span, "the data comes from an address that may change"};
    }
    if (has_word(call.callee.view(), {"sql"}) || text.starts_with("SELECT") || text.starts_with("select")) {
      return {false, call.span, "the data comes from a live table"};
    }
    bool hub = has_word(call.callee.view(), {"dataset"}) && call.method == "load_dataset";
    if (hub && !reads_files(text) && !has_keyword(module, call, {"revision"})) {
      return {false, call.span, "the data set is loaded without a revision"};
    }
  }
  for (const FileFact& file : in.facts.files) {
    std::string_view path = file.path.view();
    if (file.sample || file.vendored || holds_results(path)) continue;
    if (path.ends_with(".dvc") || path.ends_with("dvc.lock"))
      return {true, Span{file.id, 1, 1, 1}, "data versions"};
  }
  for (const FileFact& file : in.facts.files) {
    std::string_view path = file.path.view();
    bool table = path.ends_with(".csv") || path.ends_with(".parquet") || path.ends_with(".feather") ||
                 path.ends_with(".jsonl") || path.ends_with(".tsv") || path.ends_with(".csv.gz");
    constexpr uint64_t kDataBytes = 2048;
    if (table && !file.sample && !file.vendored && file.bytes > kDataBytes && !holds_results(path) &&
        !is_test_code(in.facts, file.id)) {
      return {true, Span{file.id, 1, 1, 1}, "the data is kept in the repository"};
    }
  }
  return {false, {}, "nothing names the version of the training data"};
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<const Use*> trains = product_uses(in, "trains-model");
  std::erase_if(trains, [&](const Use* use) { return is_notebook(in.facts, use->file); });
  if (trains.empty() && !in.facts.archetype.has(Trait::kTraining)) return;
  const Answer answers[] = {seeds(in), environment(in), data(in)};
  static constexpr const char* kRemedies[] = {
      "Seed every generator in use before the first random step.",
      "Lock the environment: pin what the requirements need in turn, too.",
      "Let training read a version of the data that stays: a committed file, a hash, a snapshot of the "
      "table."};
  if (!answers[0].holds && !answers[1].holds) return;  // nothing of it was tried
  Evidence evidence;
  evidence.mode = EvidenceMode::kStanding;
  evidence.what = "seeds, a locked environment and named data";
  evidence.worth = 0.5;
  evidence.worth_why = "no run proves that two trainings agree";
  evidence.confidence = Confidence::kMedium;
  for (size_t i = 0; i < std::size(answers); ++i) {
    const Answer& answer = answers[i];
    if (answer.holds) {
      if (!evidence.place.valid()) evidence.place = answer.at;
      evidence.links.push_back({answer.at, answer.what});
    } else if (evidence.defeat.empty()) {
      evidence.defeat = answer.what;
      evidence.defeat_at = answer.at;
      evidence.remedy = kRemedies[i];
    }
  }
  if (!evidence.defeat.empty() && !evidence.defeat_at.valid()) evidence.defeat_at = evidence.place;
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule infra_reproducible_training;
const Rule infra_reproducible_training{
    .summary = "seeds for every generator in use, a locked environment and named data",
    .why = "A model that cannot be trained again cannot be debugged, compared or trusted.",
    .fix =
        "Seed each generator before its first draw, install from a lock file, and name the version of the "
        "data.",
    .source = "Breck et al. 2017, table III, Infra 1",
    .run = run,
};

}  // namespace mlgrade::rules
