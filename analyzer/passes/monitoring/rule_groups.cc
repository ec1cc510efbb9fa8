// Groups of rules to facts.
#include "analyzer/passes/monitoring/rule_groups.h"

#include <algorithm>
#include <string>

#include "analyzer/passes/promql.h"
#include "analyzer/passes/text.h"
#include "analyzer/syntax/promql.h"

namespace mlgrade {
namespace {

// Where a runbook is named: the usual key first.
constexpr std::string_view kRunbookKeys[] = {"runbook_url", "runbook", "runbookUrl", "playbook_url",
                                             "playbook"};

AlertRule read_alert(const DataNode& rule, FileId file, uint32_t shift) {
  AlertRule out;
  out.system = Name("prometheus");
  out.name = Name(rule.get("alert"));
  out.expression = trim(rule.get("expr"));
  out.query = read_promql(out.expression);
  out.metrics = series_of(out.query);
  out.vacuous = out.query.holds != Truth::kUnknown || out.query.parsed == Truth::kNo;
  out.hold_seconds = rule_seconds(rule.get("for"));
  out.span = line_span(file, rule.line_of("alert") + shift);
  if (const DataNode* labels = rule.find("labels")) {
    for (const auto& [key, value] : labels->entries) out.labels.emplace_back(Name(key), value.text);
  }
  if (const DataNode* notes = rule.find("annotations")) {
    for (std::string_view key : kRunbookKeys) {
      if (notes->get(key).empty()) continue;
      out.runbook = notes->get(key);
      out.runbook_at = line_span(file, notes->line_of(key) + shift);
      break;
    }
  }
  return out;
}

RecordingRule read_recording(const DataNode& rule, FileId file, uint32_t shift) {
  RecordingRule out;
  out.record = Name(rule.get("record"));
  out.query = read_promql(trim(rule.get("expr")));
  out.span = line_span(file, rule.line_of("record") + shift);
  if (const DataNode* labels = rule.find("labels")) {
    for (const auto& [key, value] : labels->entries) out.labels.emplace_back(key);
  }
  return out;
}

}  // namespace

uint32_t rule_seconds(std::string_view text) {
  const double seconds = promql_duration(trim(text));
  return seconds <= 0 ? 0 : static_cast<uint32_t>(std::min(seconds, 1e9));
}

void RuleGroups::mark_loaded(Truth loaded, const char* why, Span at) {
  const auto mark = [&](auto& rule) {
    rule.loaded = loaded;
    rule.loaded_why = why;
    rule.loaded_at = at;
  };
  for (AlertRule& rule : alerts) mark(rule);
  for (RecordingRule& rule : recordings) mark(rule);
}

RuleGroups read_rule_groups(const DataNode* groups, FileId file, uint32_t shift) {
  RuleGroups out;
  if (groups == nullptr) return out;
  for (const DataNode& group : groups->items) {
    const DataNode* rules = group.find("rules");
    if (rules == nullptr) continue;
    for (const DataNode& rule : rules->items) {
      if (rule.find("alert") != nullptr) {
        out.alerts.push_back(read_alert(rule, file, shift));
        out.alerts.back().group = Name(group.get("name"));
      } else if (rule.find("record") != nullptr) {
        out.recordings.push_back(read_recording(rule, file, shift));
        out.recordings.back().group = Name(group.get("name"));
      }
    }
  }
  return out;
}

}  // namespace mlgrade
