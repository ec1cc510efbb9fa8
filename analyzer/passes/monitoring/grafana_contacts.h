// Contact points that Grafana provisions, and whether its alerts come to one.
#pragma once

#include "analyzer/facts/fact_store.h"
#include "analyzer/passes/monitoring/placed_documents.h"

namespace mlgrade {

// Fills routed of provisioned Grafana alerts.
void link_grafana_alerts(FactStore& facts, const PlacedDocuments& documents);

}  // namespace mlgrade
