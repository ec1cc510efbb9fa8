// Columns that begin with a value which is none.
#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

// rows["age"] = 0, rows["city"] = "": filled later, or not.
bool is_placeholder(const PyValue& value) {
  return (value.kind == PyValue::Kind::kNumber && value.number == 0) ||
         (value.kind == PyValue::Kind::kString && value.text.empty());
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  for (const PythonModule& module : in.facts.python) {
    if (!is_looked_at(in, module, true)) continue;
    for (const PyBinding& binding : module.bindings) {
      const bool plain =
          binding.subscript && binding.kind == PyBinding::Kind::kAssign && !binding.key.empty();
      if (plain && is_placeholder(binding.value) &&
          is_pandas_table(module, binding.target.view(), binding.function))
        hits.push_back(
            {binding.span, "a new column begins with a value that cannot be told from a real one"});
    }
  }
  report_by_file(std::move(hits), Severity::kInfo, Confidence::kLow, output);
}

}  // namespace

extern const Rule data_empty_column_placeholder;
const Rule data_empty_column_placeholder{
    .kind = RuleKind::kFinding,
    .summary = "A new column begins with zero or an empty text",
    .why = "What was never filled in looks like a value, and no check for what is missing finds it.",
    .fix = "Begin with `numpy.nan` or `pandas.NA`.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kInfo,
    .run = run,
};

}  // namespace mlgrade::rules
