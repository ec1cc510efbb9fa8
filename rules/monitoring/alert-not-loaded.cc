// Files of alert rules that no server loads.
#include <fmt/format.h>

#include <map>

#include "analyzer/engine/rule.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  std::map<std::pair<FileId, std::string>, Finding> by_file;
  for (const AlertRule& alert : in.facts.alerts) {
    if (alert.loaded != Truth::kNo || is_sample(in.facts, alert.span.file)) continue;
    Finding& finding = by_file[{alert.span.file, alert.loaded_why}];
    finding.places.push_back({alert.span, fmt::format("the alert {}", alert.name.view())});
    if (finding.places.size() > 1) continue;
    finding.severity = Severity::kHigh;
    finding.confidence = Confidence::kHigh;
    finding.message = fmt::format("nothing evaluates the alert {}: {}", alert.name.view(), alert.loaded_why);
    if (alert.loaded_at.valid() && alert.loaded_at != alert.span)
      finding.places.push_back({alert.loaded_at, "turns it off"});
  }
  for (auto& [key, finding] : by_file) output.findings.push_back(std::move(finding));
}

}  // namespace

extern const Rule monitoring_alert_not_loaded;
const Rule monitoring_alert_not_loaded{
    .kind = RuleKind::kFinding,
    .summary = "Alert rules that no server loads",
    .why = "A rule in a file that nobody reads is a note.",
    .fix =
        "Name the file in rule_files and mount it where the server looks, or apply it as a PrometheusRule.",
    .source = "Breck et al. 2017, Monitor 1-7",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
