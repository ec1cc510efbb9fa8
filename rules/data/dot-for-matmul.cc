// `numpy.dot` for a product of matrices.
#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  each_call(in, true, [&](uint32_t, const PyCall& call) {
    if (call.target == "numpy.dot")
      hits.push_back({call.span, "`numpy.dot` means another thing for each shape"});
  });
  report_by_file(std::move(hits), Severity::kInfo, Confidence::kLow, output);
}

}  // namespace

extern const Rule data_dot_for_matmul;
const Rule data_dot_for_matmul{
    .kind = RuleKind::kFinding,
    .summary = "`numpy.dot` is used for a product",
    .why =
        "It is a product of numbers, vectors or matrices by the shapes that come, and gives no error for a "
        "wrong one.",
    .fix = "Use `@` or `numpy.matmul` for matrices.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kInfo,
    .run = run,
};

}  // namespace mlgrade::rules
