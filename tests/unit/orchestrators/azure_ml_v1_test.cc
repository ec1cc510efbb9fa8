// The first SDK of Azure ML: defined only, submitted, published, scheduled, told by a document.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

std::string steps(const std::string& end) {
  return R"(from azureml.core import Experiment, Workspace
from azureml.data import OutputFileDatasetConfig
from azureml.pipeline.core import Pipeline, Schedule, ScheduleRecurrence
from azureml.pipeline.steps import CommandStep, PythonScriptStep

ws = Workspace.from_config()
raw = OutputFileDatasetConfig(name="raw")
check_step = PythonScriptStep(name="check", script_name="src/check.py", source_directory=".", outputs=[raw])
raw_input = raw.as_input(name="raw")
fit_step = CommandStep(
    name="fit",
    command=(
        "python -m src.fit "
        f"rows={raw_input.arg_val}"
    ),
    source_directory=".",
    inputs=[raw_input],
)
report_step = PythonScriptStep(name="report", script_name="report.py", source_directory="src")
report_step.run_after(fit_step)
)" + end;
}

const char kPipeline[] = "pipeline = Pipeline(workspace=ws, steps=[check_step, fit_step, report_step])\n";
const char kSubmit[] = "run = Experiment(ws, 'churn').submit(pipeline)\n";

Reached repo(const std::string& end, Reached::Files more = {}) {
  Reached::Files files = {
      {"cloud/train.py", steps(end)},
      {"src/__init__.py", ""},
      {"src/check.py", "def check():\n    raise ValueError\n\nif __name__ == '__main__':\n    check()\n"},
      {"src/fit.py", "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n"},
      {"src/report.py", "def report():\n    return 1\n\nif __name__ == '__main__':\n    report()\n"}};
  files.insert(files.end(), more.begin(), more.end());
  return Reached(files);
}

TEST(AzureMlV1, ASubmissionRunsTheStepsInOrder) {
  const Reached found = repo(std::string(kPipeline) + kSubmit, {on_push("python cloud/train.py")});
  EXPECT_EQ(found.runs("check"), "automatic");
  EXPECT_EQ(found.runs("fit"), "automatic");
  EXPECT_EQ(found.runs("report"), "automatic");
  EXPECT_TRUE(found.gates("check", "fit"));
  EXPECT_TRUE(found.gates("fit", "report"));
  EXPECT_FALSE(found.gates("fit", "check"));
}

TEST(AzureMlV1, DefiningOrPublishingRunsNothing) {
  EXPECT_EQ(repo(kPipeline, {on_push("python cloud/train.py")}).runs("fit"),
            "nothing: it is only defined, nothing submits it");
  EXPECT_EQ(
      repo(std::string(kPipeline) + "pipeline.publish(name='churn')\n", {on_push("python cloud/train.py")})
          .runs("fit"),
      "nothing: the pipeline is only published, nothing starts it");
}

TEST(AzureMlV1, WhatIsPublishedMayBeSubmitted) {
  EXPECT_EQ(repo(std::string(kPipeline) +
                     "published = pipeline.publish(name='churn')\npublished.submit(ws, 'churn')\n",
                 {on_push("python cloud/train.py")})
                .runs("fit"),
            "automatic");
}

TEST(AzureMlV1, AScheduleWaitsForWhoMakesIt) {
  const std::string schedule =
      std::string(kPipeline) +
      "published = pipeline.publish(name='churn')\n"
      "Schedule.create(ws, name='daily', pipeline_id=published.id, experiment_name='churn',\n"
      "                recurrence=ScheduleRecurrence(frequency='Day', interval=1))\n";
  EXPECT_EQ(repo(schedule).runs("fit"),
            "manual: nothing in the repository applies or deploys it: a recurrence");
  EXPECT_EQ(repo(schedule, {on_push("python cloud/train.py")}).runs("fit"), "automatic");
}

TEST(AzureMlV1, ADocumentedTargetIsAPersons) {
  const std::string submitted = std::string(kPipeline) + kSubmit;
  const std::pair<std::string, std::string> make = {"Makefile", "train_cloud:\n\tpython cloud/train.py\n"};
  EXPECT_EQ(repo(submitted, {make, {"README.md", "# Train\n\n```bash\nmake train_cloud\n```\n"}})
                .runs("fit")
                .substr(0, 6),
            "manual");
  EXPECT_EQ(
      repo(submitted, {{"README.md", "# Train\n\nRun `python cloud/train.py`.\n"}}).runs("fit").substr(0, 6),
      "manual");
  EXPECT_EQ(repo(submitted, {make, {"README.md", "# Train\n\n```bash\nmake train_cloudy\n```\n"}})
                .runs("fit")
                .substr(0, 7),
            "nothing");
}

TEST(AzureMlV1, AScriptRunIsSubmittedByItself) {
  const std::string run =
      "from azureml.core import Experiment, ScriptRunConfig, Workspace\n\n"
      "config = ScriptRunConfig(source_directory='src', script='fit.py', arguments=['--rows', 1])\n";
  EXPECT_EQ(Reached({{"go.py", run + "Experiment(Workspace.from_config(), 'x').submit(config)\n"},
                     {"src/fit.py", "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n"},
                     on_push("python go.py")})
                .runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({{"go.py", run},
                     {"src/fit.py", "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n"},
                     on_push("python go.py")})
                .runs("fit"),
            "nothing: it is only defined, nothing submits it");
}

}  // namespace
}  // namespace mlgrade
