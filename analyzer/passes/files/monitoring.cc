// Rules of Prometheus and its operator, in files of their own, charts and ConfigMaps; alarms of
// CloudFormation.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "analyzer/passes/monitoring/rule_groups.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"

namespace mlgrade::passes {
namespace {

constexpr uint64_t kMaxRuleBytes = 4u << 20;

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  const bool data = file.language == Language::kYaml || file.language == Language::kJson ||
                    path.ends_with(".yml") || path.ends_with(".yaml") || path.ends_with(".json") ||
                    path.ends_with(".rules");
  return data && file.bytes <= kMaxRuleBytes;
}

void append(RuleGroups found, FileFacts& out) {
  std::move(found.alerts.begin(), found.alerts.end(), std::back_inserter(out.alerts));
  std::move(found.recordings.begin(), found.recordings.end(), std::back_inserter(out.recordings));
}

// Values of the Prometheus charts hold rule groups below keys of these names.
void read_chart_values(const SourceFile& file, const DataNode& node, int depth, FileFacts& out) {
  if (depth > 6) return;
  for (const auto& [key, value] : node.entries) {
    if (key == "additionalPrometheusRulesMap" || key == "serverFiles") {
      for (const auto& [name, rules] : value.entries) {
        RuleGroups found = read_rule_groups(rules.find("groups"), file.id, 0);
        found.mark_loaded(Truth::kYes, "the chart hands it to Prometheus",
                          line_span(file.id, node.line_of(key)));
        append(std::move(found), out);
      }
    } else if (key == "additionalPrometheusRules") {
      for (const DataNode& rules : value.items) {
        RuleGroups found = read_rule_groups(rules.find("groups"), file.id, 0);
        found.mark_loaded(Truth::kYes, "the chart hands it to Prometheus",
                          line_span(file.id, node.line_of(key)));
        append(std::move(found), out);
      }
    }
    read_chart_values(file, value, depth + 1, out);
  }
}

// The files that a ConfigMap holds: their text begins on the line after the `|`.
void read_config_map(const SourceFile& file, const DataNode& root, FileFacts& out) {
  const DataNode* data = root.find("data");
  if (data == nullptr) return;
  for (const auto& [name, value] : data->entries) {
    if (!value.block_style || value.text.find("groups") == std::string::npos) continue;
    const ParsedData inner = parse_yaml(value.text, file.id);
    append(read_rule_groups(inner.root().find("groups"), file.id, value.line), out);
  }
}

// `Fn::Sub` and references have no text: only what is written is kept.
void read_cloudformation(const SourceFile& file, const DataNode& root, FileFacts& out) {
  const DataNode* resources = root.find("Resources");
  if (resources == nullptr) return;
  for (const auto& [name, resource] : resources->entries) {
    const DataNode* properties = resource.find("Properties");
    if (properties == nullptr) continue;
    const uint32_t line = resources->line_of(name);
    if (resource.get("Type") == "AWS::Logs::MetricFilter") {
      const DataNode* made = properties->find("MetricTransformations");
      if (made == nullptr) continue;
      for (const DataNode& one : made->items) {
        MetricDefinition metric;
        metric.system = Name("cloudwatch");
        metric.name = Name(one.get("MetricName"));
        metric.series = {Name(std::string(one.get("MetricNamespace")) + "/" + metric.name.str())};
        metric.foreign = metric.own_value = true;
        metric.labels_known = false;
        metric.span = line_span(file.id, line);
        out.metrics.push_back(std::move(metric));
      }
    }
    if (resource.get("Type") != "AWS::CloudWatch::Alarm") continue;
    AlertRule rule;
    rule.system = Name("cloudwatch");
    rule.name = Name(name);
    rule.span = line_span(file.id, line);
    rule.expression = std::string(properties->get("MetricName")) + " " +
                      std::string(properties->get("ComparisonOperator")) + " " +
                      std::string(properties->get("Threshold"));
    if (!properties->get("MetricName").empty()) {
      rule.metrics.emplace_back(properties->get("MetricName"));
      SeriesRead read;
      const std::string space(properties->get("Namespace"));
      if (!space.empty()) read.series = Name(space + "/" + rule.metrics.front().str());
      read.absence = properties->get("TreatMissingData") == "breaching";
      rule.query.reads.push_back(std::move(read));
    }
    const DataNode* actions = properties->find("AlarmActions");
    rule.routed = actions != nullptr && !actions->is_null() ? Truth::kYes : Truth::kNo;
    if (rule.routed == Truth::kNo) rule.routed_why = "it has no AlarmActions";
    rule.routed_at = line_span(file.id, properties->line_of("AlarmActions"));
    out.alerts.push_back(std::move(rule));
  }
}

void read_document(const SourceFile& file, const DataNode& root, FileFacts& out) {
  if (!root.is_mapping()) return;
  if (root.get("kind") == "PrometheusRule") {
    RuleGroups rules = read_rule_groups(root.at({"spec", "groups"}), file.id, 0);
    rules.mark_loaded(Truth::kYes, "the operator loads a PrometheusRule",
                      line_span(file.id, root.line_of("kind")));
    return append(std::move(rules), out);
  }
  if (root.get("kind") == "ConfigMap") return read_config_map(file, root, out);
  append(read_rule_groups(root.find("groups"), file.id, 0), out);
  read_chart_values(file, root, 0, out);
  read_cloudformation(file, root, out);
}

void run(const SourceFile& file, FileFacts& out) {
  const std::string& text = file.text;
  constexpr std::array<std::string_view, 6> kMarks = {"alert:",     "record:",           "\"alert\"",
                                                      "\"record\"", "CloudWatch::Alarm", "MetricFilter"};
  if (std::none_of(kMarks.begin(), kMarks.end(), [&](auto mark) { return text.find(mark) != text.npos; }))
    return;
  const ParsedData data =
      file.path.ends_with(".json") ? parse_json(text, file.id) : parse_yaml(text, file.id);
  for (const DataNode& root : data.documents) read_document(file, root, out);
}

}  // namespace

extern const FilePass monitoring;
const FilePass monitoring = {"monitoring", "alerting and recording rules", wants, run};

}  // namespace mlgrade::passes
