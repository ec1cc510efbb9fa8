// The orchestrators that are defined in Python, one function and one file each.
#pragma once

#include "analyzer/passes/orchestrators/flows.h"

namespace mlgrade::passes {

// Where a document says how to start the program that submits a flow to a service that keeps its runs: a
// person starts it.
void add_submissions_by_hand(FactStore& facts);

void collect_azure_ml_v1(FactStore& facts, Flows& flows);  // its first SDK
void collect_airflow(FactStore& facts, Flows& flows);
void collect_prefect(FactStore& facts, Flows& flows);
void collect_dagster(FactStore& facts, Flows& flows);
void collect_kubeflow(FactStore& facts, Flows& flows);  // also Vertex AI pipelines
void collect_metaflow(FactStore& facts, Flows& flows);
void collect_zenml(FactStore& facts, Flows& flows);
void collect_flyte(FactStore& facts, Flows& flows);
void collect_node_lists(FactStore& facts, Flows& flows);     // Kedro, Luigi
void collect_cloud_jobs(FactStore& facts, Flows& flows);     // SageMaker, Azure ML, Ray, TFX
void collect_program_calls(FactStore& facts, Flows& flows);  // what subprocess and os start

}  // namespace mlgrade::passes
