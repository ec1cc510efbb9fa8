// Traits follow from capabilities used in product code: who trains, who serves, who calls a hosted model.
#include "analyzer/engine/archetype.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "analyzer/engine/unread_code.h"
#include "analyzer/facts/test_paths.h"

namespace mlgrade {
namespace {

struct Seen {
  const Use* in_code = nullptr;  // outside tests and notebooks
  const Use* in_notebook = nullptr;
  const Use* any() const { return in_code != nullptr ? in_code : in_notebook; }
};

Seen see(const FactStore& facts, const std::vector<Use>& uses,
         std::initializer_list<std::string_view> capabilities) {
  Seen seen;
  for (const Use& use : uses) {
    if (std::find(capabilities.begin(), capabilities.end(), use.capability.view()) == capabilities.end())
      continue;
    const FileFact& file = facts.file(use.file);
    if (file.sample || file.vendored || is_test_path(file.path.view())) continue;
    const Use*& slot = file.language == Language::kNotebook ? seen.in_notebook : seen.in_code;
    // A library that is named says more than an object that only behaves like a model.
    const bool better = slot != nullptr && !slot->ability->methods.empty() && use.ability->methods.empty();
    if (slot == nullptr || better) slot = &use;
  }
  return seen;
}

std::string why(const Use& use) {
  std::string capability = use.capability.str();
  std::replace(capability.begin(), capability.end(), '-', ' ');
  return fmt::format("{} with {}", capability, use.tool.view());
}

// A class of the repository that has `fit` beside `predict` is an estimator of its own.
Span own_estimator(const FactStore& facts) {
  for (const PythonModule& module : facts.python) {
    if (module.is_notebook) continue;
    if (facts.file(module.file).sample || is_test_path(facts.path(module.file))) continue;
    std::vector<uint8_t> learns(module.classes.size()), answers(module.classes.size());
    for (const PyFunction& f : module.functions) {
      if (f.cls == kNone || f.is_stub) continue;
      learns[f.cls] |= f.name == "fit" || f.name == "partial_fit" || f.name == "training_step";
      answers[f.cls] |= f.name == "predict" || f.name == "predict_proba" || f.name == "forward";
    }
    for (size_t c = 0; c < module.classes.size(); ++c) {
      if (learns[c] && answers[c]) return module.classes[c].span;
    }
  }
  return {};
}

// A manifest that has a model served: a KServe, Seldon, BentoML, Ray or KubeAI object, or an
// online endpoint of Azure ML, or SageMaker's in CloudFormation. Invalid if there is none.
TraitReason serving_manifest(const FactStore& facts) {
  static constexpr std::string_view kKinds[] = {
      "InferenceService", "InferenceGraph",  "LLMInferenceService", "ServingRuntime", "ClusterServingRuntime",
      "SeldonDeployment", "BentoDeployment", "RayService",          "TrainedModel"};
  const auto is_kind = [](std::string_view kind) {
    return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
  };
  for (const ConfigDocument& document : facts.configs) {
    const FileFact& file = facts.file(document.file);
    if (file.sample || file.vendored || is_test_path(file.path.view())) continue;
    const std::string_view kind = document.root.get("kind");
    if (is_kind(kind)) {
      return {Trait::kServing, Span{document.file, document.root.line, 1, document.root.line},
              fmt::format("serves a model by {}", kind)};
    }
    const std::string_view schema = document.root.get("$schema");
    if (schema.find("azuremlschemas") != schema.npos && schema.find("nline") != schema.npos) {
      return {Trait::kServing, Span{document.file, document.root.line, 1, document.root.line},
              "serves a model by an online endpoint of Azure ML"};
    }
    const DataNode* resources = document.root.find("Resources");
    if (resources == nullptr || !resources->is_mapping()) continue;
    for (const auto& entry : resources->entries) {
      if (entry.second.get("Type") != "AWS::SageMaker::Endpoint") continue;
      return {Trait::kServing, Span{document.file, entry.second.line, 1, entry.second.line},
              "serves a model by AWS::SageMaker::Endpoint"};
    }
  }
  return {};
}

struct Counts {
  size_t code = 0, documents = 0, deployment = 0;
  FileId first_document = FileId::kNone, first_deployment = FileId::kNone;
};

Counts count_files(const FactStore& facts) {
  Counts counts;
  counts.code = facts.code.analysed;
  for (const CodeCensus::Part& part : facts.code.unread) counts.code += part.files;
  for (const FileFact& file : facts.files) {
    if (file.vendored || file.sample) continue;
    bool text = file.language == Language::kMarkdown || file.language == Language::kText;
    if (text) {
      ++counts.documents;
      if (counts.first_document == FileId::kNone) counts.first_document = file.id;
    }
    bool deployment = file.language == Language::kHcl || file.language == Language::kDockerfile;
    if (deployment) {
      ++counts.deployment;
      if (counts.first_deployment == FileId::kNone) counts.first_deployment = file.id;
    }
  }
  return counts;
}

}  // namespace

Archetype detect_archetype(const FactStore& facts, const Catalogue& catalogue, const std::vector<Use>& uses) {
  Archetype out;
  auto add = [&](Trait trait, Span span, std::string reason) {
    out.traits.push_back(trait);
    out.reasons.push_back({trait, span, std::move(reason)});
  };
  Seen trains = see(facts, uses, {"trains-model", "searches-hyperparameters"});
  Seen predicts = see(facts, uses, {"predicts", "loads-model", "serves-model"});
  Seen http = see(facts, uses, {"serves-http", "serves-route"});
  Seen serves_model = see(facts, uses, {"serves-model"});
  if (serves_model.any() == nullptr) serves_model.in_code = see(facts, uses, {"hosts-model"}).in_code;
  const TraitReason manifest = serving_manifest(facts);
  Seen llm = see(facts, uses, {"calls-llm", "builds-agent"});
  Seen agent = see(facts, uses, {"builds-agent"});
  Seen delivery =
      see(facts, uses, {"deploys", "publishes-image", "registers-model", "applies-infrastructure"});
  Seen saves = see(facts, uses, {"saves-model"});
  Span own = own_estimator(facts);
  bool training = trains.any() != nullptr || own.valid();
  Seen published = see(facts, uses, {"publishes-package"});
  bool model = training || predicts.any() != nullptr || llm.any() != nullptr ||
               serves_model.any() != nullptr || manifest.span.valid();
  const UnreadCode unread = unread_code(facts.code, model);

  if (trains.any() != nullptr) {
    add(Trait::kTraining, trains.any()->span, why(*trains.any()));
  } else if (own.valid()) {
    add(Trait::kTraining, own, "a class with `fit` and `predict` of its own");
  }
  bool serving = serves_model.any() != nullptr || manifest.span.valid() || (http.in_code != nullptr && model);
  if (serves_model.any() == nullptr && manifest.span.valid()) {
    add(manifest.trait, manifest.span, manifest.why);
  } else if (serving) {
    const Use& use = serves_model.any() != nullptr ? *serves_model.any() : *http.in_code;
    add(Trait::kServing, use.span, why(use));
  }
  if (!serving && predicts.in_code != nullptr && see(facts, uses, {"loads-model"}).in_code != nullptr) {
    add(Trait::kBatch, predicts.in_code->span, why(*predicts.in_code));
  }
  if (llm.in_code != nullptr) add(Trait::kLlmApp, llm.in_code->span, why(*llm.in_code));
  if (agent.in_code != nullptr) add(Trait::kAgent, agent.in_code->span, why(*agent.in_code));
  bool in_code = trains.in_code != nullptr || own.valid();
  const bool kept_here = delivery.any() == nullptr && saves.in_code == nullptr;
  if (training && in_code && !serving && published.any() != nullptr) {
    add(Trait::kLibrary, published.any()->span, why(*published.any()));
  } else if (training && in_code && !serving && kept_here) {
    Span at = own.valid() ? own : trains.in_code->span;
    add(Trait::kLibrary, at, "model code that is neither saved, deployed nor served here");
  }
  if (training && !in_code && !serving)
    add(Trait::kNotebookOnly, trains.any()->span, "training in notebooks only");
  if (!model) {
    Counts counts = count_files(facts);
    Span top = facts.files.empty() ? Span{} : Span{facts.files[0].id, 0, 0, 0};
    if (counts.code == 0 && counts.deployment > 0) {
      add(Trait::kInfraOnly, Span{counts.first_deployment, 1, 1, 1}, "deployment definitions and no code");
    } else if (counts.code == 0 && counts.documents > 0) {
      add(Trait::kDocsOnly, Span{counts.first_document, 1, 1, 1}, "documents and no code");
    }
    // Where most code is unread and something speaks of a model, nobody can say that there is none.
    const std::optional<MlMark> mark = unread.decisive() ? mark_of_ml(facts, catalogue) : std::nullopt;
    if (mark) {
      out.unread = fmt::format("{}; {} at {}:{} speak{} of a model", unread.sentence(), mark->what,
                               facts.path(mark->span), mark->span.line,
                               mark->what.starts_with("the words") ? "" : "s");
    } else {
      const std::string limit = unread.decisive() ? "; " + unread.sentence() : "";
      add(Trait::kNoMl, top, "nothing here trains, loads or calls a model, as far as could be read" + limit);
    }
  }
  if (unread.decisive()) {
    if (out.unread.empty()) out.unread = unread.sentence();
    out.unread_at = Span{unread.first, 0, 0, 0};
  }
  std::sort(out.traits.begin(), out.traits.end());
  std::stable_sort(out.reasons.begin(), out.reasons.end(),
                   [](const TraitReason& a, const TraitReason& b) { return a.trait < b.trait; });
  return out;
}

}  // namespace mlgrade
