// Operations between vectors whose sides never carry the same labels: nothing matches, so nothing results.
#pragma once

#include "analyzer/facts/fact_store.h"

namespace mlgrade {

// Marks alerts whose expression gives nothing for that reason, by the labels of the metrics that code
// defines. Reads metrics, writes the queries of alerts.
void match_labels(FactStore& facts);

}  // namespace mlgrade
