// Operators that a function of the project returns: what the call hands over is what the task does.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

const char kHelpers[] = R"(
from airflow.operators.python import PythonOperator

def in_cluster(name, words):
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

    return KubernetesPodOperator(task_id=name, cmds=["python", "-m", "jobs.cli"], arguments=words)

def in_python(name, function, soft=False):
    operator = PythonOperator(task_id=name, python_callable=function, soft_fail=soft)
    return operator

def label(name):
    return name.upper()
)";

Reached dag(const std::string& body) {
  return Reached({{"dags/helpers.py", kHelpers},
                  {"dags/churn.py",
                   "from airflow import DAG\nfrom helpers import in_cluster, in_python, label\n\n"
                   "def check():\n    raise ValueError\n\ndef fit():\n    return 1\n\n"
                   "with DAG('churn', schedule='@daily') as dag:\n" +
                       body},
                  {"jobs/__init__.py", ""},
                  {"jobs/cli.py", "def main():\n    return 1\n\nif __name__ == '__main__':\n    main()\n"}});
}

TEST(AirflowHelpers, ParametersStandForWhatTheyAreGiven) {
  const Reached repo =
      dag("    checked = in_python('check', check)\n    fitted = in_python('fit', function=fit)\n"
          "    pod = in_cluster('pod', ['ingest', '--day', '{{ ds }}'])\n    checked >> fitted >> pod\n");
  EXPECT_EQ(repo.runs("check"), "automatic");
  EXPECT_EQ(repo.runs("fit"), "automatic");
  EXPECT_EQ(repo.runs("main"), "automatic");
  EXPECT_TRUE(repo.gates("check", "fit"));
  EXPECT_EQ(repo.runs_command("python -m jobs.cli ingest"), "automatic");
}

const char kContainers[] = R"(
from airflow import DAG
from airflow.providers.amazon.aws.operators.ecs import EcsRunTaskOperator
from airflow.providers.docker.operators.docker import DockerOperator

def overrides_for(command):
    return {"containerOverrides": [{"name": "worker", "command": command}]}

def in_ecs(name, command):
    overrides = overrides_for(command)
    return EcsRunTaskOperator(task_id=name, task_definition="w", overrides=overrides)

with DAG("churn", schedule="@daily") as dag:
    TASK
)";

Reached container(const std::string& task) {
  std::string text = kContainers;
  return Reached({{"dags/churn.py", text.replace(text.find("TASK"), 4, task)},
                  {"jobs/__init__.py", ""},
                  {"jobs/cli.py", "def main():\n    return 1\n\nif __name__ == '__main__':\n    main()\n"}});
}

TEST(AirflowHelpers, ContainersRunTheListThatTheyAreGiven) {
  EXPECT_EQ(
      container("DockerOperator(task_id='a', image='w', command=['python', '-m', 'jobs.cli'])").runs("main"),
      "automatic");
  EXPECT_EQ(container("EcsRunTaskOperator(task_id='a', task_definition='w', overrides={'containerOverrides': "
                      "[{'name': 'w', 'command': ['-m', 'jobs.cli', 's3://b/x.csv']}]})")
                .runs("main"),
            "automatic");
  EXPECT_EQ(container("in_ecs('a', ['-m', 'jobs.cli'])").runs("main"), "automatic");
  EXPECT_EQ(container("DockerOperator(task_id='a', image='w', entrypoint=['-m', 'jobs.cli'])")
                .runs("main")
                .substr(0, 7),
            "nothing");
  EXPECT_EQ(container("EcsRunTaskOperator(task_id='a', overrides={'containerOverrides': [{'name': '-m', "
                      "'environment': ['-m', 'jobs.cli']}]})")
                .runs("main")
                .substr(0, 7),
            "nothing");
}

TEST(AirflowHelpers, TheHelpersOwnRulesHold) {
  EXPECT_EQ(dag("    in_python('check', check, soft=True)\n").runs("check"), "automatic swallowed");
}

TEST(AirflowHelpers, AFunctionThatReturnsSomethingElseIsNoTask) {
  EXPECT_EQ(dag("    label('check')\n").runs("check").substr(0, 7), "nothing");
}

}  // namespace
}  // namespace mlgrade
