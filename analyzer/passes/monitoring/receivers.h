// The way of an alert through Alertmanager: routes by its labels, and whether somebody is at the end.
#pragma once

#include <string>
#include <vector>

#include "analyzer/base/truth.h"
#include "analyzer/facts/fact_store.h"
#include "analyzer/passes/monitoring/placed_documents.h"

namespace mlgrade {

struct Routed {
  Truth routed = Truth::kUnknown;
  Span at;          // of the routes
  std::string why;  // a phrase, when not yes
  Name receiver;    // the first that is known to get it
};

// The configurations of Alertmanager: files, ConfigMaps, AlertmanagerConfig objects, values of the chart.
class AlertManagers {
 public:
  explicit AlertManagers(const PlacedDocuments& documents);
  // Unknown where there is none. A route that asks for a label that the rule does not set may be taken or
  // not.
  Routed route(const AlertRule& alert) const;

 private:
  struct Manager {
    const DataNode* route;
    const DataNode* receivers;
    const DataNode* global;
    Span at;
  };
  struct Walk;

  Truth real(const Manager& manager, std::string_view receiver, std::string& why) const;
  Truth real_target(std::string_view key, const DataNode& target, const Manager& manager) const;

  std::vector<Manager> managers_;
};

}  // namespace mlgrade
