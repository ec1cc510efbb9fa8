// Values that are set in a copy of a part of a table.
#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

// `rows[a][b] = x`: the target is an item of an item.
bool is_chained(const PyBinding& binding) {
  const std::string_view target = binding.target.view();
  return binding.subscript && target.ends_with("]") && target.find('(') == std::string_view::npos;
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  for (const PythonModule& module : in.facts.python) {
    if (!is_looked_at(in, module, true)) continue;
    for (const PyBinding& binding : module.bindings) {
      const std::string_view target = binding.target.view();
      if (is_chained(binding) &&
          is_pandas_table(module, target.substr(0, target.find('[')), binding.function))
        hits.push_back({binding.span, "a value is set in what may be a copy of a part of the table"});
    }
  }
  report_by_file(std::move(hits), Severity::kMedium, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_chained_assignment;
const Rule data_chained_assignment{
    .kind = RuleKind::kFinding,
    .summary = "A value is set in an item of an item of a table",
    .why = "Whether the table itself changes depends on how it lies in memory.",
    .fix = "Set it with one `.loc[rows, column]`.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
