// A model is asked without a bound on the length of its answer.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/base/glob.h"
#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

// Calls that take a bound as a keyword and have none by themselves.
bool takes_bound(std::string_view target) {
  static constexpr std::string_view kCalls[] = {
      "openai.**.chat.completions.create",
      "openai.**.responses.create",
      "litellm.{completion,acompletion}",
      "groq.**.chat.completions.create",
      "together.**.chat.completions.create",
      "mistralai.**.chat.complete",
      "langchain*.**.{ChatOpenAI,AzureChatOpenAI,ChatGroq,ChatMistralAI,ChatGoogleGenerativeAI}"};
  return std::any_of(std::begin(kCalls), std::end(kCalls),
                     [&](std::string_view pattern) { return dotted_match(pattern, target); });
}

bool has_bound(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const std::string_view keyword = module.args[a].keyword.view();
    if (keyword == "**" || has_word(keyword, {"tokens"}) || keyword == "response_format" ||
        keyword == "extra_body" || keyword == "generation_config" || keyword == "model_kwargs")
      return true;
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& out) {
  std::set<uint32_t> bounded;  // modules that set a bound somewhere: in a constant, a client, a wrapper
  for (const LlmSetting& setting : llm_settings(
           in, {"max_tokens", "max_output_tokens", "max_completion_tokens", "max_new_tokens", "maxTokens"}))
    bounded.insert(setting.module);
  std::set<uint32_t> said;
  for (const LlmCall& one : answering_calls(in)) {
    const PythonModule& module = in.facts.python[one.module];
    const PyCall& call = module.calls[one.call];
    if (!takes_bound(call.target.view()) || has_bound(module, call) || bounded.contains(one.module)) continue;
    if (!said.insert(one.module).second) continue;
    Finding finding;
    finding.severity = Severity::kLow;
    finding.confidence = Confidence::kMedium;
    finding.message = fmt::format("`{}` sets no bound on the length of the answer", call.callee.view());
    finding.places.push_back({call.span, "asked without a bound"});
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule llm_no_output_limit;
const Rule llm_no_output_limit{
    .kind = RuleKind::kFinding,
    .summary = "A model is asked without a bound on its answer",
    .why = "One question that makes the model repeat itself is paid by the token, and blocks who waits.",
    .fix = "Set the largest number of tokens of an answer.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (safeguards), for hosted models",
    .severity = Severity::kLow,
    .run = run,
};

}  // namespace mlgrade::rules
