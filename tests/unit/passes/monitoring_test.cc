// Alert rules and dashboards, and what their expressions read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <utility>

#include "analyzer/passes/promql.h"
#include "tests/support/file_pass.h"

namespace mlgrade {
namespace passes {
extern const FilePass grafana;
extern const FilePass monitoring;
}  // namespace passes

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FileFacts read(std::string path, std::string text) {
  const auto source = source_file(std::move(path), std::move(text));
  FileFacts out = run_pass(passes::monitoring, source);
  FileFacts more = run_pass(passes::grafana, source);
  std::move(more.alerts.begin(), more.alerts.end(), std::back_inserter(out.alerts));
  std::move(more.dashboards.begin(), more.dashboards.end(), std::back_inserter(out.dashboards));
  return out;
}

std::vector<std::string> metrics(std::string_view expression, PromqlOptions options = {}) {
  std::vector<std::string> out;
  for (Name name : series_of(read_promql(expression, options))) out.push_back(name.str());
  return out;
}

TEST(PromqlFacts, AreTheSeriesThatItReads) {
  EXPECT_THAT(
      metrics("sum by (job, le) (rate(http_requests_total{code=~\"5..\", job=\"api\"}[5m])) / 1e3 > 0.5"),
      ElementsAre("http_requests_total"));
  EXPECT_THAT(metrics("histogram_quantile(0.99, sum(rate(x_bucket[$__rate_interval])) by (le)) > bool 1",
                      {.variables = true}),
              ElementsAre("x_bucket"));
  EXPECT_THAT(metrics("time() - model_trained_at > 86400 * 7 and on(job) up offset 5m"),
              ElementsAre("model_trained_at", "up"));
  EXPECT_THAT(metrics("{__name__=\"a\", b=\"c\"} + job:x:rate5m"), ElementsAre("a", "job:x:rate5m"));
  EXPECT_THAT(metrics("vector(1) # up"), IsEmpty());
  EXPECT_THAT(metrics("{{ .Values.metric }} > 1"), IsEmpty());
}

TEST(PromqlFacts, TellAbsenceRangesAndLabels) {
  const Query query = read_promql("absent_over_time(x{a=\"b\", c!~\"d\"}[1d]) or sum by (e) (y)");
  ASSERT_EQ(query.reads.size(), 2u);
  EXPECT_TRUE(query.reads[0].absence);
  EXPECT_EQ(query.reads[0].range, 86400u);
  ASSERT_EQ(query.reads[0].labels.size(), 2u);
  EXPECT_EQ(query.reads[0].labels[1].op, LabelMatch::Op::kNotRegex);
  EXPECT_FALSE(query.reads[1].absence);
  EXPECT_THAT(query.labels, ElementsAre(Name("e")));
}

Truth holds(std::string_view expression) {
  const Query query = read_promql(expression);
  EXPECT_EQ(query.parsed, Truth::kYes) << expression << ": " << query.problem;
  return query.holds;
}

TEST(PromqlFacts, TellWhatAlwaysHolds) {
  for (const char* text :
       {"vector(1)", "1", "errors_total >= 0", "rate(errors_total[5m]) > -1", "rate(errors_total[5m])",
        "sum(rate(x_total[5m])) / 2", "up > bool 0", "up == 0 or vector(1)", "x == x", "count(x) >= 1"})
    EXPECT_EQ(holds(text), Truth::kYes) << text;
}

TEST(PromqlFacts, TellWhatNeverHolds) {
  for (const char* text : {"vector(1) > 2",
                           "count(up) == 0",
                           "count(up{job=\"api\"}) < 1",
                           "up > 1",
                           "up < 0",
                           "x > 5 and x < 3",
                           "x > 5 and x < 5",
                           "rate(x_total[5m]) < 0",
                           "x{a=\"b\",a=\"c\"} > 1",
                           "x{a=\"b\",a!=\"b\"} > 1",
                           "x unless x",
                           "x > x",
                           "hour() > 24",
                           "abs(x) < 0",
                           "absent(x) == 0",
                           "x == NaN",
                           "clamp_max(x, 1) > 2",
                           "(x > 5) < 3",
                           "sum(up > 1) > 0",
                           "up > 1 and y == 1"})
    EXPECT_EQ(holds(text), Truth::kNo) << text;
}

TEST(PromqlFacts, DoNotGuess) {
  for (const char* text : {"up == 0",
                           "errors_total > 0",
                           "errors_total",
                           "x >= 0",
                           "absent(x)",
                           "absent(x) == 1",
                           "delta(x[1h]) < 0",
                           "a - b < 0",
                           "x > 5 and y < 3",
                           "x > 3 and x < 5",
                           "(count(x) or vector(0)) == 0",
                           "sum(x) == 0",
                           "count(x == 1) > 3",
                           "1 - a / b > 0.9",
                           "time() - x > 60",
                           "x > y",
                           "x > 5 or x < 3",
                           "histogram_quantile(0.9, rate(x_bucket[5m])) > 1",
                           "ALERTS{alertname=\"A\"}",
                           "up == 0 unless y == 1"})
    EXPECT_EQ(holds(text), Truth::kUnknown) << text;
}

TEST(PromqlFacts, TellHowLongAnEventIsSeen) {
  EXPECT_EQ(read_promql("increase(x_total[5m]) > 0").event_window, 300u);
  EXPECT_EQ(read_promql("sum(changes(x[10m])) > 0").event_window, 600u);
  EXPECT_EQ(read_promql("rate(x_total[5m]) > 0").event_window, 0u);
  EXPECT_EQ(read_promql("increase(x_total[5m]) > 10").event_window, 0u);
}

TEST(Monitoring, ReadsPrometheusRules) {
  const FileFacts facts = read("rules.yml",
                               "groups:\n- name: a\n  rules:\n  - record: x:y\n    expr: z\n  - alert: Slow\n"
                               "    expr: latency_sum > 1\n");
  ASSERT_EQ(facts.alerts.size(), 1u);
  EXPECT_EQ(facts.alerts[0].name, "Slow");
  EXPECT_EQ(facts.alerts[0].span.line, 6u);
  EXPECT_THAT(facts.alerts[0].metrics, ElementsAre(Name("latency_sum")));
  EXPECT_EQ(facts.alerts[0].loaded, Truth::kUnknown);
}

TEST(Monitoring, ReadsRecordingRulesRunbooksAndConfigMaps) {
  const FileFacts facts = read("map.yaml",
                               "kind: ConfigMap\nmetadata: {name: rules}\ndata:\n  a.yml: |\n    groups:\n"
                               "    - name: g\n      rules:\n      - record: a:b\n        expr: sum(c)\n"
                               "      - alert: A\n        expr: a:b > 1\n        for: 5m\n"
                               "        labels: {severity: page}\n"
                               "        annotations: {runbook_url: docs/a.md}\n");
  ASSERT_EQ(facts.recordings.size(), 1u);
  EXPECT_EQ(facts.recordings[0].record, "a:b");
  EXPECT_EQ(facts.recordings[0].span.line, 8u);
  ASSERT_EQ(facts.alerts.size(), 1u);
  EXPECT_EQ(facts.alerts[0].span.line, 10u);
  EXPECT_EQ(facts.alerts[0].hold_seconds, 300u);
  EXPECT_EQ(facts.alerts[0].runbook, "docs/a.md");
  ASSERT_EQ(facts.alerts[0].labels.size(), 1u);
  EXPECT_EQ(facts.alerts[0].labels[0].second, "page");
}

TEST(Monitoring, KnowsWhatTheOperatorLoads) {
  const FileFacts facts =
      read("rule.yaml",
           "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nspec:\n  groups:\n"
           "  - rules:\n    - alert: A\n      expr: vector(1)\n");
  ASSERT_EQ(facts.alerts.size(), 1u);
  EXPECT_EQ(facts.alerts[0].loaded, Truth::kYes);
  EXPECT_TRUE(facts.alerts[0].vacuous);
}

TEST(Monitoring, ReadsDashboardsAndTheirAlerts) {
  const FileFacts facts =
      read("d.json",
           "{\"title\": \"Model\", \"panels\": [{\"title\": \"p\", \"targets\": [\n{\"expr\": "
           "\"rate(a_total[5m])\"}], \"alert\": {\"name\": \"N\", \"notifications\": []}}, {\"panels\": "
           "[{\"targets\": [{\"expr\": \"b\"}]}]}]}");
  ASSERT_EQ(facts.dashboards.size(), 1u);
  EXPECT_EQ(facts.dashboards[0].title, "Model");
  ASSERT_EQ(facts.dashboards[0].expressions.size(), 2u);
  EXPECT_EQ(facts.dashboards[0].expressions[0].second.line, 2u);
  ASSERT_EQ(facts.alerts.size(), 1u);
  EXPECT_EQ(facts.alerts[0].routed, Truth::kNo);
}

TEST(Monitoring, ReadsCloudAlarms) {
  const FileFacts stack =
      read("t.yaml",
           "Resources:\n  Late:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      MetricName: "
           "ModelLatency\n      Threshold: 5\n      AlarmActions: [!Ref Topic]\n");
  ASSERT_EQ(stack.alerts.size(), 1u);
  EXPECT_EQ(stack.alerts[0].routed, Truth::kYes);
}

TEST(Monitoring, SaysNothingOfOtherFiles) {
  for (const char* text :
       {"groups: [1]\nalert: 2\n", "alert: x", "panels: 3\ntitle: x\n", "groups:\n- rules: alert\n"}) {
    const FileFacts facts = read("x.yaml", text);
    EXPECT_THAT(facts.alerts, IsEmpty()) << text;
    EXPECT_THAT(facts.dashboards, IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace mlgrade
