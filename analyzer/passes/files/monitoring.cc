// Alert rules and dashboards: Prometheus, its operator, Grafana, CloudFormation.
#include <algorithm>
#include <array>

#include "analyzer/base/limits.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/promql.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

constexpr uint64_t kMaxDashboardBytes = 4u << 20;

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  const bool data = file.language == Language::kYaml || file.language == Language::kJson ||
                    path.ends_with(".yml") || path.ends_with(".yaml") || path.ends_with(".json") ||
                    path.ends_with(".rules");
  return data && file.bytes <= kMaxDashboardBytes;
}

AlertRule alert(const SourceFile& file, std::string_view system, std::string_view name,
                std::string_view expression, uint32_t line) {
  AlertRule rule;
  rule.system = Name(system);
  rule.name = Name(name);
  rule.expression = expression;
  rule.span = line_span(file.id, line);
  return rule;
}

void mark_loaded(AlertRule& rule, Truth loaded, std::string_view why, uint32_t line) {
  rule.loaded = loaded;
  rule.loaded_why = why;
  rule.loaded_at = line_span(rule.span.file, line);
}

// `groups` as Prometheus has them; adds nothing for anything else.
std::vector<AlertRule> read_groups(const SourceFile& file, const DataNode* groups) {
  std::vector<AlertRule> out;
  if (groups == nullptr) return out;
  for (const DataNode& group : groups->items) {
    const DataNode* rules = group.find("rules");
    if (rules == nullptr) continue;
    for (const DataNode& rule : rules->items) {
      if (rule.find("alert") == nullptr) continue;
      const std::string_view expression = rule.get("expr");
      AlertRule found = alert(file, "prometheus", rule.get("alert"), expression, rule.line_of("alert"));
      found.metrics = promql_metrics(expression);
      found.vacuous = promql_vacuous(expression);
      out.push_back(std::move(found));
    }
  }
  return out;
}

void append(std::vector<AlertRule> rules, std::vector<AlertRule>& out) {
  std::move(rules.begin(), rules.end(), std::back_inserter(out));
}

// Values of the Prometheus charts hold rule groups below keys of these names.
void read_chart_values(const SourceFile& file, const DataNode& node, int depth, std::vector<AlertRule>& out) {
  if (depth > 6) return;
  for (const auto& [key, value] : node.entries) {
    if (key == "additionalPrometheusRulesMap" || key == "additionalPrometheusRules" || key == "serverFiles") {
      for (const auto& [name, rules] : value.entries) {
        std::vector<AlertRule> found = read_groups(file, rules.find("groups"));
        for (AlertRule& rule : found) {
          mark_loaded(rule, Truth::kYes, "the chart hands it to Prometheus", node.line_of(key));
        }
        append(std::move(found), out);
      }
    }
    read_chart_values(file, value, depth + 1, out);
  }
}

// provisioning/alerting of Grafana: groups with rules that have a title and queries.
void read_grafana_alerts(const SourceFile& file, const DataNode& root, std::vector<AlertRule>& out) {
  const DataNode* groups = root.find("groups");
  if (groups == nullptr) return;
  for (const DataNode& group : groups->items) {
    const DataNode* rules = group.find("rules");
    if (rules == nullptr) continue;
    for (const DataNode& rule : rules->items) {
      const DataNode* queries = rule.find("data");
      if (rule.find("title") == nullptr || queries == nullptr) continue;
      AlertRule found = alert(file, "grafana", rule.get("title"), "", rule.line_of("title"));
      for (const DataNode& query : queries->items) {
        const DataNode* expression = query.at({"model", "expr"});
        if (expression == nullptr) continue;
        found.expression += (found.expression.empty() ? "" : "; ") + std::string(expression->string_or(""));
        for (Name metric : promql_metrics(expression->string_or(""))) found.metrics.push_back(metric);
      }
      const bool paused = rule.get("isPaused") == "true";
      const bool place = file.path.find("provisioning/alerting") != std::string::npos;
      if (paused) {
        mark_loaded(found, Truth::kNo, "isPaused: true", rule.line_of("isPaused"));
      } else if (place) {
        mark_loaded(found, Truth::kYes, "Grafana provisions its alerting folder", 1);
      }
      out.push_back(std::move(found));
    }
  }
}

// Rows and panels of a dashboard, nested as they are.
void read_panels(const SourceFile& file, const DataNode& node, int depth, Dashboard& dashboard,
                 std::vector<AlertRule>& alerts) {
  if (depth > 8) return;
  for (std::string_view list : {"panels", "rows"}) {
    const DataNode* panels = node.find(list);
    if (panels == nullptr) continue;
    for (const DataNode& panel : panels->items) {
      std::string all;
      if (const DataNode* targets = panel.find("targets")) {
        for (const DataNode& target : targets->items) {
          const std::string_view expression = target.get("expr", target.get("query", target.get("rawSql")));
          if (expression.empty()) continue;
          dashboard.expressions.emplace_back(expression, line_span(file.id, target.line_of("expr")));
          all.append(all.empty() ? "" : "; ").append(expression);
        }
      }
      if (const DataNode* condition = panel.find("alert"); condition != nullptr && condition->is_mapping()) {
        AlertRule rule =
            alert(file, "grafana", condition->get("name", panel.get("title")), all, panel.line_of("alert"));
        rule.metrics = promql_metrics(all);
        const DataNode* to = condition->find("notifications");
        if (to != nullptr && to->items.empty()) rule.routed = Truth::kNo;
        alerts.push_back(std::move(rule));
      }
      read_panels(file, panel, depth + 1, dashboard, alerts);
    }
  }
}

void read_dashboard(const SourceFile& file, const DataNode& root, FileFacts& out) {
  const DataNode* wrapped = root.find("dashboard");
  const DataNode& body = wrapped != nullptr && wrapped->is_mapping() ? *wrapped : root;
  const DataNode* panels = body.find("panels");
  const DataNode* rows = body.find("rows");
  const bool looks = body.find("title") != nullptr && ((panels != nullptr && panels->is_sequence()) ||
                                                       (rows != nullptr && rows->is_sequence()));
  if (!looks) return;
  Dashboard dashboard;
  dashboard.file = file.id;
  dashboard.title = Name(body.get("title"));
  read_panels(file, body, 0, dashboard, out.alerts);
  out.dashboards.push_back(std::move(dashboard));
}

void read_cloudformation(const SourceFile& file, const DataNode& root, FileFacts& out) {
  const DataNode* resources = root.find("Resources");
  if (resources == nullptr) return;
  for (const auto& [name, resource] : resources->entries) {
    if (resource.get("Type") != "AWS::CloudWatch::Alarm") continue;
    const DataNode* properties = resource.find("Properties");
    if (properties == nullptr) continue;
    AlertRule rule = alert(file, "cloudwatch", name, "", resources->line_of(name));
    rule.expression = std::string(properties->get("MetricName")) + " " +
                      std::string(properties->get("ComparisonOperator")) + " " +
                      std::string(properties->get("Threshold"));
    if (!properties->get("MetricName").empty()) rule.metrics.emplace_back(properties->get("MetricName"));
    const DataNode* actions = properties->find("AlarmActions");
    rule.routed = actions != nullptr && !actions->is_null() ? Truth::kYes : Truth::kNo;
    rule.routed_at = line_span(file.id, properties->line_of("AlarmActions"));
    out.alerts.push_back(std::move(rule));
  }
}

void read_document(const SourceFile& file, const DataNode& root, FileFacts& out) {
  if (!root.is_mapping()) return;
  if (root.get("kind") == "PrometheusRule") {
    std::vector<AlertRule> rules = read_groups(file, root.at({"spec", "groups"}));
    for (AlertRule& rule : rules) {
      mark_loaded(rule, Truth::kYes, "the operator loads a PrometheusRule", root.line_of("kind"));
    }
    return append(std::move(rules), out.alerts);
  }
  append(read_groups(file, root.find("groups")), out.alerts);
  read_chart_values(file, root, 0, out.alerts);
  read_grafana_alerts(file, root, out.alerts);
  read_cloudformation(file, root, out);
  read_dashboard(file, root, out);
}

void run(const SourceFile& file, FileFacts& out) {
  const std::string& text = file.text;
  constexpr std::array<std::string_view, 5> kMarks = {"alert", "panels", "Alarm", "PrometheusRule",
                                                      "additionalProm"};
  if (std::none_of(kMarks.begin(), kMarks.end(), [&](auto mark) { return text.find(mark) != text.npos; }) &&
      text.find("condition") == text.npos) {
    return;
  }
  const ParsedData data =
      file.path.ends_with(".json") ? parse_json(text, file.id) : parse_yaml(text, file.id);
  for (const DataNode& root : data.documents) read_document(file, root, out);
}

}  // namespace

extern const FilePass monitoring;
const FilePass monitoring = {"monitoring", "alert rules and dashboards", wants, run};

}  // namespace mlgrade::passes
