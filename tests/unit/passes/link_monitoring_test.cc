// Metrics from definition to update across modules; alerts from rule file to receiver; nox sessions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "analyzer/passes/pass.h"
#include "tests/support/show_automation.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

FactStore facts_of(std::vector<std::pair<std::string, std::string>> files) {
  return collect_facts(memory_repo(std::move(files)), 1);
}

std::vector<std::string> series(const MetricDefinition& metric) {
  std::vector<std::string> out;
  for (Name name : metric.series) out.push_back(name.str());
  return out;
}

std::string series_of_first(const Query& query) {
  return query.reads.empty() ? "" : query.reads.front().series.str();
}

TEST(Metrics, AreFollowedToWhereTheyAreSet) {
  const FactStore facts = facts_of({
      {"app/metrics.py",
       "from prometheus_client import Counter, Gauge as G\nREQUESTS = Counter('requests', 'd', ['path'])\n"
       "AGE = G('model_age_seconds', 'd', namespace='churn')\nUNUSED = Counter(name(), 'd')\n"},
      {"app/api.py",
       "from app.metrics import REQUESTS\nfrom app import metrics\n\ndef predict():\n    "
       "REQUESTS.labels('x').inc()\n"
       "    metrics.AGE.set(1)\n"},
      {"app/__init__.py", ""},
  });
  ASSERT_THAT(facts.metrics, SizeIs(3));
  EXPECT_THAT(series(facts.metrics[0]), ElementsAre("requests_total", "requests_created"));
  ASSERT_THAT(facts.metrics[0].set_at, SizeIs(1));
  EXPECT_EQ(facts.metrics[0].set_at[0].line, 5u);
  EXPECT_EQ(facts.function(facts.metrics[0].set_in[0])->name, "predict");
  EXPECT_THAT(series(facts.metrics[1]), ElementsAre("churn_model_age_seconds"));
  EXPECT_THAT(facts.metrics[1].set_at, SizeIs(1));
  EXPECT_FALSE(facts.metrics[2].known);
  EXPECT_THAT(facts.metrics[2].set_at, IsEmpty());
}

TEST(Metrics, AreNamedByConstantsAndHeldByAliasesAndEntries) {
  const FactStore facts =
      facts_of({{"app.py",
                 "from prometheus_client import Counter, Gauge\n\nPREFIX = 'churn'\nNAME = 'answers'\n"
                 "A = Counter(f'{PREFIX}_rows', 'd')\nB = Gauge(NAME, 'd')\nC = Gauge(f'{unknown()}_x', "
                 "'d')\nheld = {}\n"
                 "held['d'] = Gauge('d', 'd')\nother = A\n\ndef predict():\n    other.inc()\n"}});
  ASSERT_THAT(facts.metrics, SizeIs(4));
  EXPECT_EQ(facts.metrics[0].name, "churn_rows");
  EXPECT_THAT(facts.metrics[0].set_at, SizeIs(1));
  EXPECT_EQ(facts.metrics[1].name, "answers");
  EXPECT_FALSE(facts.metrics[2].known);
  EXPECT_TRUE(facts.metrics[3].own_value);
}

TEST(Metrics, AreNoOtherCounters) {
  EXPECT_THAT(facts_of({{"a.py", "from collections import Counter\nc = Counter('x')\n"}}).metrics, IsEmpty());
}

const char* const kRules = "groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up == 0\n";

AlertRule alert_with(std::vector<std::pair<std::string, std::string>> files) {
  files.emplace_back("monitoring/alerts.yml", kRules);
  const FactStore facts = facts_of(std::move(files));
  EXPECT_THAT(facts.alerts, SizeIs(1));
  return facts.alerts.empty() ? AlertRule{} : facts.alerts.front();
}

TEST(Alerts, AreLoadedByAPatternThatMatches) {
  EXPECT_EQ(alert_with({}).loaded, Truth::kUnknown);
  EXPECT_EQ(alert_with({{"monitoring/prometheus.yml", "rule_files: [alerts.yml]\n"}}).loaded, Truth::kYes);
  EXPECT_EQ(alert_with({{"monitoring/prometheus.yml", "rule_files: ['*.rules.yml']\n"}}).loaded, Truth::kNo);
  EXPECT_EQ(alert_with({{"monitoring/prometheus.yml", "scrape_configs: []\n"}}).loaded, Truth::kNo);
  EXPECT_EQ(alert_with({{"prometheus.yml", "rule_files: [/etc/prometheus/alerts.yml]\n"}}).loaded,
            Truth::kUnknown);
}

TEST(Alerts, AreLoadedThroughMounts) {
  const std::string server = "rule_files: [/etc/prometheus/rules/*.yml]\n";
  EXPECT_EQ(alert_with({{"prometheus.yml", server},
                        {"compose.yml",
                         "services:\n  p:\n    volumes: ['./monitoring:/etc/prometheus/rules:ro']\n"}})
                .loaded,
            Truth::kYes);
  EXPECT_EQ(alert_with({{"prometheus.yml", server},
                        {"compose.yml", "services:\n  p:\n    volumes: ['./other:/etc/prometheus/rules']\n"}})
                .loaded,
            Truth::kNo);
}

TEST(Alerts, AreRoutedToARealReceiver) {
  const std::pair<std::string, std::string> server = {
      "monitoring/prometheus.yml",
      "rule_files: [alerts.yml]\nalerting:\n  alertmanagers:\n  - static_configs: [{targets: "
      "['am:9093']}]\n"};
  auto routed = [&](std::string receivers) {
    return alert_with({server, {"alertmanager.yml", "route: {receiver: team}\nreceivers:\n" + receivers}})
        .routed;
  };
  EXPECT_EQ(routed("- name: team\n  slack_configs: [{channel: '#ml'}]\n"), Truth::kYes);
  EXPECT_EQ(routed("- name: team\n"), Truth::kNo);
  EXPECT_EQ(routed("- name: other\n  slack_configs: [{channel: '#ml'}]\n"), Truth::kNo);
  EXPECT_EQ(routed("- name: team\n  webhook_configs: [{url: 'http://example.com'}]\n"), Truth::kNo);
  EXPECT_EQ(alert_with({server}).routed, Truth::kUnknown);
  EXPECT_EQ(alert_with({{"monitoring/prometheus.yml", "rule_files: [alerts.yml]\n"}}).routed, Truth::kNo);
}

TEST(Alerts, AreRoutedByTheirLabels) {
  const auto routed = [&](std::string routes) {
    const FactStore facts = facts_of(
        {{"rules.yml",
          "groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up == 0\n    labels: {severity: page}\n"},
         {"prometheus.yml",
          "rule_files: [rules.yml]\nalerting:\n  alertmanagers:\n  - static_configs: [{targets: "
          "['am:9093']}]\n"},
         {"alertmanager.yml",
          "route:\n  receiver: nobody\n  routes:\n" + routes +
              "receivers:\n- name: nobody\n- name: team\n  slack_configs: [{channel: '#ml'}]\n"}});
    EXPECT_THAT(facts.alerts, SizeIs(1));
    return facts.alerts.front();
  };
  EXPECT_EQ(routed("  - {receiver: team, match: {severity: page}}\n").routed, Truth::kYes);
  EXPECT_EQ(routed("  - {receiver: team, match: {severity: page}}\n").receiver, "team");
  EXPECT_EQ(routed("  - {receiver: team, matchers: ['severity=~\"page|critical\"']}\n").routed, Truth::kYes);
  EXPECT_EQ(routed("  - {receiver: team, matchers: ['alertname = Down']}\n").routed, Truth::kYes);
  EXPECT_EQ(routed("  - {receiver: team, match: {severity: ticket}}\n").routed, Truth::kNo);
  EXPECT_EQ(routed("  - {receiver: nobody, match: {severity: page}}\n  - {receiver: team}\n").routed,
            Truth::kNo);
  EXPECT_EQ(routed("  - {receiver: nobody, match: {severity: page}, continue: true}\n  - {receiver: team}\n")
                .routed,
            Truth::kYes);
  EXPECT_EQ(routed("  - {receiver: team, match: {job: api}}\n").routed, Truth::kUnknown);
  EXPECT_EQ(routed("  - {receiver: team, match_re: {severity: 'p.*'}}\n").routed, Truth::kUnknown);
}

TEST(Alerts, AreLoadedFromConfigMaps) {
  const std::string maps =
      "kind: ConfigMap\nmetadata: {name: config}\ndata:\n  prometheus.yml: |\n    rule_files: "
      "[/etc/rules/*.yml]\n    scrape_configs: []\n---\nkind: ConfigMap\nmetadata: {name: rules}\ndata:\n"
      "  a.yml: |\n    groups:\n    - name: a\n      rules:\n      - alert: Down\n        expr: up == "
      "0\n---\n"
      "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: p\n        "
      "volumeMounts:\n"
      "        - {name: r, mountPath: MOUNT}\n      volumes:\n      - {name: r, configMap: {name: rules}}\n";
  const auto loaded = [&](std::string mount) {
    std::string text = maps;
    text.replace(text.find("MOUNT"), 5, mount);
    const FactStore facts = facts_of({{"k8s/prometheus.yaml", text}});
    EXPECT_THAT(facts.alerts, SizeIs(1));
    return facts.alerts.front().loaded;
  };
  EXPECT_EQ(loaded("/etc/rules"), Truth::kYes);
  EXPECT_NE(loaded("/etc/other"), Truth::kYes);
}

TEST(Metrics, ArePushedByName) {
  const FactStore facts = facts_of(
      {{"app.py",
        "import boto3\nimport statsd\n\nclient = statsd.StatsClient()\n\ndef record(v):\n"
        "    client.gauge('model.age', v)\n    boto3.client('cloudwatch').put_metric_data(Namespace='Churn', "
        "MetricData=[{'MetricName': 'Drift', 'Value': v}])\n"}});
  std::vector<std::string> all;
  for (const MetricDefinition& metric : facts.metrics) all.push_back(metric.series.front().str());
  EXPECT_THAT(all, testing::UnorderedElementsAre("model.age", "Churn/Drift"));
}

TEST(Metrics, OfOpenTelemetryAreScrapedUnderOtherNames) {
  const FactStore facts = facts_of({{"app.py",
                                     "from opentelemetry import metrics\n\nmeter = metrics.get_meter('a')\n"
                                     "LATENCY = meter.create_histogram('predict.latency', unit='s')\n"
                                     "\ndef predict(v):\n    LATENCY.record(v)\n"}});
  ASSERT_THAT(facts.metrics, SizeIs(1));
  EXPECT_THAT(series(facts.metrics[0]), testing::Contains("predict_latency_seconds_bucket"));
  EXPECT_THAT(facts.metrics[0].set_at, SizeIs(1));
}

TEST(Metrics, OfOtherLanguagesAreKnownByName) {
  const FactStore facts =
      facts_of({{"serve.cc",
                 "#include <prometheus/counter.h>\nauto& family = prometheus::BuildCounter()\n    "
                 ".Name(\"predictions_total\")\n    .Help(\"answers given\").Register(*registry);\n"}});
  ASSERT_THAT(facts.metrics, SizeIs(1));
  EXPECT_EQ(facts.metrics[0].name, "predictions_total");
  EXPECT_TRUE(facts.metrics[0].foreign);
  EXPECT_EQ(facts.metrics[0].span.line, 3u);
}

TEST(Objectives, AreReadFromThreeTools) {
  const FactStore facts = facts_of(
      {{"openslo.yaml",
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec:\n  objectives: [{target: 0.99}]\n"
        "  indicator: {spec: {ratioMetric: {good: {metricSource: {spec: {query: 'sum(x)'}}}}}}\n"},
       {"sloth.yaml",
        "version: prometheus/v1\nservice: s\nslos:\n- name: b\n  objective: 99.9\n  sli:\n    events:\n"
        "      error_query: 'sum(rate(e_total[{{.window}}]))'\n      total_query: "
        "'sum(rate(t_total[{{.window}}]))'\n"
        "  alerting: {name: B}\n"},
       {"pyrra.yaml",
        "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: c}\nspec:\n"
        "  target: '99'\n  indicator: {ratio: {errors: {metric: 'e_total'}, total: {metric: "
        "'t_total'}}}\n"}});
  ASSERT_THAT(facts.objectives, SizeIs(3));
  std::vector<std::string> seen;
  for (const ServiceObjective& one : facts.objectives) {
    std::string text = one.name.str() + " " + one.target;
    for (const Query& query : one.queries) text += " " + series_of_first(query);
    seen.push_back(text);
  }
  EXPECT_THAT(seen,
              testing::UnorderedElementsAre("a 0.99 x", "b 99.9 e_total t_total", "c 99 e_total t_total"));
}

TEST(Scrapes, TellTargetsAndLabels) {
  const FactStore facts =
      facts_of({{"prometheus.yml",
                 "scrape_configs:\n- job_name: api\n  static_configs:\n  - targets: ['api:8000']\n    "
                 "labels: {tier: gold}\n"},
                {"monitor.yaml", "kind: ServiceMonitor\nmetadata: {name: m}\nspec: {}\n"}});
  ASSERT_THAT(facts.scrapes, SizeIs(2));
  const auto api = std::find_if(facts.scrapes.begin(), facts.scrapes.end(),
                                [](const ScrapeJob& job) { return job.name == "api"; });
  ASSERT_NE(api, facts.scrapes.end());
  EXPECT_THAT(api->targets, ElementsAre("api:8000"));
  EXPECT_THAT(api->labels, ElementsAre(Name("tier")));
}

TEST(Nox, GivesSessionsTheirCommands) {
  const FactStore facts =
      facts_of({{"noxfile.py",
                 "import nox\n\n@nox.session(name='unit')\ndef tests(session):\n"
                 "    session.install('pytest')\n    session.run('pytest', '-q', *session.posargs)\n\n"
                 "@nox.session\ndef lint(s):\n    s.run('ruff', 'check', success_codes=[0, 1])\n\n"
                 "def helper(session):\n    session.run('no')\n"}});
  ASSERT_THAT(facts.automation, SizeIs(1));
  EXPECT_THAT(show_commands(facts.automation[0]),
              ElementsAre("unit: pytest -q @6", "lint: ruff check @10 swallowed"));
  EXPECT_EQ(facts.automation[0].units[0].system, "nox");
}

}  // namespace
}  // namespace mlgrade
