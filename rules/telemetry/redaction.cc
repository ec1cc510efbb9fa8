// Telemetry is rid of personal data before it leaves.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/flow.h"
#include "rules/support/standing.h"
#include "rules/support/telemetry.h"
#include "rules/support/tests.h"
#include "rules/support/written.h"

namespace mlgrade::rules {
namespace {

bool redacts(std::string_view name) {
  return has_word(name, {"redact",       "redacts",   "redacted",  "redaction", "redactor",   "redacting",
                         "mask",         "masks",     "masker",    "masking",   "scrub",      "scrubs",
                         "scrubber",     "scrubbing", "anonymize", "anonymise", "anonymizer", "pseudonymize",
                         "pseudonymise", "sanitize",  "sanitise"});
}

// What takes values out: a list of keys, a pattern that is replaced, a hash in place of a value.
bool takes_out(const Processor& processor) {
  const std::string_view kind = processor.name.substr(0, processor.name.find('/'));
  if (kind == "redaction") return true;
  if (processor.settings == nullptr) return false;
  const auto says = [](const DataNode& node, const auto& self, int depth) -> bool {
    if (depth > 12) return false;
    for (std::string_view word : {"replace_pattern", "replace_all_patterns", "delete_key",
                                  "delete_matching_keys", "keep_keys", "keep_matching_keys", "SHA256("}) {
      if (node.is_scalar() && node.text.find(word) != std::string::npos) return true;
    }
    const std::string_view action = node.get("action");
    if (action == "delete" || action == "hash") return true;
    const auto inner = [&](const DataNode& one) { return self(one, self, depth + 1); };
    return std::any_of(node.items.begin(), node.items.end(), inner) ||
           std::any_of(node.entries.begin(), node.entries.end(),
                       [&](const auto& one) { return inner(one.second); });
  };
  return (kind == "transform" || kind == "attributes") && says(*processor.settings, says, 0);
}

// Handed to what logs or traces: logger.addFilter(f), Langfuse(mask=f), sentry_sdk.init(before_send=f),
// structlog.configure(processors=[f]).
bool attaches(const PyCall& call) {
  const std::string_view target = call.target.view();
  return call.method == "addFilter" || target.ends_with("langfuse.Langfuse") || target == "sentry_sdk.init" ||
         target.starts_with("structlog.configure") || target.starts_with("loguru.");
}

bool logs(const PyCall& call) {
  return has_word(call.callee.view(), {"log", "logger", "logging", "audit", "trace", "span", "telemetry"}) ||
         call.method == "set_attribute";
}

struct Applied {
  PyRef function;
  Span at;  // where telemetry goes through it
};

// Functions of product code that take persons out of what is logged or traced.
std::vector<Applied> applied_redactors(const RuleInput& in) {
  std::vector<Applied> out;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_sample(in.facts, module.file) || is_test_code(in.facts, module.file) || module.is_notebook)
      continue;
    for (const PyCall& call : module.calls) {
      // logger.info(redact(text)); the result of a redactor goes into a record.
      if (logs(call) && !call.function_ref.valid()) {
        for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
          const PyValue& value = module.args[a].value;
          if (value.kind != PyValue::Kind::kCall) continue;
          const PyRef inner = module.calls[value.call].function_ref;
          const PyFunction* function =
              inner.valid() && inner.index != kNone ? in.facts.function(inner) : nullptr;
          if (function != nullptr && !function->is_stub && redacts(function->qualname.view()))
            out.push_back({inner, call.span});
        }
      }
      if (!attaches(call)) continue;
      for (const PyReference& reference : module.references) {
        if (reference.kind != PyReference::Kind::kArgument || reference.call >= module.calls.size() ||
            &module.calls[reference.call] != &call || !reference.target.valid())
          continue;
        const PyFunction* function = in.facts.function(reference.target);
        if (function != nullptr && !function->is_stub) out.push_back({reference.target, call.span});
      }
      // addFilter(RedactingFilter()): the class's filter() sees each record.
      for (uint32_t a = call.args.begin; call.method == "addFilter" && a < call.args.end; ++a) {
        const PyValue& value = module.args[a].value;
        if (value.kind != PyValue::Kind::kCall) continue;
        const PyRef cls = module.calls[value.call].class_ref;
        if (!cls.valid() || cls.index == kNone) continue;
        const PyClass& made = in.facts.python[cls.module].classes[cls.index];
        const PythonModule& home = in.facts.python[cls.module];
        for (uint32_t f = made.functions.begin; f < made.functions.end; ++f) {
          if (home.functions[f].name == "filter" && redacts(made.name.view()))
            out.push_back({{cls.module, f}, call.span});
        }
      }
    }
  }
  return out;
}

// logger.info(anonymizer.anonymize(text=text).text): what a library has masked goes into the log.
void add_library_calls(const RuleInput& in, std::vector<Applied>& out) {
  for (const Use* use : product_uses(in, "masks-pii")) {
    if (use->kind != Use::Kind::kCall || is_notebook(in.facts, use->file) || !use->function.valid()) continue;
    const PythonModule& module = in.facts.python[use->function.module];
    const uint32_t f = module.calls[use->call].function;
    if (f == kNone) continue;
    const Carriers masked = carriers_of(module, f, [&](uint32_t call) { return call == use->call; });
    for (const PyCall& call : module.calls) {
      if (call.function != f || !logs(call)) continue;
      bool carries = false;
      for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
        const PyValue& value = module.args[a].value;
        carries |= masked.carries(module, module.args[a].reads) || masked.carries(value) ||
                   (value.kind == PyValue::Kind::kCall && value.call == use->call);
      }
      if (!carries) continue;
      out.push_back({{use->function.module, f}, call.span});
      break;
    }
  }
}

const TelemetryBound* time_of_keeping(const std::vector<TelemetryBound>& bounds) {
  const auto found = std::find_if(bounds.begin(), bounds.end(), [](const TelemetryBound& one) {
    return one.kind == TelemetryBound::Kind::kKept;
  });
  return found == bounds.end() ? nullptr : &*found;
}

void add_code(const RuleInput& in, RuleOutput& output) {
  const std::vector<TelemetryBound> bounds = telemetry_bounds(in);
  const TelemetryBound* kept = time_of_keeping(bounds);
  std::vector<Applied> redactors = applied_redactors(in);
  add_library_calls(in, redactors);
  for (const Applied& redactor : redactors) {
    const PyFunction& function = *in.facts.function(redactor.function);
    const std::string what = fmt::format("{} takes personal data out of telemetry", function.qualname.view());
    const NodeId node = in.graph.node_of_function(redactor.function);
    const uint32_t test = best_test(in, [&](const TestCase& one) {
      const std::vector<NodeId> runs =
          in.graph.closure(in.graph.node_of_test(static_cast<uint32_t>(&one - in.facts.tests.data())));
      return std::find(runs.begin(), runs.end(), node) != runs.end();
    });
    if (test == kNone) {
      output.evidence.push_back(standing_half(redactor.at, what, "no test shows that it is gone"));
      continue;
    }
    Evidence evidence =
        test_evidence(in, test, what, {{function.span, what}, {redactor.at, "telemetry goes through it"}});
    if (kept == nullptr) {
      evidence.worth = 0.5;
      evidence.worth_why = "no time of keeping is set";
    } else {
      evidence.links.push_back({kept->at, kept->what});
    }
    output.evidence.push_back(standing_half(redactor.at, what, "the test of it does not run by itself"));
    output.evidence.push_back(std::move(evidence));
  }
}

// The section speaks of what the running system writes down, not of the data sets alone.
bool speaks_of_telemetry(const Written& written) {
  const auto about = [](std::string_view text) {
    return has_word(
        text, {"log", "logs", "logged", "logging", "telemetry", "trace", "traces", "request", "requests",
               "predictions", "prediction", "prompts", "comment", "comments", "stores", "stored"});
  };
  const auto inside = [&](uint32_t heading) {
    return written.heading == kNone || heading == written.heading;
  };
  const Document& document = *written.document;
  return std::any_of(document.paragraphs.begin(), document.paragraphs.end(),
                     [&](const Paragraph& one) { return inside(one.heading) && about(one.text); }) ||
         std::any_of(document.tables.begin(), document.tables.end(), [&](const DocTable& table) {
           return inside(table.heading) &&
                  std::any_of(table.rows.begin(), table.rows.end(),
                              [&](const auto& row) { return std::any_of(row.begin(), row.end(), about); });
         });
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const Processor& one : piped_processors(in.facts)) {
    if (!takes_out(one)) continue;
    Evidence evidence =
        standing_half(one.at, fmt::format("personal data is taken out of telemetry: {}", one.name),
                      "no test shows that it is gone");
    evidence.links = {{one.at, evidence.what}, {one.pipeline, "stands in a pipeline"}};
    output.evidence.push_back(std::move(evidence));
  }
  add_code(in, output);
  for (const Written& written : written_about(
           in, {"telemetry privacy", "logging policy", "log retention", "privacy policy", "privacy of logs",
                "privacy notice", "data retention", "retention policy", "handling and retention"})) {
    if (written.paragraphs + written.items + written.tables == 0) continue;
    if (!speaks_of_telemetry(written)) continue;
    output.evidence.push_back(
        written_evidence(written, "says how long personal data is kept", "nothing here enforces it"));
  }
}

}  // namespace

extern const Rule telemetry_redaction;
const Rule telemetry_redaction{
    .summary = "telemetry is rid of personal data",
    .why = "Logs are kept longer, and read by more people, than the data they came from.",
    .fix = "Redact in the collector or before logging, set how long records are kept, and test both.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry: privacy)",
    .run = run,
};

}  // namespace mlgrade::rules
