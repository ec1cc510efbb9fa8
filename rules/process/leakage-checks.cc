// Something fails when rows or answers of the test data get into training.
#include <algorithm>

#include "analyzer/engine/rule.h"
#include "rules/support/best_test.h"
#include "rules/support/code.h"
#include "rules/support/tests.h"

namespace mlgrade::rules {
namespace {

// "test_" in front of a name says that it is a test, not which rows it is about.
std::string_view without_prefix(std::string_view name) {
  if (name.starts_with("test_")) name.remove_prefix(5);
  return name;
}

bool about_leakage(std::string_view name) {
  name = without_prefix(name);
  if (has_word(name, {"leak", "leaks", "leakage", "leaking", "leaked", "contamination"})) return true;
  const bool trained = has_word(name, {"train", "training", "fit"});
  const bool held_out = has_word(name, {"test", "val", "valid", "validation", "holdout", "eval"});
  const bool parts = has_word(name, {"split", "splits", "splitting", "fold", "folds", "partitions"}) &&
                     has_word(name, {"no", "not", "never", "without", "dont", "disjoint"});
  size_t sets = 0;  // of rows that are kept apart: "calibration_and_validation_are_disjoint"
  for (std::string_view set : {"train", "training", "validation", "val", "calibration", "holdout",
                               "bootstrap", "evaluation", "replay", "dev"})
    sets += has_word(name, {set}) ? 1 : 0;
  if (sets >= 2 && has_word(name, {"disjoint", "overlap", "overlaps", "overlapping"})) return true;
  return ((trained && held_out) || parts) &&
         has_word(name, {"overlap", "overlaps", "overlapping", "disjoint", "intersection", "intersect"});
}

// All functions that say so by their name; sorted.
std::vector<PyRef> functions_about_leakage(const FactStore& facts) {
  std::vector<PyRef> found;
  for (uint32_t m = 0; m < facts.python.size(); ++m) {
    const std::vector<PyFunction>& functions = facts.python[m].functions;
    for (uint32_t f = 0; f < functions.size(); ++f) {
      if (about_leakage(functions[f].name.view())) found.push_back({m, f});
    }
  }
  return found;
}

// The test is such a function, or calls one of the project.
bool looks_for_leakage(const TestCase& test, const std::vector<PyRef>& about) {
  return std::any_of(about.begin(), about.end(), [&](PyRef ref) {
    return ref == test.function ||
           std::binary_search(test.project_functions.begin(), test.project_functions.end(), ref);
  });
}

// Effective, whatever it depends on: a test of the split reads the data and asks nothing else of the project.
uint32_t find_test(const RuleInput& in) {
  const std::vector<PyRef> about = functions_about_leakage(in.facts);
  const uint32_t project =
      best_test(in, [&](const TestCase& test) { return looks_for_leakage(test, about); });
  if (project != kNone) return project;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    if (in.facts.tests[t].effective && looks_for_leakage(in.facts.tests[t], about)) return t;
  }
  return kNone;
}

void run(const RuleInput& in, RuleOutput& output) {
  const uint32_t test = find_test(in);
  if (test != kNone) {
    const TestAssertion* assertion =
        effective_assertion(in.facts.tests[test], [](const TestAssertion&) { return true; });
    Evidence evidence = test_evidence(in, test, "a test fails when training sees what it must not", {});
    if (assertion != nullptr) evidence.links.push_back({assertion->span, "asserts it"});
    output.evidence.push_back(std::move(evidence));
  }
  for (const Document& document : in.facts.documents) {
    if (is_sample(in.facts, document.file) || document.is_template()) continue;
    for (const Heading& heading : document.headings) {
      if (!has_word(heading.text, {"leakage"}) || !has_word(heading.text, {"checklist", "checks", "review"}))
        continue;
      Evidence evidence;
      evidence.mode = EvidenceMode::kStanding;
      evidence.place = heading.span;
      evidence.what = "a checklist against leakage";
      evidence.worth = 0.5;
      evidence.worth_why = "a person has to go through it";
      evidence.confidence = Confidence::kLow;
      output.evidence.push_back(std::move(evidence));
    }
  }
}

}  // namespace

extern const Rule process_leakage_checks;
const Rule process_leakage_checks{
    .summary = "a test or lint fails when test data leaks into training",
    .why =
        "Leakage makes every figure better than the truth, and nothing else shows it before production does.",
    .fix = "Assert in a test that no row, group or later date of the test set is in the training set.",
    .source =
        "Yang et al. 2022, Data Leakage in Notebooks; Kaestner, Software Engineering for ML-Enabled Systems",
    .run = run,
};

}  // namespace mlgrade::rules
