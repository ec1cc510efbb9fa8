// Follows what assertions depend on back to the project's functions.
#include "rules/support/row_tests.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "analyzer/facts/bodies.h"
#include "rules/support/code.h"
#include "rules/support/feature_code.h"
#include "rules/support/flow.h"

namespace mlgrade {
namespace {

// Calls that ask the service or the model, or measure their answers, by module and number.
struct AnswerUses {
  explicit AnswerUses(const RuleInput& in) {
    for (const Use& use : in.uses) {
      const bool asks = use.capability == "predicts" || use.capability == "requests-http" ||
                        use.capability == "computes-metric";
      if (asks && use.kind == Use::Kind::kCall) calls.emplace(use.function.module, use.call);
    }
  }
  std::set<std::pair<uint32_t, uint32_t>> calls;
};

bool gives_answers(const RuleInput& in, const AnswerUses& uses, PyRef function, uint32_t c) {
  const PythonModule& m = in.facts.python[function.module];
  const PyCall& call = m.calls[c];
  const bool asks = call.method == "get" || call.method == "post" || call.method == "put" ||
                    call.method == "patch" || call.method == "request";
  const std::string_view where =
      asks && !call.args.empty() ? m.args[call.args.begin].value.text.view() : std::string_view();
  return where.starts_with("/") || where.starts_with("http") || uses.calls.contains({function.module, c});
}

}  // namespace

std::function<bool(uint32_t)> looks_at_answers(const RuleInput& in, PyRef function) {
  const PythonModule& m = in.facts.python[function.module];
  const AnswerUses& uses = shared<AnswerUses>(in);
  std::set<uint32_t> asked;
  const IndexRange calls = m.body(function.index).calls;
  for (uint32_t c = calls.begin; c < calls.end; ++c) {
    if (m.calls[c].function == function.index && gives_answers(in, uses, function, c)) asked.insert(c);
  }
  if (asked.empty()) return {};
  Carriers answers = carriers_of(m, function.index, [&](uint32_t c) { return asked.contains(c); });
  return [&m, asked = std::move(asked), answers = std::move(answers)](uint32_t condition) {
    const PyCondition& one = m.conditions[condition];
    bool looks = answers.carries(m, one.reads);
    for (uint32_t c = one.calls.begin; c < one.calls.end && !looks; ++c) looks = asked.contains(c);
    return looks;
  };
}

bool names_check(std::string_view name) {
  return has_word(name, {"validate", "validates", "validated",   "validation",   "validations", "validator",
                         "check",    "checks",    "checker",     "verify",       "ensure",      "assert",
                         "schema",   "schemas",   "expectation", "expectations", "contract",    "contracts",
                         "quality",  "sanity",    "conform",     "enforce",      "integrity",   "conforms"});
}

bool asserts_on_product(const RuleInput& in, const TestCase& test, const std::set<PyRef>& features) {
  std::set<Name> asserted;
  for (const TestAssertion& assertion : test.assertions)
    asserted.insert(assertion.depends_on.begin(), assertion.depends_on.end());
  const PythonModule& m = in.facts.python[test.function.module];
  return std::any_of(test.project_functions.begin(), test.project_functions.end(), [&](PyRef f) {
    const PyFunction* function = in.facts.function(f);
    const bool other =
        features.contains(f) ||
        (!is_io_function(*function) && !names_check(function->name.view()) && function->name != "__init__");
    if (!other) return false;
    const bool called = std::ranges::any_of(calls_in(m, test.function.index), [&](const PyCall& call) {
      return call.function == test.function.index && call.function_ref == f;
    });
    return called || asserted.contains(function->target);
  });
}

bool makes_rows(const FactStore& facts, const TestCase& test) {
  if (!test.mocked.empty()) return true;
  std::vector<PyRef> parts = test.fixtures;
  parts.push_back(test.function);
  return std::any_of(parts.begin(), parts.end(), [&](PyRef part) {
    const PyFunction* function = facts.function(part);
    if (function == nullptr) return false;
    const bool given = std::any_of(function->params.begin(), function->params.end(), [](const PyParam& p) {
      return p.name == "monkeypatch" || p.name == "mocker" || p.name == "tmp_path" || p.name == "tmpdir" ||
             p.name == "tmp_path_factory";
    });
    const PythonModule& m = facts.python[part.module];
    return given || std::ranges::any_of(calls_in(m, part.index), [&](const PyCall& call) {
             return call.function == part.index &&
                    (call.method == "DataFrame" || call.method.view().starts_with("to_parquet") ||
                     call.method == "to_csv" || call.method == "StringIO" || call.method == "BytesIO" ||
                     has_word(call.callee.view(), {"patch", "mock"}));
           });
  });
}

std::vector<PyRef> tests_beside(const FactStore& facts, PyRef function) {
  std::vector<PyRef> found;
  for (const TestCase& test : facts.tests) {
    if (test.function.module == function.module) found.push_back(test.function);
  }
  return found;
}

}  // namespace mlgrade
