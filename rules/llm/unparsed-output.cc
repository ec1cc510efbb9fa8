// What a model wrote is parsed as JSON with nothing that meets an answer of another form.
#include <fmt/format.h>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

bool in_try(const PythonModule& module, uint32_t block) {
  for (; block != kNone && block < module.blocks.size(); block = module.blocks[block].parent) {
    if (module.blocks[block].kind == PyBlock::Kind::kTry) return true;
  }
  return false;
}

// The model was asked for a form: JSON mode, a schema, a tool.
bool asks_for_form(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const std::string_view keyword = module.args[a].keyword.view();
    if (keyword == "**" || keyword == "response_format" || keyword == "tools" || keyword == "functions" ||
        keyword == "response_model" || keyword == "text_format" || keyword == "config" ||
        keyword == "format" || keyword == "generation_config" || keyword == "text" ||
        keyword == "tool_choice" || keyword == "output_config")
      return true;
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& out) {
  for (const LlmCall& one : answering_calls(in)) {
    const PythonModule& module = in.facts.python[one.module];
    const PyCall& asked = module.calls[one.call];
    // What boto3 gives is an envelope around the model's text.
    const bool envelope = asked.target.view().find("boto3") != std::string_view::npos;
    if (envelope || asks_for_form(module, asked)) continue;
    const Carriers carriers = carriers_of(module, asked.function, [&](uint32_t c) { return c == one.call; });
    for (const PyCall& call : module.calls) {
      if (call.function != asked.function || call.target != "json.loads" || in_try(module, call.block))
        continue;
      const bool of_answer =
          !call.args.empty() && carriers.carries(module, module.args[call.args.begin].reads);
      if (!of_answer) continue;
      Finding finding;
      finding.severity = Severity::kMedium;
      finding.message = "an answer of the model is parsed as JSON, and one that is none ends the request";
      finding.places.push_back({call.span, "parsed here"});
      finding.places.push_back({asked.span, "the model is asked here, for no form"});
      out.findings.push_back(std::move(finding));
      break;
    }
  }
}

}  // namespace

extern const Rule llm_unparsed_output;
const Rule llm_unparsed_output{
    .kind = RuleKind::kFinding,
    .summary = "A model's free text is taken for JSON",
    .why = "Now and then the model writes a sentence before the brace.",
    .fix = "Ask for a schema that the provider enforces, or catch the error and ask once more.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (a model is wrong now and then)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
