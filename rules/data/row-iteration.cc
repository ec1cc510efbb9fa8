// Tables that are computed row by row.
#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  each_call(in, true, [&](uint32_t, const PyCall& call) {
    if (call.method != "iterrows" || (!is_pandas(call) && !call.target.empty())) return;
    hits.push_back({call.span, "a table is gone through row by row"});
  });
  report_by_file(std::move(hits), Severity::kInfo, Confidence::kMedium, output);
}

}  // namespace

extern const Rule data_row_iteration;
const Rule data_row_iteration{
    .kind = RuleKind::kFinding,
    .summary = "A table is gone through row by row",
    .why = "Each row becomes an object of its own and loses its types; it is slow by orders of magnitude.",
    .fix = "Compute on whole columns, or use `itertuples` where rows must be told apart.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kInfo,
    .run = run,
};

}  // namespace mlgrade::rules
