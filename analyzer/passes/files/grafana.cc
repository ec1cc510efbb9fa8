// Dashboards of Grafana, the alerts in them, and the alerts that it provisions.
#include <algorithm>
#include <array>
#include <string>

#include "analyzer/passes/monitoring/rule_groups.h"
#include "analyzer/passes/pass.h"
#include "analyzer/passes/promql.h"
#include "analyzer/passes/prose.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/data_document.h"
#include "analyzer/syntax/markdown.h"

namespace mlgrade::passes {
namespace {

constexpr uint64_t kMaxDashboardBytes = 4u << 20;
constexpr PromqlOptions kVariables = {.variables = true};

bool wants(const FileFact& file) {
  const std::string_view path = file.path.view();
  const bool data = file.language == Language::kYaml || file.language == Language::kJson ||
                    path.ends_with(".yml") || path.ends_with(".yaml") || path.ends_with(".json");
  return data && file.bytes <= kMaxDashboardBytes;
}

AlertRule grafana_alert(const SourceFile& file, std::string_view name, uint32_t line) {
  AlertRule rule;
  rule.system = Name("grafana");
  rule.name = Name(name);
  rule.span = line_span(file.id, line);
  return rule;
}

// Several queries of one alert count as one: what they read is read.
void add_query(std::string_view expression, AlertRule& rule) {
  rule.expression.append(rule.expression.empty() ? "" : "; ").append(expression);
  Query query = read_promql(expression, kVariables);
  for (SeriesRead& read : query.reads) rule.query.reads.push_back(std::move(read));
  if (query.parsed == Truth::kNo && rule.query.problem.empty()) rule.query.problem = query.problem;
  rule.query.language = query.language;
  rule.query.parsed = rule.query.text.empty() ? query.parsed : rule.query.parsed && query.parsed;
  rule.query.text = rule.expression;
  rule.metrics = series_of(rule.query);
}

// provisioning/alerting: groups with rules that have a title and queries.
void read_alerts(const SourceFile& file, const DataNode& root, FileFacts& out) {
  const DataNode* groups = root.find("groups");
  if (groups == nullptr) return;
  for (const DataNode& group : groups->items) {
    const DataNode* rules = group.find("rules");
    if (rules == nullptr) continue;
    for (const DataNode& rule : rules->items) {
      const DataNode* queries = rule.find("data");
      if (rule.find("title") == nullptr || queries == nullptr) continue;
      AlertRule found = grafana_alert(file, rule.get("title"), rule.line_of("title"));
      found.group = Name(group.get("name"));
      found.hold_seconds = rule_seconds(rule.get("for"));
      for (const DataNode& query : queries->items) {
        const DataNode* expression = query.at({"model", "expr"});
        if (expression != nullptr) add_query(expression->string_or(""), found);
      }
      if (rule.get("noDataState") == "Alerting") {  // it rings when there is nothing to read
        for (SeriesRead& read : found.query.reads) read.absence = true;
      }
      if (const DataNode* labels = rule.find("labels")) {
        for (const auto& [key, value] : labels->entries) found.labels.emplace_back(Name(key), value.text);
      }
      if (const DataNode* url = rule.at({"annotations", "runbook_url"})) {
        found.runbook = url->string_or("");
        found.runbook_at = line_span(file.id, url->line);
      }
      if (rule.get("isPaused") == "true") {
        found.loaded = Truth::kNo;
        found.loaded_why = "isPaused: true";
        found.loaded_at = line_span(file.id, rule.line_of("isPaused"));
      } else if (file.path.find("provisioning/alerting") != std::string::npos) {
        found.loaded = Truth::kYes;
        found.loaded_why = "Grafana provisions its alerting folder";
        found.loaded_at = line_span(file.id, 1);
      }
      out.alerts.push_back(std::move(found));
    }
  }
}

// A data source that says it is something else than Prometheus.
bool of_prometheus(const DataNode& target, const DataNode& panel) {
  for (const DataNode* node : {&target, &panel}) {
    const DataNode* source = node->find("datasource");
    const std::string_view type = source == nullptr ? "" : source->get("type");
    if (!type.empty()) return type == "prometheus" || type.find("$") != type.npos;
  }
  return true;
}

class Dashboards {
 public:
  Dashboards(const SourceFile& file, uint32_t shift, FileFacts& out)
      : file_(file), shift_(shift), out_(out) {}

  void read(const DataNode& root) {
    const DataNode* wrapped = root.find("dashboard");
    const DataNode& body = wrapped != nullptr && wrapped->is_mapping() ? *wrapped : root;
    const DataNode* panels = body.find("panels");
    const DataNode* rows = body.find("rows");
    const bool looks = body.find("title") != nullptr && ((panels != nullptr && panels->is_sequence()) ||
                                                         (rows != nullptr && rows->is_sequence()));
    if (!looks) return;
    dashboard_.file = file_.id;
    dashboard_.title = Name(body.get("title"));
    panels_of(body, 0);
    out_.dashboards.push_back(std::move(dashboard_));
    prose_.file = file_.id;
    if (!prose_.paragraphs.empty()) out_.documents.push_back(std::move(prose_));
  }

 private:
  // Rows and panels, nested as they are.
  void panels_of(const DataNode& node, int depth) {
    if (depth > 8) return;
    for (std::string_view list : {"panels", "rows"}) {
      const DataNode* panels = node.find(list);
      if (panels == nullptr) continue;
      for (const DataNode& panel : panels->items) {
        add_panel(panel);
        panels_of(panel, depth + 1);
      }
    }
  }

  // What a panel says in words: a text of its own, or the description of what it shows. All of it stands in
  // one line of the file.
  void add_prose(const DataNode& panel) {
    if (panel.get("type") == "text") {
      const DataNode* options = panel.find("options");
      const DataNode& holder = options != nullptr && options->find("content") != nullptr ? *options : panel;
      add_text(holder.get("content"), line_span(file_.id, holder.line_of("content") + shift_));
    }
    add_text(panel.get("description"), line_span(file_.id, panel.line_of("description") + shift_));
  }

  void add_text(std::string_view text, const Span& span) {
    if (text.empty()) return;
    uint32_t heading = kNone;
    for (MarkdownBlock& block : parse_markdown(text).blocks) {
      using Kind = MarkdownBlock::Kind;
      if (block.kind == Kind::kHeading) {
        heading = static_cast<uint32_t>(prose_.headings.size());
        prose_.headings.push_back({block.level, std::move(block.text), span});
      } else if (block.kind == Kind::kParagraph || block.kind == Kind::kListItem) {
        prose_.words += count_words(block.text);
        prose_.placeholders += count_placeholders(block.text);
        prose_.paragraphs.push_back({heading, std::move(block.text), block.kind == Kind::kListItem, span});
      }
    }
  }

  void add_panel(const DataNode& panel) {
    add_prose(panel);
    AlertRule rule = grafana_alert(file_, panel.get("title"), panel.line_of("alert") + shift_);
    if (const DataNode* targets = panel.find("targets")) {
      for (const DataNode& target : targets->items) add_target(target, panel, rule);
    }
    const DataNode* condition = panel.find("alert");
    if (condition == nullptr || !condition->is_mapping()) return;
    rule.name = Name(condition->get("name", panel.get("title")));
    const DataNode* to = condition->find("notifications");
    if (to != nullptr && to->items.empty()) {
      rule.routed = Truth::kNo;
      rule.routed_why = "it notifies nobody";
    }
    out_.alerts.push_back(std::move(rule));
  }

  void add_target(const DataNode& target, const DataNode& panel, AlertRule& rule) {
    const std::string_view expression = target.get("expr", target.get("query", target.get("rawSql")));
    if (expression.empty()) return;
    const Span span = line_span(file_.id, target.line_of("expr") + shift_);
    dashboard_.expressions.emplace_back(expression, span);
    if (target.get("expr").empty() || !of_prometheus(target, panel)) return;
    PanelQuery query{Name(panel.get("title")), read_promql(expression, kVariables), span};
    dashboard_.panels.push_back(std::move(query));
    add_query(expression, rule);
  }

  const SourceFile& file_;
  uint32_t shift_;  // of lines, for a text inside a text
  FileFacts& out_;
  Dashboard dashboard_;
  Document prose_;
};

// Dashboards that a sidecar of Grafana takes from ConfigMaps.
void read_config_map(const SourceFile& file, const DataNode& root, FileFacts& out) {
  const DataNode* data = root.find("data");
  if (data == nullptr) return;
  for (const auto& [name, value] : data->entries) {
    if (!value.block_style || !name.ends_with(".json")) continue;
    const ParsedData inner = parse_json(value.text, file.id);
    Dashboards(file, value.line, out).read(inner.root());
  }
}

void run(const SourceFile& file, FileFacts& out) {
  const std::string& text = file.text;
  constexpr std::array<std::string_view, 3> kMarks = {"panels", "rows", "condition"};
  if (std::none_of(kMarks.begin(), kMarks.end(), [&](auto mark) { return text.find(mark) != text.npos; }))
    return;
  const ParsedData data =
      file.path.ends_with(".json") ? parse_json(text, file.id) : parse_yaml(text, file.id);
  for (const DataNode& root : data.documents) {
    if (!root.is_mapping()) continue;
    read_alerts(file, root, out);
    Dashboards(file, 0, out).read(root);
    if (root.get("kind") == "ConfigMap") read_config_map(file, root, out);
  }
}

}  // namespace

extern const FilePass grafana;
const FilePass grafana = {"grafana", "dashboards and the alerts of Grafana", wants, run};

}  // namespace mlgrade::passes
