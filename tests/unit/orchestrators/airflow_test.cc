// Airflow: what a schedule comes to, in which order, and what lets a failure go by.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

const char kOperators[] = R"(
from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.operators.bash import BashOperator
from checks import validate

def train():
    fit()

def fit():
    return 1

with DAG("churn", schedule_interval="@daily") as dag:
    check = PythonOperator(task_id="check", python_callable=validate)
    fitted = PythonOperator(task_id="train", python_callable=train)
    push = BashOperator(task_id="push", bash_command="python deploy.py --date {{ ds }}")
    check >> fitted >> push
)";

const char kChecks[] = "def validate():\n    raise ValueError\n";
const char kDeploy[] = "def main():\n    return 1\n\nif __name__ == '__main__':\n    main()\n";

std::string with(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Reached operators(const std::string& dag, const std::string& path = "dags/churn.py") {
  return Reached({{path, dag}, {"dags/checks.py", kChecks}, {"deploy.py", kDeploy}});
}

TEST(Airflow, ScheduleReachesFunctionsAndCommandsInOrder) {
  const Reached repo = operators(kOperators);
  EXPECT_EQ(repo.runs("validate"), "automatic");
  EXPECT_EQ(repo.runs("fit"), "automatic");
  EXPECT_EQ(repo.runs("main"), "automatic");
  EXPECT_TRUE(repo.gates("validate", "train"));
  EXPECT_FALSE(repo.gates("train", "validate"));
}

TEST(Airflow, SaysWhyNothingStartsADag) {
  EXPECT_EQ(operators(with(kOperators, "\"@daily\"", "None")).runs("fit"),
            "manual: started by hand only: the schedule is None");
  EXPECT_EQ(operators(with(kOperators, "\"@daily\"", "\"@daily\", is_paused_upon_creation=True")).runs("fit"),
            "manual: started by hand only: the DAG is paused (is_paused_upon_creation=True)");
  EXPECT_EQ(operators(with(kOperators, "\"@daily\"", "SCHEDULE")).runs("fit"), "automatic maybe");
  EXPECT_EQ(operators("SCHEDULE = None\n" + with(kOperators, "\"@daily\"", "SCHEDULE")).runs("fit"),
            "manual: started by hand only: the schedule is None");
}

TEST(Airflow, ADagFileThatNothingHandsOverWaitsForAPerson) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"jobs/churn.py", with(kOperators, "from checks", "from jobs.checks")}, {"jobs/checks.py", kChecks}};
  EXPECT_EQ(Reached(files).runs("fit"),
            "manual: nothing in the repository applies or deploys it: schedule @daily");
  std::vector<std::pair<std::string, std::string>> mounted = files;
  mounted.emplace_back(
      "compose.yml", "services:\n  airflow:\n    image: a\n    volumes:\n      - ./jobs:/opt/airflow/dags\n");
  EXPECT_EQ(Reached(mounted).runs("fit"), "automatic");
}

TEST(Airflow, TriggerRulesAndSoftFailLetFailuresGoBy) {
  const Reached careless =
      operators(with(kOperators, "task_id=\"train\"", "task_id=\"train\", trigger_rule=\"all_done\""));
  EXPECT_FALSE(careless.gates("validate", "train"));
  EXPECT_EQ(careless.runs("validate"), "automatic reporting");
  const Reached soft = operators(with(kOperators, "task_id=\"check\"", "task_id=\"check\", soft_fail=True"));
  EXPECT_EQ(soft.runs("validate"), "automatic swallowed");
}

TEST(Airflow, TasksBesideEachOtherGateNothing) {
  const Reached repo = operators(with(kOperators, "check >> fitted >> push", "[check, fitted] >> push"));
  EXPECT_FALSE(repo.gates("validate", "train"));
  EXPECT_EQ(repo.runs("validate"), "automatic");
}

const char kTaskflow[] = R"(
from airflow.sdk import dag, task

@task
def extract():
    return 1

@task(trigger_rule="all_success")
def train(rows):
    return rows

@task.branch
def decide(model):
    return "x"

@dag(schedule="@weekly")
def weekly():
    decide(train(extract()))

weekly()
)";

TEST(Airflow, DecoratedTasksRunWithTheDagOnly) {
  const Reached repo(Reached::Files{{"dags/weekly.py", kTaskflow}});
  EXPECT_EQ(repo.runs("extract"), "automatic");
  EXPECT_EQ(repo.runs("decide"), "automatic");
  EXPECT_TRUE(repo.gates("extract", "train"));
  EXPECT_EQ(Reached({{"dags/weekly.py", with(kTaskflow, "(schedule=\"@weekly\")", "")}}).runs("train"),
            "manual: started by hand only: the DAG has no schedule");
}

TEST(Airflow, ATestThatImportsADagRunsNoTask) {
  const std::string test =
      "from dags.weekly import weekly\n\ndef test_dag():\n    assert weekly() is not None\n";
  const Reached repo({{"dags/__init__.py", ""},
                      {"dags/weekly.py", with(kTaskflow, "\"@weekly\"", "None")},
                      {"tests/test_dag.py", test},
                      on_push("pytest")});
  EXPECT_EQ(repo.runs("weekly"), "automatic");
  EXPECT_EQ(repo.runs("train"), "manual: started by hand only: the schedule is None");
}

TEST(Airflow, CommandsStartDags) {
  const std::string dag = with(kTaskflow, "\"@weekly\"", "None");
  EXPECT_EQ(Reached({{"dags/weekly.py", dag}, on_push("airflow dags trigger weekly")}).runs("train"),
            "automatic");
  EXPECT_EQ(Reached({{"dags/weekly.py", dag}, on_push("airflow dags trigger other")}).runs("train"),
            "manual: started by hand only: the schedule is None");
}

TEST(Airflow, ADagStartsAnother) {
  const std::string first =
      "from airflow import DAG\nfrom airflow.operators.trigger_dagrun import TriggerDagRunOperator\n"
      "with DAG('first', schedule='@daily'):\n    TriggerDagRunOperator(task_id='t', "
      "trigger_dag_id='weekly')\n";
  EXPECT_EQ(Reached({{"dags/weekly.py", with(kTaskflow, "\"@weekly\"", "None")}, {"dags/first.py", first}})
                .runs("train"),
            "automatic");
}

}  // namespace
}  // namespace mlgrade
