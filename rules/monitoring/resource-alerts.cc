// Alerts on memory and processors: a model has become bigger or heavier. They say nothing of how long an
// answer takes.
#include <algorithm>
#include <iterator>

#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_resource_series(std::string_view series) {
  return has_word(series, {"memory", "bytes", "gpu", "cpu", "utilization", "rss"}) &&
         !has_word(series, {"age", "timestamp", "trained", "start", "uptime", "created"});
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Evidence> found = alert_evidence(in, is_resource_series, "alert on memory or processors");
  keep_best(in, found, 15);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule monitoring_resource_alerts;
const Rule monitoring_resource_alerts{
    .summary = "memory and processors are watched by alerts",
    .why = "A model that takes twice the memory is killed on the day when there is most to do.",
    .fix = "Alert when memory or processors of the service stay near their limit.",
    .source = "Breck et al. 2017, table IV, Monitor 6",
    .run = run,
};

}  // namespace mlgrade::rules
