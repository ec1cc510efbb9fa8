// A tracer of language models that is wired and switched off.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

struct Switch {
  std::string_view name;
  std::string_view off;  // in lower case
};
constexpr Switch kSwitches[] = {{"LANGCHAIN_TRACING_V2", "false"},     {"LANGSMITH_TRACING", "false"},
                                {"LANGSMITH_TRACING_V2", "false"},     {"LANGFUSE_TRACING_ENABLED", "false"},
                                {"LANGFUSE_ENABLED", "false"},         {"OTEL_SDK_DISABLED", "true"},
                                {"TRACELOOP_TRACING_ENABLED", "false"}};

bool is_off(std::string_view name, std::string_view value) {
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(std::begin(kSwitches), std::end(kSwitches), [&](const Switch& one) {
    return name == one.name && (lower == one.off || (one.off == "false" && lower == "0"));
  });
}

void add(Span at, std::string message, RuleOutput& out) {
  Finding finding;
  finding.severity = Severity::kMedium;
  finding.message = std::move(message);
  finding.places.push_back({at, "switched off here"});
  out.findings.push_back(std::move(finding));
}

void run(const RuleInput& in, RuleOutput& out) {
  const std::vector<const Use*> traces = product_uses(in, "traces-llm");
  if (traces.empty()) return;
  for (const AutomationFile& file : in.facts.automation) {
    if (is_sample(in.facts, file.file)) continue;
    for (const Setting& setting : file.settings) {
      const Unit& unit = file.units[setting.unit];
      const bool serves = unit.kind == UnitKind::kService || unit.kind == UnitKind::kImage ||
                          unit.kind == UnitKind::kDeployment || unit.kind == UnitKind::kSchedule;
      if (serves && setting.value.literal && is_off(setting.name.view(), setting.value.text))
        add(setting.span,
            fmt::format("`{}` is {}: the tracer that the code wires records nothing", setting.name.view(),
                        setting.value.text),
            out);
    }
  }
  for (const Dockerfile& file : in.facts.dockerfiles) {
    if (is_sample(in.facts, file.file)) continue;
    for (const DockerInstruction& instruction : file.instructions) {
      if (instruction.name != "ENV") continue;
      const std::string& text = instruction.value;
      const size_t cut = text.find_first_of("= ");
      if (cut != std::string::npos && is_off(text.substr(0, cut), text.substr(cut + 1)))
        add(instruction.span, fmt::format("`{}`: the tracer that the code wires records nothing", text), out);
    }
  }
  for (const Use* use : traces) {
    const PyCall* call = call_of(in, *use);
    if (call == nullptr) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    for (uint32_t a = call->args.begin; a < call->args.end; ++a) {
      const PyArg& arg = module.args[a];
      const bool off = (arg.keyword == "enabled" || arg.keyword == "tracing_enabled") &&
                       arg.value.text == "False" && arg.value.kind == PyValue::Kind::kBool;
      if (off)
        add(use->span, fmt::format("`{}` is built with {}=False", call->callee.view(), arg.keyword.view()),
            out);
    }
  }
}

}  // namespace

extern const Rule llm_tracing_off;
const Rule llm_tracing_off{
    .kind = RuleKind::kFinding,
    .summary = "A tracer that is wired and switched off",
    .why = "Everybody believes that answers are recorded, until one is asked about.",
    .fix = "Switch it on where the service runs, or take it out.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
