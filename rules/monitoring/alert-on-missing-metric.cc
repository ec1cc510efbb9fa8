// Alerts and recording rules that read a series which nothing gives.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/alarms.h"
#include "rules/support/code.h"

namespace mlgrade::rules {
namespace {

Finding finding(const RuleInput& in, std::string message, Span place, Confidence confidence, Name series) {
  Finding out;
  out.severity = Severity::kHigh;
  out.confidence = confidence;
  out.message = std::move(message);
  out.places = {{place, "asks for it"}};
  const std::string near = nearest_series(in.facts, series.view());
  if (near.empty()) return out;
  out.message += fmt::format("; there is {}", near);
  for (const MetricDefinition& metric : in.facts.metrics) {
    const bool it =
        std::any_of(metric.series.begin(), metric.series.end(), [&](Name name) { return name == near; });
    if (it) out.places.push_back({metric.span, "defines " + metric.name.str()});
    if (it) break;
  }
  return out;
}

void run(const RuleInput& in, RuleOutput& output) {
  const SeriesIndex index(in.facts, in.catalogue, in.uses);
  const Confidence sure = sure_it_is_missing(in);
  for (const AlertVerdict& verdict : judge_alerts(in.facts, index, in.graph)) {
    if (verdict.broken != AlertBreak::kMissing || verdict.fires != Truth::kNo) continue;
    Name series;
    for (const SeriesRead& read : verdict.alert->query.reads) {
      const SeriesSource from = index.source_of(read.series);
      const bool missing = from.kind == SeriesSource::Kind::kMissing && !read.absence;
      if (series.empty() && missing && !read.series.empty()) series = read.series;
    }
    output.findings.push_back(
        finding(in, fmt::format("the alert {} cannot ring: {}", verdict.alert->name.view(), verdict.why),
                verdict.alert->span, sure, series));
  }
  for (const RecordingRule& rule : in.facts.recordings) {
    if (is_sample(in.facts, rule.span.file)) continue;
    for (const SeriesRead& read : rule.query.reads) {
      if (read.series.empty() || read.absence) continue;
      if (index.source_of(read.series).kind != SeriesSource::Kind::kMissing) continue;
      output.findings.push_back(finding(in,
                                        fmt::format("{} is computed of {}, which nothing here gives",
                                                    rule.record.view(), read.series.view()),
                                        rule.span, std::min(sure, Confidence::kMedium), read.series));
      break;
    }
  }
}

}  // namespace

extern const Rule monitoring_alert_on_missing_metric;
const Rule monitoring_alert_on_missing_metric{
    .kind = RuleKind::kFinding,
    .summary = "An alert asks for a series that nothing gives",
    .why = "An expression over nothing is never true: the alarm is green for ever, and looks like good news.",
    .fix = "Export the series, or ask for one that is exported, by the name it has where it is scraped.",
    .source = "Breck et al. 2017, Monitor 1-7",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
