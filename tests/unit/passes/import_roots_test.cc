// Where an import is found: by PYTHONPATH, below a folder around the file, and past a package that has
// nothing of what is asked.
#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

const char kRows[] = "def clean(rows):\n    return rows\n";

TextFiles lab(TextFiles more) {
  TextFiles files = {{"study/lab/lib/rows.py", kRows},
                     {"jobs/daily/train.py", "from lib.rows import clean\n\nclean([])\n"}};
  files.insert(files.end(), more.begin(), more.end());
  return files;
}

TEST(ImportRoots, PythonPathNamesThem) {
  const std::string drone =
      "kind: pipeline\nenvironment:\n  PYTHONPATH: /drone/src/study/lab\nsteps:\n  - commands: [python "
      "x.py]\n";
  const TextFiles ways[] = {
      {{".drone.yml", drone}},
      {{".github/workflows/ci.yml",
        "on: push\nenv:\n  PYTHONPATH: ${{ github.workspace }}/study/lab\njobs: {}\n"}},
      {{"docker-compose.yml", "services:\n  a:\n    environment:\n      - PYTHONPATH=/code/study/lab:/x\n"}},
      {{"k8s.yaml",
        "kind: Pod\nspec:\n  containers:\n    - env:\n        - name: PYTHONPATH\n          value: "
        "/app/study/lab\n"}},
      {{"study/Dockerfile", "FROM python\nENV PYTHONPATH=/app/lab\n"}},
      {{"run.sh", "export PYTHONPATH=\"$PWD/study/lab\"\npython jobs/daily/train.py\n"}}};
  for (const TextFiles& way : ways) {
    EXPECT_EQ(runs(facts_of(lab(way)), "jobs/daily/train.py", "clean"), "lib.rows.clean") << way[0].first;
  }
  EXPECT_EQ(runs(facts_of(lab({})), "jobs/daily/train.py", "clean"), "");
  EXPECT_EQ(
      runs(facts_of(lab({{"run.sh", "export PYTHONPATH=/opt/tools\n"}})), "jobs/daily/train.py", "clean"),
      "");
}

TEST(ImportRoots, AFolderAroundTheFileMayBeOne) {
  const std::string train = "from lib.rows import clean\n\nclean([])\n";
  EXPECT_EQ(runs(facts_of({{"lab/lib/rows.py", kRows}, {"lab/jobs/daily/train.py", train}}),
                 "lab/jobs/daily/train.py", "clean"),
            "lib.rows.clean");
  // Two of them: which one is on the path is not known.
  EXPECT_EQ(runs(facts_of({{"lab/lib/rows.py", kRows},
                           {"lab/jobs/lib/rows.py", kRows},
                           {"lab/jobs/daily/train.py", train}}),
                 "lab/jobs/daily/train.py", "clean"),
            "");
}

TEST(ImportRoots, APackageWithoutTheNameIsNotTheOneThatIsMeant) {
  const std::string dag =
      "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n\n"
      "DAG('x')\nBashOperator()\n";
  const FactStore library = facts_of({{"airflow/__init__.py", ""}, {"airflow/dags/x.py", dag}});
  EXPECT_EQ(target_of(library, "airflow/dags/x.py", "DAG"), "airflow.DAG");
  EXPECT_EQ(target_of(library, "airflow/dags/x.py", "BashOperator"), "airflow.operators.bash.BashOperator");
  const FactStore own =
      facts_of({{"airflow/__init__.py", "def DAG(name):\n    return name\n"}, {"airflow/dags/x.py", dag}});
  EXPECT_EQ(runs(own, "airflow/dags/x.py", "DAG"), "airflow.DAG");
}

TEST(ImportRoots, BothArmsOfAConditionalCalleeAreCalled) {
  const FactStore facts =
      facts_of({{"a.py",
                 "def daily(rows):\n    return rows\n\ndef hourly(rows):\n    return rows\n\n"
                 "def train(rows, grain):\n    return (daily if grain == 'D' else hourly)(rows)\n"}});
  EXPECT_EQ(runs(facts, "a.py", "daily"), "a.daily");
  EXPECT_EQ(runs(facts, "a.py", "hourly"), "a.hourly");
  EXPECT_EQ(module_at(facts, "a.py").calls.size(), 2u);
}

}  // namespace
}  // namespace mlgrade
