// Programs that Python starts: which command it is, and what becomes of its exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/graph/graph.h"
#include "tests/support/python_project.h"
#include "tests/support/reach.h"
#include "tests/support/show_automation.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> commands_in(const std::string& text) {
  const FactStore facts = facts_of({{"a.py", "import os, sys, shlex, subprocess, asyncio\n" + text}});
  for (const AutomationFile& file : facts.automation) {
    if (file.system == "python") return show_commands(file);
  }
  return {};
}

TEST(ProgramCalls, ReadWordsAndTexts) {
  EXPECT_THAT(commands_in("subprocess.check_call(['pytest', 'a b'])\n"),
              ElementsAre("subprocess.check_call:2: pytest a b @2"));
  EXPECT_THAT(commands_in("subprocess.run('make test', shell=True, check=True)\n"),
              ElementsAre("subprocess.run:2: make test @2"));
  EXPECT_THAT(commands_in("subprocess.run(shlex.split('make test'), check=True)\n"),
              ElementsAre("subprocess.run:2: make test @2"));
  EXPECT_THAT(commands_in("subprocess.run([sys.executable, '-m', 'pytest'], check=True)\n"),
              ElementsAre("subprocess.run:2: python -m pytest @2"));
  EXPECT_THAT(
      commands_in("def f(day):\n    words = ['make', f'day-{day}']\n    subprocess.check_call(words)\n"),
      ElementsAre("subprocess.check_call:4: make day-$_ @4"));
  EXPECT_THAT(commands_in("def f(words):\n    subprocess.check_call(words)\n"), IsEmpty());
}

TEST(ProgramCalls, ReadCallsThatStandForAProgram) {
  EXPECT_THAT(commands_in("import pytest\nsys.exit(pytest.main([__file__, '-q']))\n"),
              ElementsAre("pytest.main:3: pytest a.py -q @3"));
  EXPECT_THAT(commands_in("import pytest\npytest.main()\n"),
              ElementsAre("pytest.main:3: pytest @3 swallowed"));
  EXPECT_THAT(commands_in("import runpy\nrunpy.run_path('train.py')\n"),
              ElementsAre("runpy.run_path:3: python train.py @3"));
  EXPECT_THAT(commands_in("import mlflow\nmlflow.run('.', 'train')\n"),
              ElementsAre("mlflow.run:3: mlflow run . -e train @3"));
}

TEST(ProgramCalls, LoseAFailureThatNobodyLooksAt) {
  EXPECT_THAT(commands_in("subprocess.run(['pytest'])\n"),
              ElementsAre("subprocess.run:2: pytest @2 swallowed"));
  EXPECT_THAT(commands_in("print(os.popen('pytest').read())\n"),
              ElementsAre("os.popen:2: pytest @2 swallowed"));
  EXPECT_THAT(commands_in("subprocess.run(['pytest']).check_returncode()\n"),
              ElementsAre("subprocess.run:2: pytest @2"));
  EXPECT_THAT(commands_in("if subprocess.run(['pytest']).returncode != 0:\n    sys.exit(1)\n"),
              ElementsAre("subprocess.run:2: pytest @2"));
  EXPECT_THAT(commands_in("sys.exit(subprocess.run(['pytest']).returncode)\n"),
              ElementsAre("subprocess.run:2: pytest @2"));
  EXPECT_THAT(commands_in("print(subprocess.run(['pytest'], capture_output=True).stdout.strip())\n"),
              ElementsAre("subprocess.run:2: pytest @2 swallowed"));
  EXPECT_THAT(commands_in("os.system('pytest')\n"), ElementsAre("os.system:2: pytest @2 swallowed"));
  EXPECT_THAT(commands_in("x = subprocess.run(['pytest'])\nprint(x.stdout)\n"),
              ElementsAre("subprocess.run:2: pytest @2 swallowed"));
  EXPECT_THAT(commands_in("x = subprocess.run(['pytest'])\nif x.returncode:\n    sys.exit(1)\n"),
              ElementsAre("subprocess.run:2: pytest @2"));
  EXPECT_THAT(
      commands_in("x = subprocess.run(['pytest'])\ncode = x.returncode\nif code:\n    sys.exit(code)\n"),
      ElementsAre("subprocess.run:2: pytest @2"));
  EXPECT_THAT(commands_in("sys.exit(subprocess.call(['pytest']))\n"),
              ElementsAre("subprocess.call:2: pytest @2"));
  EXPECT_THAT(commands_in("x = subprocess.run(['pytest'])\nx.check_returncode()\n"),
              ElementsAre("subprocess.run:2: pytest @2"));
}

TEST(ProgramCalls, AreReachedThroughTheCodeAroundThem) {
  const std::string job = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: python a.py\n";
  const std::string code =
      "import subprocess\n\ndef check():\n    subprocess.run(['ruff', 'check'], check=True)\n\n";
  const auto files = [&](const std::string& tail) {
    return RepoFiles{{".github/workflows/ci.yml", job}, {"a.py", code + tail}};
  };
  EXPECT_EQ(reach_of(files("if __name__ == '__main__':\n    check()\n"), "ruff"), "automatic");
  EXPECT_EQ(reach_of(files(""), "ruff"), "nothing");
  EXPECT_EQ(reach_of(files("try:\n    check()\nexcept Exception:\n    pass\n"), "ruff"),
            "automatic swallowed");
}

TEST(ProgramCalls, DoNotRunWhereATestReplacesThem) {
  const FactStore facts = facts_of({
      {"a.py", "import subprocess\n\ndef check():\n    subprocess.run(['ruff', 'check'], check=True)\n"},
      {"tests/test_a.py",
       "from unittest.mock import patch\nfrom a import check\n\n\n"
       "def test_real():\n    check()\n\n\n"
       "@patch('subprocess.run')\ndef test_replaced(run):\n    check()\n    assert run.called\n"},
  });
  const Graph graph = build_graph(facts);
  const auto runs_ruff = [&](std::string_view id) {
    for (uint32_t t = 0; t < facts.tests.size(); ++t) {
      if (facts.tests[t].id != id) continue;
      for (NodeId node : graph.closure(graph.node_of_test(t))) {
        if (graph.nodes[node].kind == NodeKind::kCommand) return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(runs_ruff("tests/test_a.py::test_real"));
  EXPECT_FALSE(runs_ruff("tests/test_a.py::test_replaced"));
}

}  // namespace
}  // namespace mlgrade
