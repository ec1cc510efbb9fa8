// An index that is no longer filled is noticed.
#include "analyzer/engine/rule.h"
#include "rules/support/alerts.h"
#include "rules/support/code.h"
#include "rules/support/llm.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool is_index_age(std::string_view series) {
  return has_word(series, {"index", "indexed", "ingest", "ingested", "ingestion", "embedding", "corpus",
                           "crawl", "vectorstore"}) &&
         has_word(series, {"age", "timestamp", "freshness", "staleness", "last", "lag", "updated"});
}

void run(const RuleInput& in, RuleOutput& output) {
  if (!is_llm_app(in)) return;
  std::vector<Evidence> found =
      alert_evidence(in, is_index_age, "alert on the age of the index", SetOnce::kHalf);
  keep_best(in, found, 5);
  std::move(found.begin(), found.end(), std::back_inserter(output.evidence));
}

}  // namespace

extern const Rule llm_index_freshness;
const Rule llm_index_freshness{
    .summary = "an alert watches the age of the index",
    .why = "An index that stopped being filled answers with what was true last year.",
    .fix = "Export the time of the last indexing and alert on its age.",
    .source = "Breck et al. 2017, table IV, Monitor 4, for retrieval",
    .run = run,
};

}  // namespace mlgrade::rules
