// Tables that are gone through by position.
#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

// for i in range(len(rows)): ... rows.iloc[i] ...
bool by_position(const PythonModule& module, const PyBinding& binding, std::string_view& table) {
  if (binding.kind != PyBinding::Kind::kFor || binding.value.kind != PyValue::Kind::kCall) return false;
  const PyCall& range = module.calls[binding.value.call];
  if (range.callee != "range" || range.args.size() != 1) return false;
  const PyValue& end = module.args[range.args.begin].value;
  if (end.kind != PyValue::Kind::kCall || module.calls[end.call].callee != "len") return false;
  const PyCall& length = module.calls[end.call];
  if (length.args.size() != 1 || module.args[length.args.begin].value.kind != PyValue::Kind::kName)
    return false;
  table = module.args[length.args.begin].value.text.view();
  return true;
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  for (const PythonModule& module : in.facts.python) {
    if (!is_looked_at(in, module, true)) continue;
    for (const PyBinding& binding : module.bindings) {
      std::string_view table;
      if (by_position(module, binding, table) && is_pandas_table(module, table, binding.function))
        hits.push_back({binding.span, "a table is gone through by position"});
    }
  }
  report_by_file(std::move(hits), Severity::kInfo, Confidence::kMedium, output);
}

}  // namespace

extern const Rule data_index_loop;
const Rule data_index_loop{
    .kind = RuleKind::kFinding,
    .summary = "A table is gone through by position",
    .why = "It is slow by orders of magnitude, and wrong once the index is another.",
    .fix = "Compute on whole columns.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kInfo,
    .run = run,
};

}  // namespace mlgrade::rules
