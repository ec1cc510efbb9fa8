// Tables whose types are guessed anew with each file.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

bool says_types(const PythonModule& module, const PyCall& call) {
  for (std::string_view keyword : {"dtype", "usecols", "schema", "converters", "names", "dtype_backend"}) {
    if (argument(module, call, keyword) != nullptr) return true;
  }
  return has_unpacked(module, call);
}

// The module holds its rows to a schema, or gives types afterwards.
bool types_later(const PythonModule& module) {
  return std::any_of(module.calls.begin(), module.calls.end(), [](const PyCall& call) {
    return call.method == "astype" || call.method == "validate" || call.target.view().starts_with("pandera.");
  });
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  each_call(in, false, [&](uint32_t m, const PyCall& call) {
    const PythonModule& module = in.facts.python[m];
    if (call.target != "pandas.read_csv" && call.target != "pandas.read_table") return;
    if (says_types(module, call) || types_later(module)) return;
    hits.push_back({call.span, "types and columns are guessed from whatever stands in the file"});
  });
  report_by_file(std::move(hits), Severity::kInfo, Confidence::kLow, output);
}

}  // namespace

extern const Rule data_untyped_load;
const Rule data_untyped_load{
    .kind = RuleKind::kFinding,
    .summary = "Types and columns of a file are guessed",
    .why = "One odd value turns a column of numbers into one of texts, and what follows works otherwise.",
    .fix = "Give `dtype` and `usecols`, or hold the rows to a schema.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kInfo,
    .run = run,
};

}  // namespace mlgrade::rules
