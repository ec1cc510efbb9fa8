// Tables that are joined by whatever columns they happen to share.
#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

bool names_keys(const PythonModule& module, const PyCall& call) {
  for (std::string_view keyword : {"on", "left_on", "right_on", "left_index", "right_index"}) {
    if (argument(module, call, keyword) != nullptr) return true;
  }
  const std::string_view how = argument(module, call, "how") == nullptr
                                   ? std::string_view()
                                   : argument(module, call, "how")->value.text.view();
  if (how == "cross") return true;
  size_t positional = 0;  // merge(left, right, how, on), left.merge(right, how, on)
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) positional += module.args[a].keyword.empty();
  return positional >= (call.target == "pandas.merge" ? 4u : 3u);
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  each_call(in, true, [&](uint32_t m, const PyCall& call) {
    const PythonModule& module = in.facts.python[m];
    if (!is_pandas(call) || call.method != "merge" || has_unpacked(module, call)) return;
    if (argument(module, call, "*") != nullptr || names_keys(module, call)) return;
    hits.push_back({call.span, "tables are joined by whatever columns they share"});
  });
  report_by_file(std::move(hits), Severity::kMedium, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_unchecked_merge;
const Rule data_unchecked_merge{
    .kind = RuleKind::kFinding,
    .summary = "A join that does not say by which columns",
    .why = "A column that both tables get later changes which rows are joined.",
    .fix = "Say `on`, `how` and `validate`.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
