// Comparisons with NaN, which is equal to nothing.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

bool is_nan(const PythonModule& module, const PyValue& value) {
  if (value.kind == PyValue::Kind::kCall && value.call < module.calls.size()) {
    const PyCall& call = module.calls[value.call];
    if (call.callee != "float" || call.args.size() != 1) return false;
    const std::string_view text = module.args[call.args.begin].value.text.view();
    return text == "nan" || text == "NaN";
  }
  if (value.kind != PyValue::Kind::kName) return false;
  const std::string_view name = value.text.view();
  const size_t dot = name.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  const std::string_view root = name.substr(0, name.find('.'));
  if (last != "nan" && last != "NaN" && last != "NAN" && last != "NA" && last != "NaT") return false;
  return std::any_of(module.imports.begin(), module.imports.end(), [&](const PyImport& import) {
    const std::string_view from = import.target.empty() ? import.module.view() : import.target.view();
    const bool library = from.starts_with("numpy") || from.starts_with("pandas") || from.starts_with("math");
    return library && import.bound == root;
  });
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  for (const PythonModule& module : in.facts.python) {
    if (!is_looked_at(in, module, true)) continue;
    for (const PyComparison& comparison : module.comparisons) {
      const bool equal =
          comparison.op == PyComparison::Op::kEqual || comparison.op == PyComparison::Op::kNotEqual;
      if (!equal || (!is_nan(module, comparison.left) && !is_nan(module, comparison.right))) continue;
      hits.push_back({comparison.span, "a comparison with NaN, which is equal to nothing, not to itself"});
    }
  }
  report_by_file(std::move(hits), Severity::kHigh, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_nan_comparison;
const Rule data_nan_comparison{
    .kind = RuleKind::kFinding,
    .summary = "A comparison with NaN",
    .why = "It is the same for every row, so the check finds nothing, or everything.",
    .fix = "Ask `isna()` or `math.isnan`.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
