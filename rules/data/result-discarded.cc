// Tables that are changed in a copy which nobody keeps.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/engine/rule.h"
#include "rules/support/code_findings.h"

namespace mlgrade::rules {
namespace {

constexpr std::array<std::string_view, 20> kReturns = {
    "dropna",      "fillna",      "drop",   "rename",    "sort_values",
    "reset_index", "replace",     "astype", "set_index", "drop_duplicates",
    "assign",      "sort_index",  "clip",   "round",     "merge",
    "join",        "interpolate", "ffill",  "bfill",     "reindex"};

bool in_place(const PythonModule& module, const PyCall& call) {
  const PyArg* arg = argument(module, call, "inplace");
  return arg != nullptr && !(arg->value.kind == PyValue::Kind::kBool && arg->value.text == "False");
}

void run(const RuleInput& in, RuleOutput& output) {
  std::vector<Hit> hits;
  // The last expression of a cell is shown: notebooks are left alone.
  each_call(in, false, [&](uint32_t m, const PyCall& call) {
    const PythonModule& module = in.facts.python[m];
    if (!is_pandas(call) || has_unpacked(module, call)) return;
    const bool known = std::find(kReturns.begin(), kReturns.end(), call.method.view()) != kReturns.end();
    if (!known) return;
    if (call.use == PyCall::Use::kDiscarded && !in_place(module, call)) {
      hits.push_back(
          {call.span, fmt::format("`{}` gives a new table, which nobody keeps", call.callee.view())});
    } else if (call.use == PyCall::Use::kAssigned && in_place(module, call) &&
               argument(module, call, "inplace")->value.kind == PyValue::Kind::kBool) {
      hits.push_back({call.span, fmt::format("`{}` changes the table in place and gives nothing to keep",
                                             call.callee.view())});
    }
  });
  report_by_file(std::move(hits), Severity::kHigh, Confidence::kHigh, output);
}

}  // namespace

extern const Rule data_result_discarded;
const Rule data_result_discarded{
    .kind = RuleKind::kFinding,
    .summary = "The result of changing a table is thrown away",
    .why = "The step looks as if it were done, and the rows are as they were.",
    .fix = "Assign the result, and do without `inplace`.",
    .source = "Zhang, Cruz, van Deursen, Code Smells for Machine Learning Applications, CAIN 2022",
    .severity = Severity::kHigh,
    .run = run,
};

}  // namespace mlgrade::rules
