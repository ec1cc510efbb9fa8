// Which server configuration loads a file of rules, and whether its alerts reach somebody.
#pragma once

#include "analyzer/facts/fact_store.h"
#include "analyzer/passes/monitoring/placed_documents.h"

namespace mlgrade {

// Fills loaded and routed of alerts and recording rules from prometheus.yml, Alertmanager and what containers
// see.
void link_alerts(FactStore& facts, const PlacedDocuments& documents);

}  // namespace mlgrade
