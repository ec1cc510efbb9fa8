// Runs the passes over orchestrators and puts their units where files of the same path stand.
#include <algorithm>

#include "analyzer/passes/orchestrators/systems.h"
#include "analyzer/passes/repo_passes.h"

namespace mlgrade::passes {

void collect_orchestrators(FactStore& facts) {
  Flows flows;
  collect_azure_ml_v1(facts, flows);
  collect_airflow(facts, flows);
  collect_prefect(facts, flows);
  collect_dagster(facts, flows);
  collect_kubeflow(facts, flows);
  collect_metaflow(facts, flows);
  collect_zenml(facts, flows);
  collect_flyte(facts, flows);
  collect_node_lists(facts, flows);
  collect_cloud_jobs(facts, flows);
  collect_program_calls(facts, flows);
  facts.automation.insert(facts.automation.end(), std::make_move_iterator(flows.begin()),
                          std::make_move_iterator(flows.end()));
  add_submissions_by_hand(facts);
  std::stable_sort(
      facts.automation.begin(), facts.automation.end(),
      [](const AutomationFile& a, const AutomationFile& b) { return index_of(a.file) < index_of(b.file); });
}

}  // namespace mlgrade::passes
