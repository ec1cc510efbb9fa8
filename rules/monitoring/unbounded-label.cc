// Labels of metrics that take a new value with each request.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

// Ids of single things, and texts.
bool has_no_end(std::string_view label) {
  const std::vector<std::string> words = words_of(label);
  const auto has = [&](std::initializer_list<std::string_view> any) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return std::find(any.begin(), any.end(), word) != any.end();
    });
  };
  if (has({"uuid", "guid", "email", "traceback", "stacktrace"})) return true;
  if (has({"id"}) &&
      has({"request", "session", "trace", "span", "user", "customer", "transaction", "order", "correlation",
           "message", "conversation", "prediction", "event", "ticket", "patient"}))
    return true;
  return words.size() == 1 && has({"prompt", "question", "timestamp"});
}

// str(error) as the value of a label: as many values as messages.
Span text_of_error(const PythonModule& module, const PyCall& update) {
  if (update.receiver == kNone) return {};
  const PyCall& labels = module.calls[update.receiver];
  if (labels.method != "labels") return {};
  for (uint32_t a = labels.args.begin; a < labels.args.end && a < module.args.size(); ++a) {
    const PyValue& value = module.args[a].value;
    if (value.kind != PyValue::Kind::kCall) continue;
    const PyCall& text = module.calls[value.call];
    if ((text.callee != "str" && text.callee != "repr") || text.args.empty()) continue;
    const std::string_view what = module.args[text.args.begin].value.text.view();
    for (std::string_view name : {"e", "ex", "exc", "err", "error", "exception"}) {
      if (what == name) return labels.span;
    }
  }
  return {};
}

void add(const MetricDefinition& metric, std::string message, Span place, Span other, RuleOutput& output) {
  Finding finding;
  finding.severity = Severity::kMedium;
  finding.confidence = Confidence::kHigh;
  finding.message = std::move(message);
  finding.places = {{place, "the label"}};
  if (other.valid() && other != place) finding.places.push_back({other, "defines " + metric.name.str()});
  output.findings.push_back(std::move(finding));
}

void run(const RuleInput& in, RuleOutput& output) {
  for (const MetricDefinition& metric : in.facts.metrics) {
    if (is_sample(in.facts, metric.span.file) || is_test_code(in.facts, metric.span.file)) continue;
    if (metric.kind == "info") continue;  // one series by design
    for (Name label : metric.labels) {
      if (!has_no_end(label.view())) continue;
      add(metric,
          fmt::format("the label {} gives {} a series for each value, without end", label.view(),
                      metric.name.view()),
          metric.span, {}, output);
    }
    for (size_t i = 0; i < metric.set_in.size(); ++i) {
      if (metric.set_calls[i] == kNone) continue;
      const PythonModule& module = in.facts.python[metric.set_in[i].module];
      const Span place = text_of_error(module, module.calls[metric.set_calls[i]]);
      if (!place.valid()) continue;
      add(metric,
          fmt::format("the text of an error as a label gives {} a series for each message",
                      metric.name.view()),
          place, metric.span, output);
    }
  }
}

}  // namespace

extern const Rule monitoring_unbounded_label;
const Rule monitoring_unbounded_label{
    .kind = RuleKind::kFinding,
    .summary = "A label with a value for each request",
    .why =
        "Each value is a series of its own: the server runs out of memory, and with it goes all monitoring.",
    .fix = "Keep ids and texts in the log or the trace; label by class, version, route, kind of error.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (telemetry)",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
