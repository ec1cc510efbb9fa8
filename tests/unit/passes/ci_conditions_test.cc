// What code can know of being run by CI, and what it leaves out then.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "analyzer/passes/pass.h"

namespace mlgrade {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

const std::pair<std::string, std::string> kGithub = {
    ".github/workflows/ci.yml", "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: pytest\n"};
const std::pair<std::string, std::string> kGitlab = {".gitlab-ci.yml", "t:\n  script: [pytest]\n"};

// Whether a test that is marked with this condition is skipped.
Truth skipped_if(const std::string& condition, Files files = {kGithub}) {
  files.emplace_back("tests/test_a.py",
                     "import os\nimport pytest\nfrom os import getenv\n@pytest.mark.skipif(" + condition +
                         ", reason='x')\ndef test_a():\n    assert f()\n");
  const FactStore facts = collect_facts(memory_repo(std::move(files)), 1);
  return facts.tests.size() == 1 ? facts.tests[0].skipped : Truth::kUnknown;
}

TEST(CiConditions, MarksThatAskForCi) {
  for (const char* always :
       {"os.getenv('CI')", "os.getenv('CI') == 'true'", "os.environ.get('CI', '') != ''",
        "'CI' in os.environ", "getenv('CI') is not None", "bool(os.environ.get('CI'))", "os.environ['CI']",
        "os.getenv('GITHUB_ACTIONS', 'false').lower() == 'true'", "not 'CI' not in os.environ"}) {
    EXPECT_EQ(skipped_if(always), Truth::kYes) << always;
  }
  for (const char* never : {"not os.getenv('CI')", "os.getenv('CI') != 'true'", "'CI' not in os.environ",
                            "os.getenv('CI') is None", "os.getenv('CI') == '1'"}) {
    EXPECT_EQ(skipped_if(never), Truth::kNo) << never;
  }
  for (const char* unknown : {"os.getenv('RUN_SLOW')", "os.getenv('CI') and os.getenv('X')",
                              "os.getenv('CI') == 'true' and slow", "os.getenv(name)"}) {
    EXPECT_EQ(skipped_if(unknown), Truth::kUnknown) << unknown;
  }
}

TEST(CiConditions, DependOnTheSystemsThatAreThere) {
  EXPECT_EQ(skipped_if("os.getenv('CI')", {}), Truth::kUnknown);
  EXPECT_EQ(skipped_if("os.getenv('CI')", {kGitlab}), Truth::kYes);
  EXPECT_EQ(skipped_if("os.getenv('CI')", {kGithub, kGitlab}), Truth::kYes);
  EXPECT_EQ(skipped_if("os.getenv('GITHUB_ACTIONS')", {kGithub, kGitlab}), Truth::kUnknown);
  EXPECT_EQ(skipped_if("os.getenv('GITLAB_CI')", {kGitlab}), Truth::kYes);
  // A workflow that only a person starts tells of no CI.
  EXPECT_EQ(skipped_if("os.getenv('CI')", {{".github/workflows/a.yml", "on: workflow_dispatch\njobs: {}\n"}}),
            Truth::kUnknown);
}

TEST(CiConditions, TestsThatSkipThemselves) {
  auto skipped = [](const std::string& body) {
    const FactStore facts =
        collect_facts(memory_repo({kGithub,
                                   {"tests/test_a.py",
                                    "import os\nimport pytest\nCI = os.getenv('CI') == 'true'\n"
                                    "def test_a():\n" +
                                        body + "    assert f()\n"}}),
                      1);
    return facts.tests.at(0).skipped;
  };
  EXPECT_EQ(skipped("    if os.getenv('CI'):\n        pytest.skip('x')\n"), Truth::kYes);
  EXPECT_EQ(skipped("    if CI:\n        pytest.skip('x')\n"), Truth::kYes);
  EXPECT_EQ(skipped("    if not CI:\n        pytest.skip('x')\n"), Truth::kNo);
  EXPECT_EQ(skipped("    if CI:\n        pass\n    else:\n        pytest.skip('x')\n"), Truth::kNo);
  EXPECT_EQ(skipped("    if os.getenv('GPU'):\n        pytest.skip('x')\n"), Truth::kUnknown);
}

TEST(CiConditions, MarkBlocksThatNeverRun) {
  const FactStore facts =
      collect_facts(memory_repo({kGithub,
                                 {"train.py",
                                  "import os\nif False:\n    a()\nif not os.getenv('CI'):\n    b()\nelse:\n  "
                                  "  c()\nif x:\n    d()\n"}}),
                    1);
  const PythonModule& module = facts.python.at(0);
  auto dead = [&](std::string_view callee) {
    for (const PyCall& call : module.calls) {
      if (call.callee == callee) return module.dead_block(call.block) != kNone;
    }
    ADD_FAILURE() << callee;
    return false;
  };
  EXPECT_TRUE(dead("a"));
  EXPECT_TRUE(dead("b"));
  EXPECT_FALSE(dead("c"));
  EXPECT_FALSE(dead("d"));
}

}  // namespace
}  // namespace mlgrade
