// Jobs that code or a file hands to a cloud: started, scheduled, only defined.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

const std::pair<std::string, std::string> kTrain = {
    "src/train.py", "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n"};

std::string sagemaker(const std::string& end) {
  return "from sagemaker.sklearn import SKLearn\nfrom sagemaker.workflow.pipeline import Pipeline\n"
         "from sagemaker.workflow.steps import TrainingStep\n"
         "from sagemaker.workflow.triggers import PipelineSchedule\n\n"
         "estimator = SKLearn(entry_point='train.py', source_dir='src', role='r')\n"
         "step = TrainingStep(name='train', estimator=estimator)\npipeline = Pipeline(name='p', "
         "steps=[step])\n" +
         end;
}

TEST(Sagemaker, APipelineRunsWhenItIsStarted) {
  EXPECT_EQ(Reached({kTrain,
                     {"p.py", sagemaker("pipeline.upsert(role_arn='r')\npipeline.start()\n")},
                     on_push("python p.py")})
                .runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({kTrain, {"p.py", sagemaker("pipeline.upsert(role_arn='r')\n")}, on_push("python p.py")})
                .runs("fit"),
            "nothing: the pipeline is only uploaded, nothing starts it");
  EXPECT_EQ(Reached({kTrain, {"p.py", sagemaker("")}, on_push("python p.py")}).runs("fit"),
            "nothing: the pipeline is only defined, nothing starts it");
}

TEST(Sagemaker, ASchedulePutByCodeThatRuns) {
  const std::string scheduled = sagemaker(
      "pipeline.upsert(role_arn='r')\n"
      "pipeline.put_triggers(triggers=[PipelineSchedule(name='n', cron='0 3 * * ? *')])\n");
  EXPECT_EQ(Reached({kTrain, {"p.py", scheduled}, on_push("python p.py")}).runs("fit"), "automatic");
  EXPECT_EQ(Reached({kTrain, {"p.py", scheduled}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * ? *");
}

TEST(Ray, ASubmittedJobRunsItsEntrypoint) {
  const std::string submit =
      "from ray.job_submission import JobSubmissionClient\n\nclient = "
      "JobSubmissionClient('http://127.0.0.1:8265')\n"
      "client.submit_job(entrypoint='python src/train.py')\n";
  EXPECT_EQ(Reached({kTrain, {"go.py", submit}, on_push("python go.py")}).runs("fit"), "automatic");
  EXPECT_TRUE(Reached({kTrain, {"go.py", submit}}).runs("fit").starts_with("nothing: "));
}

TEST(Tfx, ARunnerRunsTheModulesOfItsComponents) {
  const auto pipeline = [](const std::string& runner) {
    return "from tfx import v1 as tfx\n\n\ndef create():\n"
           "    trainer = tfx.components.Trainer(module_file='model.py', examples=None)\n"
           "    return tfx.dsl.Pipeline(pipeline_name='p', components=[trainer])\n\n\n"
           "if __name__ == '__main__':\n    tfx.orchestration." +
           runner + ".run(create())\n";
  };
  const std::pair<std::string, std::string> model = {"model.py",
                                                     "def run_fn(fn_args):\n    return fn_args\n"};
  EXPECT_EQ(Reached({model, {"p.py", pipeline("LocalDagRunner()")}, on_push("python p.py")}).runs("run_fn"),
            "automatic");
  EXPECT_EQ(Reached({model,
                     {"p.py", pipeline("experimental.KubeflowV2DagRunner(config=None)")},
                     on_push("python p.py")})
                .runs("run_fn"),
            "nothing: the pipeline is only uploaded, nothing starts it");
}

TEST(AzureMl, ACommandOfASubmittedJobRuns) {
  const std::string job =
      "from azure.ai.ml import MLClient, command\n\njob = command(command='python train.py --x "
      "${{inputs.x}}', code='src')\n";
  const std::string submit = "client = MLClient(None)\nclient.jobs.create_or_update(job)\n";
  EXPECT_EQ(Reached({kTrain, {"go.py", job + submit}, on_push("python go.py")}).runs("fit"), "automatic");
  EXPECT_TRUE(
      Reached({kTrain, {"go.py", job}, on_push("python go.py")}).runs("fit").starts_with("nothing: "));
}

std::string azure_schedule(const std::string& more) {
  return "$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json\nname: nightly\n" + more +
         "trigger:\n  type: cron\n  expression: '0 3 * * *'\ncreate_job: ./job.yml\n";
}

TEST(AzureMl, SchedulesInYamlRunJobsOnceTheyAreCreated) {
  const std::pair<std::string, std::string> job = {
      "ml/job.yml",
      "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncode: ../src\n"
      "command: >-\n  python train.py --rate ${{inputs.rate}}\n"};
  EXPECT_EQ(Reached({kTrain,
                     job,
                     {"ml/schedule.yml", azure_schedule("")},
                     on_push("az ml schedule create -f ml/schedule.yml")})
                .runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({kTrain, job, {"ml/schedule.yml", azure_schedule("")}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: schedule 0 3 * * *");
  EXPECT_EQ(Reached({kTrain,
                     job,
                     {"ml/schedule.yml", azure_schedule("is_enabled: false\n")},
                     on_push("az ml schedule create -f ml/schedule.yml")})
                .runs("fit"),
            "manual: schedule nightly waits for a person: is_enabled: false");
}

TEST(AzureMl, ASweepRunsItsTrial) {
  const std::string head = "$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json\n";
  const std::string sweep = "type: sweep\nsearch_space: {depth: {type: choice, values: [2, 4]}}\n";
  const auto submit = on_push("az ml job create -f ml/sweep.yml");
  EXPECT_EQ(Reached({kTrain,
                     {"ml/sweep.yml", head + sweep + "trial: {code: ../src, command: python train.py}\n"},
                     submit})
                .runs("fit"),
            "automatic");
  const std::pair<std::string, std::string> trial = {
      "ml/trial.yml",
      "$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json\n"
      "code: ../src\ncommand: python train.py\n"};
  EXPECT_EQ(
      Reached({kTrain, trial, {"ml/sweep.yml", head + sweep + "trial: ./trial.yml\n"}, submit}).runs("fit"),
      "automatic");
  EXPECT_TRUE(Reached({kTrain, trial, {"ml/sweep.yml", head + sweep + "trial: ./other.yml\n"}, submit})
                  .runs("fit")
                  .starts_with("nothing: "));
}

std::string bundle(const std::string& pause) {
  return "bundle:\n  name: b\nresources:\n  jobs:\n    nightly:\n      schedule:\n"
         "        quartz_cron_expression: 0 0 3 * * ?\n        timezone_id: UTC\n" +
         pause +
         "      tasks:\n        - task_key: check\n          spark_python_task: {python_file: src/check.py}\n"
         "        - task_key: fit\n          depends_on: [{task_key: check}]\n"
         "          spark_python_task: {python_file: ./src/train.py}\n";
}

TEST(Databricks, ABundleRunsItsTasksInOrder) {
  const std::pair<std::string, std::string> check = {
      "src/check.py", "def look():\n    raise ValueError\n\nif __name__ == '__main__':\n    look()\n"};
  const Reached repo(
      {kTrain, check, {"databricks.yml", bundle("")}, on_push("databricks bundle deploy -t prod")});
  EXPECT_EQ(repo.runs("fit"), "automatic");
  EXPECT_TRUE(repo.gates("look", "fit"));
  EXPECT_EQ(Reached({kTrain,
                     check,
                     {"databricks.yml", bundle("        pause_status: PAUSED\n")},
                     on_push("databricks bundle deploy")})
                .runs("fit"),
            "manual: deployment nightly waits for a person: schedule: pause_status: PAUSED");
  EXPECT_EQ(Reached({kTrain, check, {"databricks.yml", bundle("")}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 0 3 * * ?");
  EXPECT_EQ(Reached({kTrain,
                     check,
                     {"databricks.yml", bundle("        pause_status: PAUSED\n")},
                     on_push("databricks bundle run nightly")})
                .runs("fit"),
            "automatic");
}

TEST(Stacks, FunctionsOfASamTemplateRunOnTheirSchedule) {
  const auto stack = [](const std::string& enabled) {
    return "Transform: AWS::Serverless-2016-10-31\nResources:\n  Score:\n    Type: "
           "AWS::Serverless::Function\n"
           "    Properties:\n      Handler: app.handler\n      CodeUri: fn/\n      Role: !GetAtt Role.Arn\n"
           "      Events:\n        Nightly:\n          Type: Schedule\n          Properties:\n"
           "            Schedule: rate(1 day)\n            Enabled: " +
           enabled + "\n";
  };
  const std::pair<std::string, std::string> code = {"fn/app.py",
                                                    "def handler(event, context):\n    return 1\n"};
  EXPECT_EQ(Reached({code, {"template.yaml", stack("true")}, on_push("sam deploy")}).runs("handler"),
            "automatic");
  EXPECT_EQ(Reached({code, {"template.yaml", stack("true")}}).runs("handler"),
            "manual: nothing in the repository applies or deploys it: schedule rate(1 day)");
  EXPECT_EQ(Reached({code, {"template.yaml", stack("false")}, on_push("sam deploy")}).runs("handler"),
            "manual: deployment Score waits for a person: its schedule is not enabled");
}

}  // namespace
}  // namespace mlgrade
