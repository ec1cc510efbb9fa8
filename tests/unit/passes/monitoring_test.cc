// Alert rules and dashboards, and what their expressions read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/passes/promql.h"
#include "tests/support/file_pass.h"

namespace mlgrade {
namespace passes {
extern const FilePass monitoring;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FileFacts read(std::string path, std::string text) {
  return run_pass(passes::monitoring, source_file(std::move(path), std::move(text)));
}

std::vector<std::string> metrics(std::string_view expression) {
  std::vector<std::string> out;
  for (Name name : promql_metrics(expression)) out.push_back(name.str());
  return out;
}

TEST(Promql, FindsSeriesOnly) {
  EXPECT_THAT(
      metrics("sum by (job, le) (rate(http_requests_total{code=~\"5..\", job=\"api\"}[5m])) / 1e3 > 0.5"),
      ElementsAre("http_requests_total"));
  EXPECT_THAT(metrics("histogram_quantile(0.99, sum(rate(x_bucket[$__rate_interval])) by (le)) > bool 1"),
              ElementsAre("x_bucket"));
  EXPECT_THAT(metrics("time() - model_trained_at > 86400 * 7 and on(job) up offset 5m"),
              ElementsAre("model_trained_at", "up"));
  EXPECT_THAT(metrics("{__name__=\"a\", b=\"c\"} + job:x:rate5m"), ElementsAre("a", "job:x:rate5m"));
  EXPECT_THAT(metrics("vector(1) # up"), IsEmpty());
  for (const char* text : {"", "{", "\"", "sum by (", "[", "$", "{a=", "by"}) metrics(text);
}

TEST(Promql, KnowsWhatAlwaysHolds) {
  EXPECT_TRUE(promql_vacuous("vector(1)"));
  EXPECT_TRUE(promql_vacuous("errors >= 0"));
  EXPECT_FALSE(promql_vacuous("errors > 0"));
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
