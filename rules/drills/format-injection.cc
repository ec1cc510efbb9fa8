// Rows with a missing, renamed or retyped column are fed to the code, and it has to refuse them.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/faults.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

bool about_format(std::string_view name) {
  return has_word(name, {"column", "columns", "schema", "format", "dtype", "renamed", "retyped", "malformed",
                         "corrupt", "corrupted", "null", "nulls", "rows"});
}

// Reads or checks rows; what loads a model or settings does not.
bool handles_rows(const PyFunction& function) {
  const std::string_view name = function.qualname.view();
  return has_word(name,
                  {"load", "loader", "read", "ingest", "validate", "validation", "check", "schema", "clean",
                   "prepare", "preprocess", "transform", "features", "parse", "split", "data", "dataset"}) &&
         !has_word(name, {"model", "models", "checkpoint", "weights", "config", "configuration", "settings",
                          "params", "tokenizer"});
}

bool injects_format(const RuleInput& in, const TestCase& test) {
  if (expected_refusal(in, test) == nullptr || !about_format(test.id.view())) return false;
  return std::any_of(test.project_functions.begin(), test.project_functions.end(), [&](PyRef ref) {
    const PyFunction* function = in.facts.function(ref);
    return function != nullptr && handles_rows(*function);
  });
}

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t test = best_test(in, [&](const TestCase& t) { return injects_format(in, t); });
  if (test == kNone) return;
  const TestAssertion* error = expected_refusal(in, in.facts.tests[test]);
  output.evidence.push_back(test_evidence(in, test,
                                          "a test feeds rows of another format and expects an error",
                                          {{error->span, "has to be refused"}}));
}

}  // namespace

extern const Rule drills_format_injection;
const Rule drills_format_injection{
    .summary = "a test feeds data of a changed format and expects that it is refused",
    .why = "A source that renames a column empties the training set, and nothing says so.",
    .fix = "Feed the loader a frame without a column, and one with another type, and expect the error.",
    .source = "Kaestner, Software Engineering for ML-Enabled Systems (silent mistakes, fire drills)",
    .run = run,
};

}  // namespace mlgrade::rules
