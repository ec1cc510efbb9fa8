// ZenML: calling a pipeline runs it; a schedule needs code that runs.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

std::string pipeline(const std::string& end) {
  return "from zenml import pipeline, step\nfrom zenml.config.schedule import Schedule\n\n@step\ndef "
         "check():\n"
         "    raise ValueError\n\n@step\ndef fit():\n    return 1\n\n@pipeline(enable_cache=False)\n"
         "def train():\n    check()\n    fit()\n\n" +
         end;
}

TEST(Zenml, CallingThePipelineRunsItsSteps) {
  const std::string call = pipeline("if __name__ == '__main__':\n    train()\n");
  const Reached repo({{"run.py", call}, on_push("python run.py")});
  EXPECT_EQ(repo.runs("fit"), "automatic");
  EXPECT_TRUE(repo.gates("check", "fit"));
  EXPECT_TRUE(Reached({{"run.py", call}}).runs("fit").starts_with("nothing: "));
  EXPECT_TRUE(Reached({{"run.py", call}, {"a.py", "import run\n"}, on_push("python a.py")})
                  .runs("fit")
                  .starts_with("nothing: "));
}

TEST(Zenml, AScheduleNeedsCodeThatRuns) {
  const std::string scheduled =
      pipeline("train.with_options(schedule=Schedule(cron_expression='0 3 * * *'))()\n");
  EXPECT_EQ(Reached({{"run.py", scheduled}, on_push("python run.py")}).runs("fit"), "automatic");
  EXPECT_EQ(Reached({{"run.py", scheduled}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
}

TEST(Zenml, TheCommandNamesThePipeline) {
  EXPECT_EQ(Reached({{"flows/run.py", pipeline("")},
                     {"flows/__init__.py", ""},
                     on_push("zenml pipeline run flows.run.train --stack prod")})
                .runs("fit"),
            "automatic");
}

}  // namespace
}  // namespace mlgrade
