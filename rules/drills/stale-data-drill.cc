// Old data, or data of another source, are refused, and a test hands some in.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

constexpr size_t kMost = 3;

// "check_freshness", "refuse_stale_snapshot", "verify_dataset_hash", "ensure_production_source".
bool names_check(std::string_view name) {
  if (has_word(name, {"model", "models", "checkpoint", "token", "session", "cache"})) return false;
  const bool age = has_word(name, {"fresh", "freshness", "stale", "staleness", "outdated", "age", "recent"});
  const bool hash = has_word(name, {"hash", "checksum", "digest", "fingerprint", "version"}) &&
                    has_word(name, {"data", "dataset", "snapshot", "split", "raw", "rows"});
  const bool source = has_word(name, {"source", "environment"}) &&
                      has_word(name, {"check", "verify", "ensure", "assert", "require", "refuse"});
  return age || hash || source;
}

bool raises(const PythonModule& module, uint32_t function) {
  const IndexRange jumps = module.functions[function].body.jumps;
  for (uint32_t j = jumps.begin; j < jumps.end; ++j) {
    if (module.jumps[j].kind == PyJump::Kind::kRaise) return true;
  }
  return false;
}

// A check of the project's own that raises.
void add_checks(const RuleInput& in, std::vector<Evidence>& out) {
  std::vector<Evidence> found;
  for (uint32_t m = 0; m < in.facts.python.size(); ++m) {
    const PythonModule& module = in.facts.python[m];
    if (is_test_code(in.facts, module.file) || is_sample(in.facts, module.file) || module.is_notebook)
      continue;
    for (uint32_t f = 0; f < module.functions.size(); ++f) {
      const PyFunction& function = module.functions[f];
      if (function.is_stub || !names_check(function.name.view()) || !raises(module, f)) continue;
      Evidence evidence;
      evidence.place = function.span;
      evidence.what = fmt::format("`{}` refuses data by age, version or source", function.name.view());
      evidence.runs_at = in.graph.node_of_function({m, f});
      evidence.worth = 0.5;
      evidence.worth_why = "no drill hands it old data";
      evidence.part = "detected";
      found.push_back(std::move(evidence));
    }
  }
  keep_best(in, found, kMost);
  std::move(found.begin(), found.end(), std::back_inserter(out));
}

// `if digest != manifest["sha256"]: raise`, whatever the function is called.
bool refuses_by_hash(const PythonModule& module, uint32_t function) {
  const auto is_name = [](std::string_view text) {
    return has_word(text, {"sha256", "digest", "hash", "checksum", "fingerprint", "md5", "version"}) &&
           !has_word(text, {"python", "schema", "format"});
  };
  const IndexRange conditions = module.functions[function].body.conditions;
  for (uint32_t c = conditions.begin; c < conditions.end; ++c) {
    const IndexRange comparisons = module.conditions[c].comparisons;
    for (uint32_t k = comparisons.begin; k < comparisons.end; ++k) {
      const PyComparison& comparison = module.comparisons[k];
      if (comparison.op == PyComparison::Op::kNotEqual &&
          (is_name(comparison.left.text.view()) || is_name(comparison.right.text.view())))
        return raises(module, function);
    }
  }
  return false;
}

const PyFunction* checked_by(const RuleInput& in, const TestCase& test) {
  const std::string_view id = test.id.view();
  const bool of_data = has_word(id.substr(std::min(id.find("::"), id.size())),
                                {"data", "dataset", "cache", "split", "snapshot", "rows", "readings"});
  for (const PyRef ref : test.project_functions) {
    const PyFunction* function = in.facts.function(ref);
    if (function != nullptr && of_data && refuses_by_hash(in.facts.python[ref.module], ref.index) &&
        !has_word(function->name.view(), {"model", "checkpoint", "weights", "artifact"}))
      return function;
    if (function != nullptr && names_check(function->name.view()) &&
        raises(in.facts.python[ref.module], ref.index))
      return function;
  }
  return nullptr;
}

bool hands_in_old(const RuleInput& in, const TestCase& test) {
  const std::string_view name = test.id.view();
  return has_word(name,
                  {"stale", "old", "outdated", "expired", "yesterday", "wrong", "other", "another", "staging",
                   "mismatch", "modified", "tampered", "changed", "age", "different", "truncated"}) &&
         expected_error(test) != nullptr && checked_by(in, test) != nullptr;
}

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t test = best_test(in, [&](const TestCase& t) { return hands_in_old(in, t); });
  if (test != kNone) {
    const TestCase& found = in.facts.tests[test];
    const PyFunction* check = checked_by(in, found);
    Evidence evidence = test_evidence(in, test, "a test hands in old or other data and expects the refusal",
                                      {{expected_error(found)->span, "has to be refused"},
                                       {check->span, fmt::format("`{}` refuses it", check->name.view())}});
    ask_for_product(in, test, evidence);
    output.evidence.push_back(std::move(evidence));
  }
  add_checks(in, output.evidence);
}

}  // namespace

extern const Rule drills_stale_data_drill;
const Rule drills_stale_data_drill{
    .summary = "old data and data of another source are refused, and a test shows it",
    .why = "Yesterday's file in today's place trains a model without an error.",
    .fix =
        "Raise when the newest timestamp is too old or the hash is another, and hand such data in, in a "
        "test.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
