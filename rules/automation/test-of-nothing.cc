// Tests that assert, and whose assertions no change of the project's code can break.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/engine/rule.h"
#include "analyzer/facts/bodies.h"
#include "rules/support/check_steps.h"
#include "rules/support/code.h"
#include "rules/support/test_files.h"

namespace mlgrade::rules {
namespace {

using Worth = TestAssertion::Worth;

Worth worth_of(const TestCase& test) { return test.assertions.front().worth; }

// A library that the catalogue or a manifest names, or that comes with Python and starts nothing.
bool is_known_library(const RuleInput& in, std::string_view root) {
  static constexpr std::string_view kPlain[] = {
      "abc",         "array",    "base64",     "collections", "contextlib", "copy",     "csv",
      "dataclasses", "datetime", "decimal",    "enum",        "functools",  "glob",     "hashlib",
      "inspect",     "io",       "itertools",  "json",        "logging",    "math",     "numbers",
      "operator",    "os",       "pathlib",    "pickle",      "pprint",     "pytest",   "random",
      "re",          "shutil",   "statistics", "string",      "sys",        "tempfile", "textwrap",
      "time",        "types",    "typing",     "unittest",    "uuid",       "warnings", "zipfile"};
  if (std::find(std::begin(kPlain), std::end(kPlain), root) != std::end(kPlain)) return true;
  const auto names = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), root) != list.end();
  };
  return std::any_of(in.catalogue.tools.begin(), in.catalogue.tools.end(),
                     [&](const Tool& tool) { return names(tool.imports); }) ||
         std::any_of(in.facts.dependencies.begin(), in.facts.dependencies.end(),
                     [&](const Dependency& dependency) { return dependency.name == root; });
}

// The project's code may be behind a name that did not resolve, a process, a server or a page.
bool may_reach_project(const RuleInput& in, const TestCase& test) {
  static constexpr std::string_view kOutward[] = {
      "requests",   "httpx",   "aiohttp", "boto3",    "grpc",  "mlflow",   "wandb",    "papermill", "docker",
      "sqlalchemy", "pymongo", "redis",   "psycopg2", "kafka", "nbformat", "selenium", "playwright"};
  const PythonModule& module = in.facts.python[test.function.module];
  return std::any_of(module.imports.begin(), module.imports.end(), [&](const PyImport& import) {
    if (import.project_module != kNone || import.level > 0) return true;
    const std::string_view root = import.module.view().substr(0, import.module.view().find('.'));
    const bool outward = std::find(std::begin(kOutward), std::end(kOutward), root) != std::end(kOutward);
    return outward || !is_known_library(in, root);
  });
}

// The test file looks at files of the repository: its configuration is part of the project, too.
bool reads_files(const PythonModule& module) {
  return std::any_of(module.calls.begin(), module.calls.end(), [](const PyCall& call) {
    if (call.target.view().starts_with("hydra.")) return true;  // composes configuration from files
    return has_word(call.method.view(), {"read", "open", "load", "loads", "glob", "rglob", "exists",
                                         "iterdir", "listdir", "walk", "parse"});
  });
}

// Everything that the test calls is a mock, a builtin or a test library's: what it asserts is what it put in.
bool calls_mocks_only(const PythonModule& module, uint32_t function) {
  static constexpr std::string_view kOfTests[] = {
      "Mock",  "MagicMock",  "patch",  "mock",     "mocker",    "pytest", "len",
      "str",   "int",        "float",  "list",     "dict",      "set",    "tuple",
      "print", "isinstance", "sorted", "unittest", "AsyncMock", "self"};
  const auto is_mock = [&](std::string_view head) {
    return std::ranges::any_of(bindings_in(module, function), [&](const PyBinding& binding) {
      if (binding.function != function || binding.target != head ||
          binding.value.kind != PyValue::Kind::kCall)
        return false;
      return module.calls[binding.value.call].target.view().starts_with("unittest.mock.");
    });
  };
  return std::ranges::all_of(calls_in(module, function), [&](const PyCall& call) {
    if (call.function != function) return true;
    const std::string_view callee = call.callee.view();
    const std::string_view head = callee.substr(0, callee.find_first_of(".("));
    const bool known = std::find(std::begin(kOfTests), std::end(kOfTests), head) != std::end(kOfTests);
    return known || is_mock(head);
  });
}

// The assertion's own form or place defeats it, whatever the values are.
bool by_form(Worth worth) {
  return worth == Worth::kConstant || worth == Worth::kSwallowed || worth == Worth::kUnreachable ||
         worth == Worth::kMockEcho || worth == Worth::kTooBroad;
}

void run(const RuleInput& in, RuleOutput& out) {
  TestGroups groups;
  for (uint32_t t = 0; t < in.facts.tests.size(); ++t) {
    const TestCase& test = in.facts.tests[t];
    if (test.effective || test.assertions.empty() || !is_live_test(in, t)) continue;
    const Worth worth = worth_of(test);
    const bool nothing = worth == Worth::kNothingOfProject;
    const PythonModule& module = in.facts.python[test.function.module];
    if (worth == Worth::kEffective) continue;
    if (nothing && (may_reach_project(in, test) || reads_files(module))) continue;
    if (worth == Worth::kMockEcho && !calls_mocks_only(module, test.function.index)) continue;
    if (!by_form(worth) && may_check_otherwise(in, test)) continue;
    TestGroup& group = groups[{in.facts.function(test.function)->span.file, test.defeat}];
    group.why = test.defeat;
    group.tests.push_back(t);
  }
  for (const auto& [key, group] : groups) {
    const Worth worth = worth_of(in.facts.tests[group.tests.front()]);
    const bool one = group.tests.size() == 1;
    const std::string lead = fmt::format("{} that {} nothing ({})", counted(group.tests.size(), "test"),
                                         one ? "proves" : "prove", group.why);
    Finding finding = group_finding(in, group, lead);
    for (size_t i = 0; i < finding.places.size(); ++i) {
      const TestCase& test = in.facts.tests[group.tests[i]];
      if (test.defeat_at.valid()) finding.places[i].span = test.defeat_at;
    }
    const bool weak = worth == Worth::kNotNone || worth == Worth::kTooBroad;
    finding.severity = weak ? Severity::kLow : Severity::kMedium;
    finding.confidence =
        by_form(worth) && worth != Worth::kMockEcho ? Confidence::kHigh : Confidence::kMedium;
    out.findings.push_back(std::move(finding));
  }
}

}  // namespace

extern const Rule automation_test_of_nothing;
const Rule automation_test_of_nothing{
    .kind = RuleKind::kFinding,
    .summary = "A test whose assertions nothing in the project can break",
    .why = "It counts as a test in every report and stays green when the code is wrong.",
    .fix =
        "Import the project's code, call it, and compare what it gives back with a value that a mistake "
        "would "
        "change.",
    .source = "Breck et al. 2017, section II",
    .severity = Severity::kMedium,
    .run = run,
};

}  // namespace mlgrade::rules
