// What a language model wrote is run: as Python, as a command, as SQL.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/llm.h"

namespace mlgrade::rules {
namespace {

enum class Sink { kNone, kPython, kShell, kSql };

bool in_shell(const PythonModule& module, const PyCall& call) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (module.args[a].keyword == "shell" && module.args[a].value.text == "True") return true;
  }
  return false;
}

Sink sink_of(const PythonModule& module, const PyCall& call) {
  if (call.function_ref.valid() || call.class_ref.valid()) return Sink::kNone;
  const std::string_view target = call.target.view();
  if (call.callee == "eval" || call.callee == "exec") return Sink::kPython;
  if (target == "os.system" || target == "os.popen") return Sink::kShell;
  if (target.starts_with("subprocess.") && in_shell(module, call)) return Sink::kShell;
  const bool database =
      has_word(target, {"sqlite3", "psycopg", "psycopg2", "sqlalchemy", "duckdb", "pymysql"});
  if (database && (call.method == "execute" || call.method == "executescript" || call.method == "sql"))
    return Sink::kSql;
  return Sink::kNone;
}

std::string_view told(Sink sink) {
  return sink == Sink::kPython ? "run as Python" : sink == Sink::kShell ? "run by a shell" : "run as SQL";
}

void run(const RuleInput& in, RuleOutput& out) {
  for (const LlmCall& one : answering_calls(in)) {
    const PythonModule& module = in.facts.python[one.module];
    const PyCall& asked = module.calls[one.call];
    const Carriers carriers = carriers_of(module, asked.function, [&](uint32_t c) { return c == one.call; });
    for (const PyCall& call : module.calls) {
      if (call.function != asked.function || call.args.empty()) continue;
      const Sink sink = sink_of(module, call);
      if (sink == Sink::kNone || call.span < asked.span) continue;
      const PyArg& handed = module.args[call.args.begin];
      // A query that is built by calls binds what it is given.
      const bool built = sink == Sink::kSql && handed.value.kind == PyValue::Kind::kCall;
      if (built || !carriers.carries(module, handed.reads)) continue;
      Finding finding;
      finding.severity = Severity::kHigh;
      finding.confidence = sink == Sink::kSql ? Confidence::kMedium : Confidence::kHigh;
      finding.message = fmt::format("what the model wrote is {}", told(sink));
      finding.places.push_back({call.span, std::string(told(sink))});
      finding.places.push_back({asked.span, "written here"});
      out.findings.push_back(std::move(finding));
      break;
    }
  }
}

}  // namespace

extern const Rule security_model_output_executed;
const Rule security_model_output_executed{
    .kind = RuleKind::kFinding,
    .summary = "What a language model wrote is run",
    .why =
        "Whoever gets a sentence into the prompt, a page that is read or a file that is uploaded, writes the "
        "program.",
    .fix =
        "Let the model choose among functions with typed arguments, or run what it writes in a sandbox that "
        "holds "
        "nothing.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (security)",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
