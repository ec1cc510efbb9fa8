// Contact points and the policy at the top of the tree.
#include "analyzer/passes/monitoring/grafana_contacts.h"

#include <algorithm>
#include <map>
#include <string>

#include "analyzer/passes/monitoring/addresses.h"
#include "analyzer/passes/text.h"

namespace mlgrade {
namespace {

bool leads_somewhere(const DataNode& point) {
  const DataNode* receivers = point.find("receivers");
  if (receivers == nullptr) return false;
  return std::any_of(receivers->items.begin(), receivers->items.end(), [](const DataNode& receiver) {
    const DataNode* settings = receiver.find("settings");
    if (settings == nullptr || settings->entries.empty()) return false;
    return std::none_of(settings->entries.begin(), settings->entries.end(),
                        [](const auto& one) { return is_placeholder_address(one.second.text); });
  });
}

}  // namespace

void link_grafana_alerts(FactStore& facts, const PlacedDocuments& documents) {
  std::map<std::string, bool> points;
  std::string top;
  Span at;
  for (const PlacedDocument& document : documents.all()) {
    if (const DataNode* list = document.root->find("contactPoints")) {
      for (const DataNode& point : list->items)
        points[std::string(point.get("name"))] |= leads_somewhere(point);
    }
    const DataNode* policies = document.root->find("policies");
    if (policies == nullptr || policies->items.empty()) continue;
    top = policies->items.front().get("receiver");
    at = line_span(document.file, policies->items.front().line_of("receiver") + document.shift);
  }
  if (top.empty()) return;
  const auto point = points.find(top);
  for (AlertRule& alert : facts.alerts) {
    if (alert.system != "grafana" || alert.routed != Truth::kUnknown) continue;
    alert.routed_at = at;
    alert.routed = point == points.end() ? Truth::kUnknown : point->second ? Truth::kYes : Truth::kNo;
    if (alert.routed == Truth::kYes) alert.receiver = Name(top);
    if (alert.routed == Truth::kNo) alert.routed_why = "its contact point " + top + " sends to nobody";
    if (alert.routed == Truth::kUnknown)
      alert.routed_why = "its contact point " + top + " is not defined here";
  }
}

}  // namespace mlgrade
