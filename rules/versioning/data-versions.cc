// The data that a model was trained on has a name by which it can be had again.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <string>

#include "analyzer/base/glob.h"
#include "analyzer/engine/rule.h"
#include "rules/support/abilities.h"
#include "rules/support/code.h"
#include "rules/support/command_text.h"
#include "rules/support/config.h"
#include "rules/support/paths.h"
#include "rules/support/product_run.h"
#include "rules/support/standing.h"
#include "rules/support/tests.h"
#include "rules/support/tracked.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 6;

const FileFact* file_ending(const RuleInput& in, std::string_view ending) {
  for (const FileFact& file : in.facts.files) {
    if (!file.sample && !file.vendored && file.path.view().ends_with(ending)) return &file;
  }
  return nullptr;
}

// The job that trains has fetched the data by the hashes in git before: `dvc pull`, then the training.
NodeId fetched_for_training(const RuleInput& in) {
  const AbilityMap& abilities = shared<AbilityMap>(in);
  for (uint32_t f = 0; f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (is_sample(in.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const std::string text = words_as_text(file.commands[c]);
      const bool fetches = text.find("dvc pull") != text.npos || text.find("dvc fetch") != text.npos ||
                           text.find("dvc checkout") != text.npos || text.find("dvc repro") != text.npos;
      const NodeId node = in.graph.node_of_command(f, c);
      if (!fetches || file.commands[c].unit == kNone || in.graph.reached_by(node) != Reach::By::kAutomatic)
        continue;
      uint32_t job = file.commands[c].unit;
      while (file.units[job].kind == UnitKind::kStep && file.units[job].parent != kNone)
        job = file.units[job].parent;
      for (uint32_t later = c; later < file.commands.size(); ++later) {
        uint32_t unit = file.commands[later].unit;
        while (unit != kNone && unit != job) unit = file.units[unit].parent;
        if (unit != job) continue;
        const NodeId command = in.graph.node_of_command(f, later);
        if (abilities.first_in(run_without_tests(in, command), "trains-model") != nullptr) return node;
      }
    }
  }
  return kNone;
}

Span span_of_command(const RuleInput& in, NodeId node) {
  const Node& n = in.graph.nodes[node];
  return in.facts.automation[n.owner].commands[n.index].span;
}

// A stage that trains, with its inputs' hashes in dvc.lock, and data that others can get from a remote.
void add_dvc(const RuleInput& in, std::vector<Evidence>& out) {
  const FileFact* remote = in.facts.find_file(".dvc/config");
  const FileFact* lock = file_ending(in, "dvc.lock");
  const FileFact* pointer = nullptr;
  for (const FileFact& file : in.facts.files) {
    const std::string_view path = file.path.view();
    if (pointer == nullptr && path.ends_with(".dvc") && path != ".dvc" && !file.sample) pointer = &file;
  }
  if (lock == nullptr && pointer == nullptr) return;
  const FileFact& named = lock != nullptr ? *lock : *pointer;
  Evidence evidence =
      standing_half({named.id, 1, 1, 1}, "DVC names the data by its hash", "versions are made by hand");
  if (remote == nullptr || remote->bytes < 20) {
    if (pointer == nullptr) return;
    evidence.worth_why = "no remote holds the data, so the hash names what nobody else can get";
  } else {
    evidence.links = {{evidence.place, evidence.what}, {{remote->id, 1, 1, 1}, "the remote that holds it"}};
  }
  if (remote != nullptr && remote->bytes >= 20) {
    if (const NodeId node = fetched_for_training(in); node != kNone) {
      evidence.mode = EvidenceMode::kCheck;
      evidence.runs_at = node;
      evidence.worth = 1;
      evidence.worth_why.clear();
      evidence.links.push_back({span_of_command(in, node), "fetched by it before the training"});
    }
  }
  for (uint32_t f = 0; lock != nullptr && remote != nullptr && f < in.facts.automation.size(); ++f) {
    const AutomationFile& file = in.facts.automation[f];
    if (file.system != "dvc" || is_sample(in.facts, file.file)) continue;
    for (uint32_t u = 0; u < file.units.size(); ++u) {
      const NodeId node = in.graph.node_of_unit(f, u);
      const bool trains = has_word(file.units[u].name.view(), {"train", "training", "fit", "finetune"});
      if (!trains || in.graph.reached_by(node) != Reach::By::kAutomatic) continue;
      evidence.mode = EvidenceMode::kCheck;
      evidence.runs_at = node;
      evidence.worth = 1;
      evidence.worth_why.clear();
      break;
    }
  }
  out.push_back(std::move(evidence));
}

// The call names something else than rows: an artifact of another type or of results, a table with a version
// that the code says once and for all.
bool names_other(const PythonModule& module, const PyCall& call) {
  if (call.method == "log_input" && !call.args.empty()) {
    const PyValue& given = module.args[call.args.begin].value;
    if (given.kind == PyValue::Kind::kCall) return names_other(module, module.calls[given.call]);
    const auto made = std::ranges::find_if(module.bindings, [&](const PyBinding& binding) {
      return binding.function == call.function && binding.target == given.text &&
             binding.value.kind == PyValue::Kind::kCall;
    });
    const bool known = given.kind == PyValue::Kind::kName && made != module.bindings.end();
    return known && module.calls[made->value.call].method != "log_input" &&
           names_other(module, module.calls[made->value.call]);
  }
  const bool artifact = call.target == "wandb.Artifact";
  const bool table = call.target.view().ends_with("data.from_spark");
  for (uint32_t a = call.args.begin; (artifact || table) && a < call.args.end; ++a) {
    const PyArg& arg = module.args[a];
    const uint32_t position = a - call.args.begin;
    const bool text = arg.value.kind == PyValue::Kind::kString;
    if (table && text && arg.keyword == "version") return true;
    const bool type = arg.keyword == "type" || (arg.keyword.empty() && position == 1);
    const bool name = arg.keyword == "name" || (arg.keyword.empty() && position == 0);
    if (artifact && type && text &&
        !has_word(arg.value.text.view(), {"data", "dataset", "datasets", "rows", "table", "tables", "corpus",
                                          "split", "splits", "features", "raw", "images", "documents"}))
      return true;
    if (artifact && name && (text || arg.value.kind == PyValue::Kind::kFString) &&
        has_word(arg.value.text.view(),
                 {"results", "result", "predictions", "metrics", "evaluation", "report"}))
      return true;
  }
  return false;
}

// Calls that read one version by its name.
void add_pinned_reads(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "versions-data")) {
    if (use->kind != Use::Kind::kCall) continue;
    const PyCall* call = call_of(in, *use);
    if (call != nullptr && names_other(in.facts.python[use->function.module], *call)) continue;
    Evidence evidence =
        standing_half(use->span, fmt::format("{} names the version of the data", use->tool.view()),
                      "whether the run keeps that name cannot be seen");
    out.push_back(std::move(evidence));
    if (out.size() > kMost) return;
  }
}

bool is_data_path(std::string_view path) {
  for (std::string_view ending : {".csv", ".tsv", ".parquet", ".feather", ".jsonl", ".json", ".xlsx", ".npz",
                                  ".npy", ".arff", ".txt", ".zip", ".gz"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

// The line of .gitattributes by which only a pointer of Git LFS is committed; invalid if the file itself is.
Span pointer_by(const RuleInput& in, const FileFact& file) {
  const std::string_view path = file.path.view();
  for (const ConfigDocument& document : in.facts.configs) {
    const std::string_view home = in.facts.path(document.file);
    if (!home.ends_with(".gitattributes")) continue;
    const std::string_view folder = home.substr(0, home.size() - std::string_view(".gitattributes").size());
    if (!path.starts_with(folder)) continue;
    const std::string_view below = path.substr(folder.size());
    for (const ConfigKey& key : document.keys) {
      if (key.value.find("filter=lfs") == std::string::npos) continue;
      std::string_view pattern = key.path.view();
      if (pattern.starts_with('/')) pattern.remove_prefix(1);
      const bool anywhere = key.path.view().find('/') == std::string_view::npos;
      if (glob_match(pattern, anywhere ? below.substr(below.rfind('/') + 1) : below)) return key.span;
    }
  }
  return {};
}

// The committed file that a literal path of a call means, from the root or from the caller's folder.
const FileFact* committed(const RuleInput& in, const PythonModule& module, std::string_view path) {
  while (path.starts_with("./") || path.starts_with("../"))
    path.remove_prefix(path.starts_with("./") ? 2 : 3);
  if (path.empty() || !is_data_path(path)) return nullptr;
  if (const FileFact* file = in.facts.find_file(path)) return file;
  std::string_view folder = in.facts.path(module.file);
  for (size_t slash = folder.rfind('/'); slash != std::string_view::npos; slash = folder.rfind('/')) {
    folder = folder.substr(0, slash);
    if (const FileFact* file = in.facts.find_file(std::string(folder) + "/" + std::string(path))) return file;
  }
  return nullptr;
}

// A path as far as one value tells it: "data/x.csv", ROOT / "data" / "x.csv".
std::string_view plain_path(const PyValue& value) {
  if (value.kind == PyValue::Kind::kString) return value.text.view();
  std::string_view path = value.kind == PyValue::Kind::kPath ? value.text.view() : std::string_view();
  if (path.starts_with("{}/")) path.remove_prefix(3);
  return path;
}

// Data that is committed beside the code: the commit names both.
void add_committed(const RuleInput& in, std::vector<Evidence>& out) {
  for (const Use* use : product_uses(in, "reads-data")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
      const PyValue& value = module.args[a].value;
      std::string_view path = value.kind == PyValue::Kind::kString ? value.text.view() : std::string_view();
      if (value.kind == PyValue::Kind::kName) {
        for (const PyBinding& binding : module.bindings) {
          if (binding.target == value.text && binding.value.kind == PyValue::Kind::kString)
            path = binding.value.text.view();
        }
      }
      const FileFact* file = path.empty() ? nullptr : committed(in, module, path);
      if (file == nullptr || file->sample) continue;
      Evidence evidence = standing_half(
          use->span, fmt::format("{} is committed, so the commit names the data", file->path.view()),
          "no run records which version it read");
      if (const Span pointer = pointer_by(in, *file); pointer.valid()) {
        evidence.what = fmt::format("{} is a pointer of Git LFS", file->path.view());
        evidence.defeat =
            "only a pointer of Git LFS is committed; its data lie elsewhere, and no run names them";
        evidence.defeat_at = pointer;
        evidence.remedy = "Let training read the data by an immutable version and write that version down.";
      }
      out.push_back(std::move(evidence));
      return;
    }
  }
}

bool is_table(std::string_view path) {
  for (std::string_view ending :
       {".csv", ".tsv", ".parquet", ".feather", ".jsonl", ".xlsx", ".npz", ".npy", ".arff", ".zip", ".gz"}) {
    if (path.ends_with(ending)) return true;
  }
  return false;
}

// What runs leave behind, by its path; not the rows that a training reads.
bool holds_results(std::string_view path) {
  return has_word(path, {"results",  "result",  "reports",     "report",     "reporting", "logs",
                         "loadtest", "locust",  "benchmark",   "benchmarks", "artifacts", "outputs",
                         "output",   "metrics", "predictions", "test",       "tests",     "example",
                         "examples", "sample",  "samples",     "fixtures"});
}

// The one file of that name; null if there are more, or none.
const FileFact* only_file_called(const RuleInput& in, std::string_view name) {
  const FileFact* found = nullptr;
  for (const FileFact& file : in.facts.files) {
    if (file.sample || file.vendored || file_name(file.path.view()) != name) continue;
    if (found != nullptr) return nullptr;
    found = &file;
  }
  return found;
}

// The committed table that a setting names.
const FileFact* committed_table(const RuleInput& in, FileId from, std::string_view path) {
  constexpr uint64_t kDataBytes = 2048;
  while (path.starts_with("./") || path.starts_with("../"))
    path.remove_prefix(path.starts_with("./") ? 2 : 3);
  if (!is_table(path) || holds_results(path)) return nullptr;
  const FileFact* file = in.facts.find_file(path);
  std::string_view folder = in.facts.path(from);
  for (size_t slash = folder.rfind('/'); file == nullptr && slash != folder.npos; slash = folder.rfind('/')) {
    folder = folder.substr(0, slash);
    file = in.facts.find_file(std::string(folder) + "/" + std::string(path));
  }
  if (file == nullptr && path.find('/') == path.npos) file = only_file_called(in, path);
  const bool good = file != nullptr && !file->sample && !file->vendored && file->bytes > kDataBytes &&
                    !pointer_by(in, *file).valid();
  return good ? file : nullptr;
}

// Data whose path stands in settings: a file of them, a catalog of data sets, a constant or a field of a
// class. Only where code reads data at all.
void add_configured(const RuleInput& in, std::vector<Evidence>& out) {
  const std::vector<const Use*> reads = product_uses(in, "reads-data");
  const bool in_code =
      std::ranges::any_of(reads, [&](const Use* use) { return !is_notebook(in.facts, use->file); });
  const auto add = [&](Span at, const FileFact& file) {
    Evidence evidence =
        standing_half(at, fmt::format("{} is committed, so the commit names the data", file.path.view()),
                      "no run records which version it read");
    evidence.confidence = Confidence::kMedium;
    out.push_back(std::move(evidence));
  };
  for (const ConfigDocument& document : in.facts.configs) {
    if (is_sample(in.facts, document.file) || is_test_code(in.facts, document.file)) continue;
    for (const ConfigKey& key : document.keys) {
      const bool catalog = key.path.view().ends_with(".filepath");
      if (!catalog && !in_code) continue;
      const FileFact* file = committed_table(in, document.file, key.value);
      if (file != nullptr) return add(key.span, *file);
    }
  }
  if (!in_code) return;
  for (const PythonModule& module : in.facts.python) {
    if (module.is_notebook || is_test_code(in.facts, module.file) || is_sample(in.facts, module.file))
      continue;
    for (const PyBinding& binding : module.bindings) {
      if (binding.value.kind != PyValue::Kind::kString && binding.value.kind != PyValue::Kind::kPath)
        continue;
      const FileFact* file = committed_table(in, module.file, plain_path(binding.value));
      if (file != nullptr) return add(binding.span, *file);
    }
    for (const PyClass& cls : module.classes) {
      for (const PyField& field : cls.fields) {
        const FileFact* file = committed_table(in, module.file, plain_path(field.value));
        if (file != nullptr) return add(field.span, *file);
      }
    }
  }
}

// A name of the data's version that the run writes down.
void add_tracked(const RuleInput& in, std::vector<Evidence>& out) {
  const std::vector<TrackedName> names = tracked_names(in);
  const TrackedName* tracked =
      find_tracked(names, {"data", "dataset", "datasets", "snapshot"},
                   {"version", "hash", "sha", "sha256", "md5", "digest", "id", "fingerprint", "checksum"});
  if (tracked == nullptr) return;
  out.push_back(standing_half(tracked->span, fmt::format("the run writes down `{}`", tracked->name.view()),
                              "nothing shows that training reads the data by that name"));
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found;
  add_dvc(in, found);
  add_tracked(in, found);
  add_committed(in, found);
  // A library's tables are examples for those who use it.
  if (found.empty() && uses_of(in, "publishes-package").empty()) add_configured(in, found);
  add_pinned_reads(in, found);
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule versioning_data_versions;
const Rule versioning_data_versions{
    .summary = "the data of a training can be named and had again",
    .why = "A result that cannot be repeated on the same rows cannot be explained, compared or defended.",
    .fix = "Let training read the data by an immutable version and write that version down with the run.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (versioning); Sculley et al. 2015, section 3",
    .run = run,
};

}  // namespace mlgrade::rules
