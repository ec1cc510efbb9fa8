// Calls of a language model leave traces: prompt, tokens, cost, tools.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/telemetry.h"

namespace mlgrade::rules {
namespace {

bool is_off(const PyValue* value) {
  return value != nullptr && value->kind == PyValue::Kind::kBool && value->text == "False";
}

// Turned off where it is set up.
bool says_off(const PythonModule& module, const PyCall& call) {
  for (std::string_view key : {"enabled", "tracing_enabled", "tracing", "enable_tracing", "enable"}) {
    if (is_off(keyword_of(module, call, key))) return true;
  }
  for (std::string_view key : {"disabled", "disable"}) {
    const PyValue* value = keyword_of(module, call, key);
    if (value != nullptr && value->kind == PyValue::Kind::kBool && value->text == "True") return true;
  }
  return false;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

// Some configuration gives the setting a value that turns it on.
bool turned_on(const RuleInput& in, std::string_view setting) {
  const std::string wanted = upper(setting);
  for (const ConfigDocument& document : in.facts.configs) {
    for (const ConfigKey& key : document.keys) {
      const std::string path = upper(key.path.view());
      const std::string value = upper(key.value);
      if (path.ends_with(wanted) && (value == "TRUE" || value == "1" || value == "YES" || value == "ON"))
        return true;
      if (value == wanted + "=TRUE" || value == wanted + "=1") return true;
    }
  }
  return false;
}

// The setting around the call that is off unless somebody turns it on, and nobody does; "" if there is none.
std::string off_by_default(const RuleInput& in, const PythonModule& module, const PyCall& call) {
  for (uint32_t b = call.block; b < module.blocks.size(); b = module.blocks[b].parent) {
    const PyBlock& block = module.blocks[b];
    if (block.kind != PyBlock::Kind::kIf || block.condition == kNone) continue;
    const PyCondition& condition = module.conditions[block.condition];
    if (condition.negated) continue;
    for (uint32_t r = condition.reads.begin; r < condition.reads.end; ++r) {
      const std::string_view read = module.names[r].view();
      const std::string_view last = read.substr(read.rfind('.') + 1);
      for (const PythonModule& other : in.facts.python) {
        for (const PyClass& cls : other.classes) {
          for (const PyField& field : cls.fields) {
            if (field.name == last && is_off(&field.value) && !turned_on(in, last)) return std::string(last);
          }
        }
      }
    }
  }
  return "";
}

// What of a trace the code gives.
struct Given {
  Span prompt, sampled, masked;
};

bool about_prompt_version(std::string_view name) {
  return has_word(name, {"prompt"}) && has_word(name, {"version", "hash", "id", "revision"});
}

Given given(const RuleInput& in) {
  Given out;
  for (const PythonModule& module : in.facts.python) {
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (const PyCall& call : module.calls) {
      const std::string_view target = call.target.view();
      if (target.ends_with(".get_prompt") && target.starts_with("langfuse.")) out.prompt = call.span;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyArg& arg = module.args[a];
        if (about_prompt_version(arg.keyword.view())) out.prompt = call.span;
        if (target.ends_with("langfuse.Langfuse") && arg.keyword == "mask") out.masked = call.span;
        if (call.method == "set_attribute" && about_prompt_version(arg.value.text.view()))
          out.prompt = call.span;
        const IndexRange elements = arg.value.elements();
        for (uint32_t i = elements.begin; arg.value.kind == PyValue::Kind::kDict && i < elements.end;
             i += 2) {
          if (about_prompt_version(module.values[i].text.view())) out.prompt = call.span;
        }
      }
    }
  }
  for (const TelemetryBound& one : telemetry_bounds(in)) {
    if (one.kind == TelemetryBound::Kind::kSampled) out.sampled = one.at;
  }
  for (const Processor& one : piped_processors(in.facts)) {
    if (one.name.starts_with("redaction")) out.masked = one.at;
  }
  return out;
}

Evidence trace(const RuleInput& in, const Use& use) {
  Evidence out;
  out.mode = EvidenceMode::kStanding;
  out.place = use.span;
  out.what = fmt::format("{} traces calls of the model", name_of(in, use));
  out.links = {{use.span, out.what}};
  out.worth = 0.5;
  return out;
}

void add_tracers(const RuleInput& in, RuleOutput& output) {
  const Given all = given(in);
  for (const Use* use : product_uses(in, "traces-llm")) {
    if (use->kind != Use::Kind::kCall && use->kind != Use::Kind::kDecorator) continue;
    if (is_notebook(in.facts, use->file) || use->function.module == kNone) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const PyCall* call = use->call == kNone ? nullptr : &module.calls[use->call];
    Evidence evidence = trace(in, *use);
    const std::string off = call == nullptr ? "" : off_by_default(in, module, *call);
    if (call != nullptr && says_off(module, *call)) {
      evidence.defeat = "it is turned off";
      evidence.defeat_at = call->span;
    } else if (!off.empty()) {
      evidence.defeat = fmt::format("{} is off unless somebody turns it on, and nothing here does", off);
      evidence.defeat_at = use->span;
    }
    std::string missing;
    const auto need = [&](const Span& at, std::string_view what, std::string_view absent) {
      if (at.valid()) {
        evidence.links.push_back({at, std::string(what)});
      } else {
        missing += (missing.empty() ? "no " : ", no ") + std::string(absent);
      }
    };
    need(all.prompt, "gives the version of the prompt", "version of the prompt");
    need(all.sampled, "is sampled", "sampling");
    need(all.masked, "is masked", "masking");
    const NodeId node = node_of(in, *use);
    const bool deployed = node != kNone && in.graph.reached_by(node) == Reach::By::kAutomatic;
    if (missing.empty() && deployed && evidence.defeat.empty()) {
      evidence.mode = EvidenceMode::kCheck;
      evidence.runs_at = node;
      evidence.worth = 1;
    } else {
      evidence.worth_why = missing.empty() ? "nothing here deploys it by itself" : missing;
    }
    output.evidence.push_back(std::move(evidence));
  }
}

// A record of each call in a tracker of experiments: two of prompt, tokens and cost.
void add_records(const RuleInput& in, RuleOutput& output) {
  if (uses_of(in, "calls-llm").empty() && uses_of(in, "retrieves").empty()) return;
  for (const Use* use : product_uses(in, "tracks-experiments")) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr || is_notebook(in.facts, use->file)) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const PyFunction* function = in.facts.function(use->function);
    if (function == nullptr) continue;
    bool prompt = false, tokens = false, cost = false;
    for (const PyCall& one : module.calls) {
      if (one.function != use->function.index) continue;
      for (uint32_t a = one.args.begin; a < one.args.end; ++a) {
        const PyArg& arg = module.args[a];
        const auto note = [&](std::string_view name) {
          prompt |= about_prompt_version(name);
          tokens |= has_word(name, {"tokens", "token"});
          cost |= has_word(name, {"cost"});
        };
        note(arg.keyword.view());
        note(arg.value.text.view());
        const IndexRange elements = arg.value.elements();
        for (uint32_t i = elements.begin; arg.value.kind == PyValue::Kind::kDict && i < elements.end; i += 2)
          note(module.values[i].text.view());
      }
    }
    if (prompt + tokens + cost < 2) continue;
    Evidence evidence = trace(in, *use);
    evidence.what = fmt::format("{} records each call of the model", function->qualname.view());
    evidence.links.front().what = evidence.what;
    evidence.worth_why = "no tracer follows what a call is made of";
    output.evidence.push_back(std::move(evidence));
    return;
  }
}

void run(const RuleInput& in, RuleOutput& output) {
  const Archetype& kind = in.facts.archetype;
  if (!kind.has(Trait::kLlmApp) && !kind.has(Trait::kAgent)) return;
  add_tracers(in, output);
  add_records(in, output);
}

}  // namespace

extern const Rule telemetry_llm_traces;
const Rule telemetry_llm_traces{
    .summary = "calls of a language model are traced",
    .why = "An answer that cannot be traced to its prompt, its documents and its tools cannot be mended.",
    .fix =
        "Trace each call with the version of its prompt, tokens, cost and tool calls; sample, and mask what "
        "people type.",
    .source =
        "Kaestner, Software Engineering for ML-Enabled Systems (telemetry); OpenTelemetry GenAI conventions",
    .run = run,
};

}  // namespace mlgrade::rules
