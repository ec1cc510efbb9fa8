// Text of strangers becomes part of the instructions of a model that has tools.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

bool names_system(std::string_view name) {
  return has_word(name, {"system", "instructions"}) && !has_word(name, {"file", "path", "id", "info"});
}

// Parameters by which a request comes in: of a route, whatever they are called.
std::set<Name> request_names(const RuleInput& in, uint32_t m, uint32_t f) {
  std::set<Name> out;
  const bool route = std::any_of(in.uses.begin(), in.uses.end(), [&](const Use& use) {
    return use.capability == "serves-route" && use.kind == Use::Kind::kDecorator &&
           use.function == PyRef{m, f};
  });
  if (!route) return out;
  for (const PyParam& param : in.facts.python[m].functions[f].params) {
    // What a framework hands over by itself is no text of a stranger.
    if (param.default_call == kNone && param.name != "self") out.insert(param.name);
  }
  return out;
}

bool reads_request(const PythonModule& module, IndexRange reads, const std::set<Name>& names) {
  for (uint32_t r = reads.begin; r < reads.end; ++r) {
    const std::string_view read = module.names[r].view();
    if (names.contains(Name(read.substr(0, read.find_first_of(".["))))) return true;
  }
  return false;
}

bool has_tools(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    const Name keyword = module.args[a].keyword;
    if (keyword == "tools" || keyword == "functions") return true;
  }
  return false;
}

void run(const RuleInput& in, RuleOutput& out) {
  for (const LlmCall& one : answering_calls(in)) {
    const PythonModule& module = in.facts.python[one.module];
    const PyCall& asked = module.calls[one.call];
    if (asked.function == kNone || !has_tools(module, asked)) continue;
    const std::set<Name> names = request_names(in, one.module, asked.function);
    if (names.empty()) continue;
    for (const PyBinding& binding : module.bindings) {
      const bool built = binding.function == asked.function && binding.value.kind == PyValue::Kind::kFString;
      if (!built || !names_system(binding.target.view()) || !reads_request(module, binding.reads, names))
        continue;
      Finding finding;
      finding.severity = Severity::kHigh;
      finding.confidence = Confidence::kMedium;
      finding.message = fmt::format(
          "`{}` puts text of the request into the instructions of a model with tools", binding.target.view());
      finding.places.push_back({binding.span, "instructions from a stranger"});
      finding.places.push_back({asked.span, "the model that has tools"});
      out.findings.push_back(std::move(finding));
      break;
    }
  }
}

}  // namespace

extern const Rule security_prompt_injection_path;
const Rule security_prompt_injection_path{
    .kind = RuleKind::kFinding,
    .summary = "Text of strangers becomes instructions of a model with tools",
    .why = "A model obeys its instructions; who writes them uses the tools.",
    .fix =
        "Keep instructions fixed, hand the request over as the user's message, and confirm what tools may "
        "change.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (security)",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
