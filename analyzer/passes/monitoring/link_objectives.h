// Objectives for services, and where servers get their series from.
#pragma once

#include "analyzer/facts/fact_store.h"
#include "analyzer/passes/monitoring/placed_documents.h"

namespace mlgrade {

void link_objectives(FactStore& facts, const PlacedDocuments& documents);
void link_scrapes(FactStore& facts, const PlacedDocuments& documents);

}  // namespace mlgrade
