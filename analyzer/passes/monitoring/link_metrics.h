// Metrics that Python code defines, and where it updates them.
#pragma once

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// prometheus_client, aioprometheus and OpenTelemetry: a constructor, and calls on what holds its result.
void link_defined_metrics(FactStore& facts);

// statsd, Datadog and CloudWatch: the call names the metric and gives its value; alarms made by boto3.
void link_pushed_metrics(FactStore& facts);

// The text format of Prometheus, written by hand: `# TYPE name gauge` and the samples behind it.
void link_written_metrics(FactStore& facts);

// Alarms and panels that programs of the CDK and Pulumi describe.
void link_stack_alarms(FactStore& facts);

}  // namespace mlgrade
