// `.values` of a table.
#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  constexpr std::string_view kValues = ".values";
  for (const PythonModule& module : in.facts.python) {
    if (!is_looked_at(in, module, true)) continue;
    for (const PyBinding& binding : module.bindings) {
      for (uint32_t r = binding.reads.begin; r < binding.reads.end; ++r) {
        std::string_view name = module.names[r].view();
        if (!name.ends_with(kValues)) continue;
        name.remove_suffix(kValues.size());
        if (is_pandas_table(module, name, binding.function))
          hits.push_back({binding.span, "`.values` gives a copy or a view, of one type or another"});
      }
    }
  }
  report_by_file(std::move(hits), Severity::kInfo, Confidence::kLow, output);
}

}  // namespace

extern const Rule data_values_attribute;
const Rule data_values_attribute{
    .kind = RuleKind::kFinding,
    .summary = "`.values` of a table",
    .why = "What it gives depends on the types of the columns, and says so nowhere.",
    .fix = "Use `.to_numpy()` with a `dtype`.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kInfo,
    .run = run,
};

}  // namespace mlgrade::rules
