// What a test runner would collect, and what each test is worth. Written by passes/tests_*.
#pragma once

#include <string>
#include <vector>

#include "analyzer/base/name.h"
#include "analyzer/base/span.h"
#include "analyzer/base/truth.h"
#include "analyzer/facts/python.h"

namespace mlgrade {

// Settings of one pytest root: the folder of the file that holds them (rootdir), as pytest would find it.
struct PytestConfig {
  Name root;  // folder, "" for the top
  Span span;  // the file and section; invalid when all is default
  std::vector<std::string> test_paths;
  std::vector<std::string> file_patterns;      // default test_*.py, *_test.py
  std::vector<std::string> class_patterns;     // default Test*
  std::vector<std::string> function_patterns;  // default test*
  std::vector<std::string> addopts;            // split into words
  std::vector<std::string> skipped_folders;    // norecursedirs: patterns of folder names
  std::vector<std::string> ignored;            // collect_ignore of conftest.py, --ignore of addopts
  std::vector<Span> ignored_at;                // parallel; invalid: in the section itself
  std::vector<std::string> python_path;
  bool xfail_strict = false;
  bool asyncio_auto = false;  // asyncio_mode = auto: coroutines run without a marker
};

// A check inside a test: an assert statement, a unittest or numpy.testing call, pytest.raises, a helper that
// asserts.
struct TestAssertion {
  enum class Worth {
    kEffective,
    kConstant,
    kNotNone,
    kMockEcho,
    kSwallowed,
    kUnreachable,
    kTooBroad,
    kNothingOfProject
  };
  Worth worth = Worth::kEffective;
  Span span;
  bool raises = false;           // expects an exception: an invalid-input case
  bool compares_number = false;  // against a numeric constant
  bool on_artifact = false;      // looks at a file or at what was read from one
  bool type_only = false;        // asks of what type something is, or whether it has an attribute
  std::vector<Name> depends_on;  // resolved targets of the calls its value comes from
};

// A name that a test replaces by a mock: patch("app.nodes.Prophet") replaces what `app.nodes` knows under it.
struct MockedName {
  uint32_t module = kNone;  // where: the module whose name is replaced; kNone: everywhere
  Name name;                // the name there; empty: everywhere
  Name target;              // what it stands for: "prophet.Prophet"; empty: a value of the module's own
  auto operator<=>(const MockedName&) const = default;
};

struct TestCase {
  enum class Kind { kPytest, kUnittest, kDoctest };
  Kind kind = Kind::kPytest;
  PyRef function;
  PyRef cls;                      // the class through which it is collected; invalid for a plain function
  Name id;                        // "tests/test_x.py::TestA::test_b"
  Truth collected = Truth::kYes;  // by the default run of its root
  bool outside_test_paths =
      false;            // the only reason is `testpaths`: a command that names the path collects it
  Span uncollected_at;  // what prevents it
  std::string uncollected_why;
  Truth skipped = Truth::kNo;  // skip, skipif(True), xfail(strict=False), importorskip
  Span skipped_at;
  std::string skipped_why;
  Name skip_variable;  // skipped unknown: the environment variable that decides, where it does so alone
  bool skipped_if_set = false;  // skipped where the variable is set; else where it is not
  std::vector<Name> markers;    // names of pytest.mark.*
  uint32_t parametrized = 0;    // cases given to parametrize; 0 if none
  bool property_based = false;  // hypothesis given
  std::vector<PyRef> fixtures;  // fixture functions it needs, transitively, autouse ones too
  std::vector<TestAssertion> assertions;
  bool effective = false;     // some effective assertion depends on the project's code, data or model
  bool on_artifacts = false;  // some effective assertion depends on data or a model read from a file
  std::string defeat;         // why not effective, for a person; empty when it is
  Span defeat_at;
  std::vector<PyRef>
      project_functions;      // functions of the repository (outside tests) that it calls, transitively
  std::vector<PyRef> mocked;  // functions of the repository it replaces by a mock
  std::vector<MockedName> mocked_names;  // what it replaces that is not of the repository; sorted
};

}  // namespace mlgrade
