// What is measured, asked, loaded and received, linked across files.
#include "analyzer/passes/monitoring/alert_routes.h"
#include "analyzer/passes/monitoring/grafana_contacts.h"
#include "analyzer/passes/monitoring/link_metrics.h"
#include "analyzer/passes/monitoring/link_objectives.h"
#include "analyzer/passes/monitoring/match_labels.h"
#include "analyzer/passes/monitoring/placed_documents.h"
#include "analyzer/passes/repo_passes.h"

namespace mlgrade::passes {

void link_monitoring(FactStore& facts) {
  link_defined_metrics(facts);
  link_pushed_metrics(facts);
  link_written_metrics(facts);
  link_stack_alarms(facts);
  match_labels(facts);
  const PlacedDocuments documents(facts);
  link_objectives(facts, documents);
  link_scrapes(facts, documents);
  link_alerts(facts, documents);
  link_grafana_alerts(facts, documents);
}

}  // namespace mlgrade::passes
