// Prompts have versions, the hosted model has a dated name, and each answer's trace says both.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"
#include "rules/support/tracked.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMostCopies = 2;  // the same prompt in more places has no version

// A prompt in the repository: a file of prompts, or a text in code.
Span prompt_here(const RuleInput& in, const std::vector<PromptText>& texts) {
  for (const FileFact& file : in.facts.files) {
    if (!file.sample && !file.vendored && file.bytes > 0 && is_prompt_file(file.path.view()) &&
        !is_test_code(in.facts, file.id))
      return Span{file.id, 1, 1, 1};
  }
  return texts.empty() ? Span{} : texts.front().span;
}

// Where the same text stands a third time.
Span third_copy(const std::vector<PromptText>& texts) {
  std::map<std::string_view, size_t> seen;
  for (const PromptText& text : texts) {
    if (++seen[text.text] > kMostCopies) return text.span;
  }
  return {};
}

struct Registry {
  Span pinned;    // fetched by version
  Span floating;  // fetched by a label that moves
};

Registry registry(const RuleInput& in) {
  Registry out;
  for (const Use* use : product_uses(in, "manages-prompts")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || call->method.view().starts_with("push") ||
        call->method.view().starts_with("register"))
      continue;
    const PythonModule& module = in.facts.python[use->function.module];
    bool version = false;
    for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
      const PyArg& arg = module.args[a];
      version |= arg.keyword == "version" || arg.keyword == "commit_hash";
      const std::string_view text = arg.value.text.view();
      const size_t mark = text.find_last_of(":@/");
      // "owner/name:3f2a91c0", "prompts:/answer/4": a commit or a number behind the name.
      if (arg.value.kind == PyValue::Kind::kString && mark != std::string_view::npos &&
          mark + 1 < text.size()) {
        const std::string_view tail = text.substr(mark + 1);
        const bool hex =
            tail.size() >= 7 && tail.find_first_not_of("0123456789abcdef") == std::string_view::npos;
        const bool number = tail.find_first_not_of("0123456789") == std::string_view::npos;
        version |= hex || number;
      }
    }
    Span& slot = version ? out.pinned : out.floating;
    if (!slot.valid()) slot = use->span;
  }
  return out;
}

// A trace or log of each answer that says prompt and model: a tracer in use, or names that a run writes down.
Span logged(const RuleInput& in) {
  const std::vector<TrackedName> names = tracked_names(in);
  if (const TrackedName* name = find_tracked(names, {"prompt"}, {"version", "id", "hash", "name"}))
    return name->span;
  for (const Use* use : product_uses(in, "traces-llm")) {
    const PythonModule* module = in.facts.module_of(use->file);
    if (module == nullptr || is_notebook(in.facts, use->file)) continue;
    for (const PyArg& arg : module->args) {
      bool says =
          has_word(arg.keyword.view(), {"prompt"}) && has_word(arg.keyword.view(), {"version", "id", "name"});
      const IndexRange keys = arg.value.elements();
      for (uint32_t e = keys.begin; arg.value.kind == PyValue::Kind::kDict && e < keys.end; e += 2)
        says |= has_word(module->values[e].text.view(), {"prompt"});
      if (says) return use->span;
    }
  }
  return {};
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  const std::vector<PromptText> texts = prompt_texts(in);
  const Registry fetched = registry(in);
  const Span here = prompt_here(in, texts);
  const Span prompts = here.valid() ? here : fetched.pinned;
  if (!prompts.valid()) return;
  const std::vector<ModelId> ids = model_ids(in);
  const auto floats = [](const ModelId& id) { return id.pinning == Pinning::kFloating; };
  const auto pinned = [](const ModelId& id) { return id.pinning == Pinning::kPinned; };
  const auto floating = std::find_if(ids.begin(), ids.end(), floats);
  const auto dated = std::find_if(ids.begin(), ids.end(), pinned);
  const Span trace = logged(in);
  const Span copy = third_copy(texts);

  Evidence evidence;
  evidence.place = prompts;
  evidence.what = "prompts stand in versioned files";
  evidence.links.push_back({prompts, evidence.what});
  std::string lacking;
  if (fetched.floating.valid()) lacking = "a prompt is fetched from a registry by a name that moves";
  if (lacking.empty() && floating != ids.end())
    lacking = fmt::format("`{}` is a name that the provider moves", floating->text);
  if (lacking.empty() && dated == ids.end()) lacking = "no snapshot of the model is named";
  if (lacking.empty() && !std::all_of(ids.begin(), ids.end(), pinned))
    lacking = "which model answers cannot be told everywhere";
  if (lacking.empty() && !trace.valid()) lacking = "no trace says which prompt and model gave an answer";
  if (dated != ids.end()) evidence.links.push_back({dated->span, "the model is named by its snapshot"});
  if (trace.valid()) evidence.links.push_back({trace, "traces say which"});
  if (copy.valid()) {
    evidence.mode = EvidenceMode::kStanding;
    evidence.defeat = "the same prompt stands in three places, each of which may be edited alone";
    evidence.defeat_at = copy;
    evidence.remedy = "Keep the prompt once and import it.";
    output.evidence.push_back(std::move(evidence));
    return;
  }
  Evidence half = evidence;
  half.mode = EvidenceMode::kStanding;
  half.worth = 0.5;
  half.worth_why = lacking.empty() ? "nothing that runs by itself leads to the call" : lacking;
  output.evidence.push_back(std::move(half));
  if (!lacking.empty()) return;
  const std::vector<LlmCall> calls = answering_calls(in);
  for (const LlmCall& call : calls) {
    evidence.runs_at = in.graph.node_of_call(call.module, call.call);
    if (in.graph.reached_by(evidence.runs_at) == Reach::By::kAutomatic) break;
  }
  if (in.graph.reached_by(evidence.runs_at) != Reach::By::kAutomatic) return;
  evidence.what = "prompts have versions, the model its snapshot's name, and traces say both";
  output.evidence.push_back(std::move(evidence));
}

}  // namespace

extern const Rule versioning_prompts;
const Rule versioning_prompts{
    .summary = "prompts and the hosted model can be named and had again",
    .why = "When answers change, somebody has to know whether prompt or model did.",
    .fix =
        "Keep each prompt once in the repository, name the model by a dated snapshot, and write both into "
        "traces.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (versioning), for hosted models",
    .run = run,
};

}  // namespace mlgrade::rules
