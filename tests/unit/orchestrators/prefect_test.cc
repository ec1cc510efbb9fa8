// Prefect: flows that are called, served, deployed, or none of these.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

std::string flow(const std::string& end) {
  return "from prefect import flow, task\n\n@task\ndef check():\n    raise ValueError\n\n@task\ndef fit():\n"
         "    return 1\n\n@flow\ndef train():\n    check()\n    fit.submit()\n\n" +
         end;
}

TEST(Prefect, AServedScheduleNeedsAProcess) {
  const std::string serve = flow("if __name__ == '__main__':\n    train.serve(name='n', cron='0 3 * * *')\n");
  EXPECT_EQ(Reached({{"flows/train.py", serve}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
  const Reached repo({{"flows/train.py", serve}, on_push("python flows/train.py")});
  EXPECT_EQ(repo.runs("fit"), "automatic");
  EXPECT_TRUE(repo.gates("check", "fit"));
}

TEST(Prefect, PausedSchedulesAndMissingOnesWaitForAPerson) {
  const std::string paused = flow("train.serve(name='n', cron='0 3 * * *', paused=True)\n");
  EXPECT_EQ(Reached({{"flows/train.py", paused}, on_push("python flows/train.py")}).runs("fit"),
            "manual: deployment n waits for a person: its schedule is paused");
  const std::string none = flow("train.deploy(name='n', work_pool_name='p')\n");
  EXPECT_EQ(Reached({{"flows/train.py", none}, on_push("python flows/train.py")}).runs("fit"),
            "manual: deployment n waits for a person: it has no schedule");
}

TEST(Prefect, ABuiltDeploymentIsAppliedLater) {
  const std::string built =
      "from prefect.deployments import Deployment\n" +
      flow("d = Deployment.build_from_flow(flow=train, name='n', schedule=CronSchedule(cron='0 3 * * *'))\n");
  EXPECT_EQ(Reached({{"train.py", built}, on_push("python train.py")}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: a schedule");
  EXPECT_EQ(Reached({{"train.py", built + "d.apply()\n"}, on_push("python train.py")}).runs("fit"),
            "automatic");
  const std::string served =
      "from prefect import serve\n" + flow("serve(train.to_deployment(name='n', cron='0 3 * * *'))\n");
  EXPECT_EQ(Reached({{"train.py", served}, on_push("python train.py")}).runs("fit"), "automatic");
}

TEST(Prefect, AFlowUnderTheMainGuardRunsWhenTheFileDoes) {
  const std::string main = flow("if __name__ == '__main__':\n    train()\n");
  EXPECT_EQ(Reached({{"flows/train.py", main}, on_push("python flows/train.py")}).runs("fit"), "automatic");
  EXPECT_TRUE(Reached({{"flows/train.py", main}}).runs("fit").starts_with("nothing: "));
}

TEST(Prefect, ImportingAFlowRunsNothing) {
  EXPECT_TRUE(Reached({{"train.py", flow("")}, {"x.py", "import train\n"}, on_push("python x.py")})
                  .runs("fit")
                  .starts_with("nothing: "));
}

TEST(Prefect, DeclaredDeploymentsRunByTheirSchedule) {
  const std::string yaml =
      "deployments:\n  - name: nightly\n    entrypoint: flows/train.py:train\n    schedules:\n"
      "      - cron: 0 3 * * *\n        active: true\n";
  const std::pair<std::string, std::string> code = {"flows/train.py", flow("")};
  EXPECT_EQ(Reached({code, {"prefect.yaml", yaml}}).runs("fit"), "automatic");
  std::string inactive = yaml;
  inactive.replace(inactive.find("true"), 4, "false");
  EXPECT_EQ(Reached({code, {"prefect.yaml", inactive}, on_push("prefect deploy --all")}).runs("fit"),
            "manual: deployment nightly waits for a person: its schedule is not active");
  EXPECT_EQ(Reached({code, {"prefect.yaml", inactive}, on_push("prefect deployment run train/nightly")})
                .runs("fit"),
            "automatic");
}

}  // namespace
}  // namespace mlgrade
