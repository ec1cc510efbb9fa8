// Flyte, Kedro and Luigi.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

const char kFirst[] =
    "from flytekit import task, workflow, LaunchPlan, CronSchedule\n\n@task\ndef check():\n    raise "
    "ValueError\n\n"
    "@task(cache=True)\ndef fit():\n    return 1\n\n@workflow\ndef train():\n    check()\n    fit()\n\n"
    "LaunchPlan.get_or_create(workflow=train, name='nightly', schedule=CronSchedule(schedule='0 3 * * *'))\n";

TEST(Flyte, ALaunchPlanRunsOnceItIsActive) {
  EXPECT_EQ(
      Reached({{"wf/train.py", kFirst}, on_push("pyflyte register --activate-launchplans wf")}).runs("fit"),
      "automatic");
  EXPECT_EQ(Reached({{"wf/train.py", kFirst}, on_push("pyflyte register wf")}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
  EXPECT_EQ(Reached({{"wf/train.py", kFirst}, on_push("pyflyte run --remote wf/train.py train")}).runs("fit"),
            "automatic");
}

std::string second(const std::string& options) {
  return "import flyte\n\nenv = flyte.TaskEnvironment(name='e')\n\n"
         "@env.task(triggers=[flyte.Trigger(name='t', automation=flyte.Cron('0 3 * * *')" +
         options + ")])\ndef train():\n    return fit()\n\n@env.task\ndef fit():\n    return 1\n";
}

TEST(Flyte, TriggersOfVersionTwoActWhenTheyAreDeployed) {
  EXPECT_EQ(Reached({{"train.py", second("")}, on_push("flyte deploy train.py env")}).runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({{"train.py", second(", auto_activate=False")}, on_push("flyte deploy train.py env")})
                .runs("fit"),
            "manual: schedule train waits for a person: auto_activate=False");
  EXPECT_EQ(Reached({{"train.py", second("")}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
}

TEST(Kedro, RunReachesTheFunctionsOfItsNodes) {
  const std::vector<std::pair<std::string, std::string>> files = {
      {"src/p/pipelines/train/nodes.py",
       "def check(rows):\n    assert rows\n    return rows\n\ndef fit(rows):\n    return rows\n"},
      {"src/p/pipelines/train/__init__.py", ""},
      {"src/p/pipelines/__init__.py", ""},
      {"src/p/__init__.py", ""},
      {"src/p/pipelines/train/pipeline.py",
       "from kedro.pipeline import Pipeline, node\nfrom .nodes import check, fit\n\n\ndef "
       "create_pipeline(**kwargs):\n"
       "    return Pipeline([node(func=check, inputs='raw', outputs='rows', name='check'),\n"
       "                     node(fit, ['rows'], 'model')])\n"}};
  const auto with = [&](const std::string& command) {
    auto all = files;
    all.push_back(on_push(command));
    return Reached(std::move(all));
  };
  EXPECT_EQ(with("kedro run").runs("fit"), "automatic");
  EXPECT_TRUE(with("kedro run").gates("check", "fit"));
  EXPECT_EQ(with("kedro run --pipeline train").runs("fit"), "automatic");
  EXPECT_TRUE(with("kedro run --pipeline score").runs("fit").starts_with("nothing: "));
  EXPECT_TRUE(with("kedro viz").runs("fit").starts_with("nothing: "));
}

TEST(Luigi, TasksRunByNameAndByBuild) {
  const std::string tasks =
      "import luigi\n\nclass Train(luigi.Task):\n    def requires(self):\n        return Check()\n\n"
      "    def run(self):\n        return 1\n\n\nclass Check(luigi.Task):\n    def run(self):\n        raise "
      "ValueError\n";
  EXPECT_EQ(Reached({{"tasks.py", tasks}, on_push("luigi --module tasks Train --local-scheduler")})
                .runs("Check.run"),
            "automatic");
  EXPECT_EQ(Reached({{"tasks.py", tasks + "\nif __name__ == '__main__':\n    luigi.build([Train()])\n"},
                     on_push("python tasks.py")})
                .runs("Train.run"),
            "automatic");
  EXPECT_TRUE(
      Reached({{"tasks.py", tasks}, on_push("python tasks.py")}).runs("Train.run").starts_with("nothing: "));
}

}  // namespace
}  // namespace mlgrade
