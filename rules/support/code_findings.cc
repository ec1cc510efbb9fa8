// Walks product code for findings; no rule of its own.
#include "rules/support/code_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"

namespace mlgrade {
namespace {

constexpr size_t kMostPlaces = 20;

bool about_losses(std::string_view text) {
  return has_word(text,
                  {"dropped", "drop",    "drops",    "skipped", "skip",      "rejected", "discarded", "lost",
                   "missing", "invalid", "bad",      "removed", "repaired",  "imputed",  "filled",    "nan",
                   "nans",    "failed",  "failures", "errors",  "malformed", "kept",     "remaining"});
}

bool tells(const PyCall& call) {
  return call.callee == "print" || call.method == "inc" || call.method == "observe" ||
         call.method == "log_metric" || call.method == "warn" ||
         has_word(call.callee.view(),
                  {"log", "logger", "logging", "metrics", "metric", "counter", "statsd", "warnings"});
}

}  // namespace

bool is_looked_at(const RuleInput& in, const PythonModule& module, bool notebooks) {
  return module.parsed && !is_test_code(in.facts, module.file) && !is_sample(in.facts, module.file) &&
         (notebooks || !module.is_notebook);
}

void each_call(const RuleInput& in, bool notebooks,
               const std::function<void(uint32_t module, const PyCall& call)>& look) {
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (!is_looked_at(in, module, notebooks)) continue;
    for (const PyCall& call : module.calls) look(m, call);
  }
}

bool is_pandas(const PyCall& call) { return call.target.view().starts_with("pandas."); }

namespace {

// What is no table any more: rows.to_dict(), rows["id"].unique().
bool leaves_pandas(const PyCall& call) {
  for (std::string_view method : {"to_dict", "to_numpy", "tolist", "to_list", "to_json", "to_records",
                                  "unique", "item", "keys", "items", "nunique"}) {
    if (call.method == method) return true;
  }
  return false;
}

}  // namespace

bool is_pandas_table(const PythonModule& module, std::string_view name, uint32_t function) {
  return std::any_of(module.bindings.begin(), module.bindings.end(), [&](const PyBinding& binding) {
    const bool same = !binding.subscript && binding.target == name &&
                      (binding.function == function || binding.function == kNone);
    return same && binding.value.kind == PyValue::Kind::kCall &&
           is_pandas(module.calls[binding.value.call]) && !leaves_pandas(module.calls[binding.value.call]);
  });
}

const PyArg* argument(const PythonModule& module, const PyCall& call, std::string_view keyword) {
  for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
    if (module.args[a].keyword == keyword) return &module.args[a];
  }
  return nullptr;
}

bool has_unpacked(const PythonModule& module, const PyCall& call) {
  return argument(module, call, "**") != nullptr;
}

bool tells_of_losses(const PythonModule& module, uint32_t function) {
  for (const PyCall& call : calls_in(module, function)) {
    if (call.function != function || !tells(call)) continue;
    if (about_losses(call.callee.view())) return true;
    for (uint32_t a = call.args.begin; a < call.args.end; ++a) {
      if (about_losses(module.args[a].value.text.view())) return true;
      for (uint32_t r = module.args[a].reads.begin; r < module.args[a].reads.end; ++r) {
        if (about_losses(module.names[r].view()) || module.names[r] == "len") return true;
      }
      const PyValue& value = module.args[a].value;
      if (value.kind == PyValue::Kind::kCall && module.calls[value.call].callee == "len") return true;
    }
  }
  // before = len(rows) ... if len(rows) < 0.9 * before: what is left is looked at.
  return std::ranges::any_of(conditions_in(module, function), [&](const PyCondition& condition) {
    if (condition.function != function) return false;
    for (uint32_t c = condition.calls.begin; c < condition.calls.end; ++c) {
      if (module.calls[c].callee == "len") return true;
    }
    return false;
  });
}

void report_by_file(std::vector<Hit> hits, Severity severity, Confidence confidence, RuleOutput& output) {
  std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.at < b.at; });
  std::map<FileId, std::vector<Hit>> by_file;
  std::set<std::pair<FileId, uint32_t>> lines;
  for (Hit& hit : hits) {
    if (lines.emplace(hit.at.file, hit.at.line).second) by_file[hit.at.file].push_back(std::move(hit));
  }
  for (auto& [file, all] : by_file) {
    Finding finding;
    finding.severity = severity;
    finding.confidence = confidence;
    finding.message = all.front().what;
    if (all.size() > 1) finding.message += fmt::format(", and {} more in this file", all.size() - 1);
    for (size_t i = 0; i < std::min(all.size(), kMostPlaces); ++i)
      finding.places.push_back({all[i].at, all[i].what});
    output.findings.push_back(std::move(finding));
  }
}

}  // namespace mlgrade
