// Collects releases by capability, by command and by the path that serving reads.
#include "rules/support/releases.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "rules/support/code.h"
#include "rules/support/paths.h"
#include "rules/support/product_run.h"
#include "rules/support/roles.h"

namespace mlgrade {
namespace {

bool is_registry_text(std::string_view text) {
  return text.starts_with("models:") || text.starts_with("runs:") ||
         text.find("models:/") != std::string::npos;
}

// A handler stands in the module.
bool holds_handler(const RuleInput& in, const Sides& sides, uint32_t module) {
  return std::any_of(sides.handlers.begin(), sides.handlers.end(),
                     [&](NodeId handler) { return in.graph.nodes[handler].owner == module; });
}

// A load by the serving side: of its functions, else of the module that its routes stand in.
std::vector<const Use*> served_loads(const RuleInput& in, const Sides& sides) {
  std::vector<const Use*> near, same_file;
  for (const Use* use : product_uses(in, "loads-model")) {
    if (use->kind != Use::Kind::kCall || is_notebook(in.facts, use->file)) continue;
    if (contains_node(sides.serving, node_of(in, *use))) near.push_back(use);
    if (holds_handler(in, sides, use->function.module)) same_file.push_back(use);
  }
  return near.empty() ? same_file : near;
}

bool uploads(const PyCall& call) {
  return has_word(call.method.view(), {"upload", "fput"}) || call.method == "put_object";
}

bool copies(const PyCall& call) {
  static constexpr std::string_view kTargets[] = {"shutil.copy", "shutil.copy2",    "shutil.copyfile",
                                                  "shutil.move", "shutil.copytree", "os.replace",
                                                  "os.rename",   "os.symlink"};
  if (std::find(std::begin(kTargets), std::end(kTargets), call.target.view()) != std::end(kTargets))
    return true;
  return call.method == "write_bytes" || call.method == "symlink_to" || uploads(call);
}

// A call that fetches files from elsewhere: download_file, download_to_filename, fget_object.
bool fetches(const PyCall& call) {
  return has_word(call.method.view(), {"download", "fget"}) ||
         (call.method == "get_object" && call.target.view().starts_with("minio."));
}

// Where the service fetches a file of a model from, by its handlers or as it starts.
std::optional<ModelSource> fetched_source(const RuleInput& in, const Sides& sides) {
  for (const Use* use : product_uses(in, "reads-data")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || !fetches(*call)) continue;
    const bool starts = call->function == kNone && holds_handler(in, sides, use->function.module);
    if (!starts && !contains_node(sides.serving, node_of(in, *use))) continue;
    std::set<std::string> texts = texts_of(in.facts, use->function.module, *call);
    const auto file = std::find_if(texts.begin(), texts.end(), is_model_file);
    if (file == texts.end()) continue;
    const std::string path = *file;
    return ModelSource{ModelSource::Kind::kFetched, call->span, path, std::move(texts)};
  }
  return std::nullopt;
}

// The texts of the call name the same bucket, key or file as what is fetched.
bool names_fetched(const std::set<std::string>& texts, const std::set<std::string>& fetched) {
  constexpr size_t kTelling = 4;  // shorter ones say nothing
  return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
    const auto letters =
        std::count_if(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
    return static_cast<size_t>(letters) >= kTelling && fetched.contains(text);
  });
}

// A step or job that is called a deployment.
bool is_deployment_unit(const AutomationFile& file, uint32_t unit) {
  for (uint32_t at = unit; at != kNone; at = file.units[at].parent) {
    const Unit& here = file.units[at];
    if (here.kind == UnitKind::kWorkflow) return false;
    for (std::string_view name : {here.name.view(), here.title.view()}) {
      if (has_word(name, {"deploy", "deployment", "cd", "rollout", "release"}) &&
          !has_word(name, {"test", "tests"}))
        return true;
    }
  }
  return false;
}

// `docker compose up -d api`.
bool brings_up(const Command& command) {
  const auto has = [&](std::string_view text) {
    return std::any_of(command.words.begin(), command.words.end(),
                       [&](const Word& w) { return w.text == text; });
  };
  if (command.words.empty()) return false;
  const std::string_view program = command.words[0].text;
  const bool compose =
      program == "docker-compose" || ((program == "docker" || program == "podman") && has("compose"));
  return compose && has("up") && (has("-d") || has("--detach"));
}

}  // namespace

ModelSource model_source(const RuleInput& in) {
  ModelSource source;
  const Sides& sides = shared<Sides>(in);
  const std::vector<const Use*> loads = served_loads(in, sides);
  const auto project = [&](const Use* use) {
    const std::string_view path = in.facts.path(use->file);
    return path.substr(0, path.find('/'));
  };
  // Several services, each with a model of its own: which one a gate belongs to cannot be told.
  const bool several = std::any_of(loads.begin(), loads.end(),
                                   [&](const Use* use) { return project(use) != project(loads[0]); });
  for (const Use* use : several ? std::vector<const Use*>() : loads) {
    const PyCall& call = *call_of(in, *use);
    const std::set<std::string> texts = texts_of(in.facts, use->function.module, call);
    const bool registry = std::any_of(texts.begin(), texts.end(), is_registry_text) ||
                          (call.target.view().starts_with("mlflow.") &&
                           std::none_of(texts.begin(), texts.end(), is_model_file));
    if (registry) return {ModelSource::Kind::kRegistry, call.span, "", {}};
    const auto file = std::find_if(texts.begin(), texts.end(), is_model_file);
    if (file != texts.end() && source.kind == ModelSource::Kind::kUnknown)
      source = {ModelSource::Kind::kFile, call.span, *file, {}};
  }
  if (several) return source;
  if (const std::optional<ModelSource> fetched = fetched_source(in, sides)) {
    source = *fetched;
  }
  return source;
}

Releases::Releases(const RuleInput& in) : in_(in), source_(model_source(in)) {
  add_uses();
  add_compose();
  add_writes();
  decide();
}

void Releases::add_uses() {
  struct Word {
    std::string_view capability;
    Release::Kind kind;
  };
  for (const Word& word :
       {Word{"deploys", Release::Kind::kDeploys}, Word{"publishes-image", Release::Kind::kDeploys},
        Word{"promotes-model", Release::Kind::kPromotes},
        Word{"registers-model", Release::Kind::kRegisters}}) {
    for (const Use* use : product_uses(in_, word.capability)) {
      const NodeId node = node_of(in_, *use);
      if (node == kNone) continue;
      Release release;
      release.kind = word.kind;
      release.span = use->span;
      release.node = node;
      if (use->kind == Use::Kind::kCall) {
        release.module = use->function.module;
        release.call = use->call;
      }
      releases_.push_back(release);
    }
  }
}

void Releases::add_compose() {
  for (uint32_t f = 0; f < in_.facts.automation.size(); ++f) {
    const AutomationFile& file = in_.facts.automation[f];
    if (is_sample(in_.facts, file.file)) continue;
    for (uint32_t c = 0; c < file.commands.size(); ++c) {
      const Command& command = file.commands[c];
      if (command.unit == kNone || !brings_up(command) || !is_deployment_unit(file, command.unit)) continue;
      Release release;
      release.span = command.span;
      release.node = in_.graph.node_of_command(f, c);
      releases_.push_back(release);
    }
  }
}

void Releases::add_writes() {
  const bool fetched = source_.kind == ModelSource::Kind::kFetched;
  if (source_.kind != ModelSource::Kind::kFile && !fetched) return;
  std::vector<std::pair<uint32_t, uint32_t>> calls;
  for (const Use* use : product_uses(in_, "saves-model")) {
    if (!fetched && use->kind == Use::Kind::kCall) calls.emplace_back(use->function.module, use->call);
  }
  for (uint32_t m = 0; m < in_.facts.python.size(); ++m) {
    const PythonModule& module = in_.facts.python[m];
    if (is_test_code(in_.facts, module.file) || is_sample(in_.facts, module.file)) continue;
    for (uint32_t c = 0; c < module.calls.size(); ++c) {
      const bool moves = fetched ? uploads(module.calls[c]) : copies(module.calls[c]);
      if (moves) calls.emplace_back(m, c);
    }
  }
  for (const auto& [m, c] : calls) {
    const PythonModule& module = in_.facts.python[m];
    const std::set<std::string> texts = texts_of(in_.facts, m, module.calls[c]);
    const bool there = fetched ? names_fetched(texts, source_.fetched) : names_path(texts, source_.path);
    if (module.is_notebook || !there) continue;
    Release release;
    release.kind = Release::Kind::kWrites;
    release.span = module.calls[c].span;
    release.node = in_.graph.node_of_call(m, c);
    release.module = m;
    release.call = c;
    releases_.push_back(release);
  }
}

void Releases::decide() {
  const auto any = [&](Release::Kind kind) {
    return std::any_of(releases_.begin(), releases_.end(), [&](const Release& r) { return r.kind == kind; });
  };
  const bool registry = source_.kind == ModelSource::Kind::kRegistry;
  const bool fetched = source_.kind == ModelSource::Kind::kFetched;
  const bool file = source_.kind == ModelSource::Kind::kFile || fetched;
  const bool promotes = any(Release::Kind::kPromotes);
  const bool deploys = any(Release::Kind::kDeploys);
  for (Release& release : releases_) {
    release.by = product_reach(in_, release.node);  // a test that promotes promotes a stand-in
    switch (release.kind) {
      case Release::Kind::kDeploys:
        release.governs = !fetched && (!registry || (!promotes && !any(Release::Kind::kRegisters)));
        break;
      case Release::Kind::kPromotes:
        release.governs = !file || (!deploys && !any(Release::Kind::kWrites));
        break;
      case Release::Kind::kWrites:
        release.governs = true;
        break;
      case Release::Kind::kRegisters:
        release.governs = registry ? !promotes : !promotes && !deploys && !any(Release::Kind::kWrites);
        break;
    }
  }
  std::stable_sort(releases_.begin(), releases_.end(), [](const Release& a, const Release& b) {
    return std::make_pair(!a.governs, a.kind) < std::make_pair(!b.governs, b.kind);
  });
}

const Release* Releases::of_call(uint32_t module, uint32_t call) const {
  const PyCall& made = in_.facts.python[module].calls[call];
  for (const Release& release : releases_) {
    if (release.module == module && release.call == call) return &release;
  }
  if (!made.function_ref.valid()) return nullptr;
  const std::vector<NodeId> closure = in_.graph.closure(in_.graph.node_of_function(made.function_ref));
  for (const Release& release : releases_) {
    if (std::binary_search(closure.begin(), closure.end(), release.node)) return &release;
  }
  return nullptr;
}

const Release* Releases::automatic() const {
  for (const Release& release : releases_) {
    if (release.governs && release.by == Reach::By::kAutomatic) return &release;
  }
  return nullptr;
}

const Release* Releases::written_beside(const Release& gated, NodeId check) const {
  const bool file = source_.kind == ModelSource::Kind::kFile || source_.kind == ModelSource::Kind::kFetched;
  if (!file || gated.kind == Release::Kind::kDeploys || check == kNone) return nullptr;
  for (const Release& release : releases_) {
    const bool other = release.kind == Release::Kind::kWrites && release.node != gated.node;
    if (other && release.by == Reach::By::kAutomatic && !in_.graph.gates(check, release.node))
      return &release;
  }
  return nullptr;
}

}  // namespace mlgrade
