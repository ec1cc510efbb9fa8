// Dagster: in Definitions or not, running or stopped, blocking or not.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

std::string assets(const std::string& end) {
  return "import dagster as dg\n\n@dg.asset\ndef rows():\n    return 1\n\n@dg.asset\ndef model(rows):\n"
         "    return rows\n\n@dg.asset_check(asset=rows, blocking=True)\ndef rows_are_whole(rows):\n"
         "    return dg.AssetCheckResult(passed=rows > 0)\n\n"
         "nightly = dg.define_asset_job('nightly', selection='*')\n\n" +
         end;
}

const char kRunning[] =
    "every = dg.ScheduleDefinition(job=nightly, cron_schedule='0 3 * * *',\n"
    "    default_status=dg.DefaultScheduleStatus.RUNNING)\n";
const char kHeld[] =
    "defs = dg.Definitions(assets=[rows, model], asset_checks=[rows_are_whole], jobs=[nightly], "
    "schedules=[every])\n";

TEST(Dagster, ARunningScheduleInDefinitionsReachesAssetsAndChecks) {
  const Reached repo({{"pkg/defs.py", assets(std::string(kRunning) + kHeld)}});
  EXPECT_EQ(repo.runs("model"), "automatic");
  EXPECT_EQ(repo.runs("rows_are_whole"), "automatic");
  EXPECT_TRUE(repo.gates("rows_are_whole", "model"));
}

TEST(Dagster, AStoppedScheduleWaitsForAPerson) {
  const std::string stopped = "every = dg.ScheduleDefinition(job=nightly, cron_schedule='0 3 * * *')\n";
  EXPECT_TRUE(Reached({{"pkg/defs.py", assets(stopped + kHeld)}}).runs("model").starts_with("manual: "));
}

TEST(Dagster, WhatNoDefinitionsHoldsIsNotThere) {
  EXPECT_EQ(Reached({{"pkg/defs.py", assets(kRunning)}}).runs("model"),
            "nothing: asset model is in no Definitions");
  const std::string without =
      std::string(kRunning) + "defs = dg.Definitions(assets=[rows], jobs=[nightly], schedules=[every])\n";
  EXPECT_EQ(Reached({{"pkg/defs.py", assets(without)}}).runs("model"),
            "nothing: asset model is in no Definitions");
}

TEST(Dagster, AssetsAreLoadedFromModules) {
  const std::string defs =
      "import dagster as dg\nfrom . import parts\nfrom .parts import nightly\n\n"
      "every = dg.ScheduleDefinition(job=nightly, cron_schedule='@daily', "
      "default_status=dg.DefaultScheduleStatus.RUNNING)\n"
      "defs = dg.Definitions(assets=dg.load_assets_from_modules([parts]), schedules=[every])\n";
  const Reached repo({{"pkg/__init__.py", ""}, {"pkg/parts.py", assets("")}, {"pkg/defs.py", defs}});
  EXPECT_EQ(repo.runs("model"), "automatic");
}

TEST(Dagster, JobsWireOpsAndCheckThatIsNotBlockingOnlyReports) {
  const std::string job =
      "from dagster import op, job, schedule, Definitions, DefaultScheduleStatus\n\n@op\ndef check():\n"
      "    raise ValueError\n\n@op\ndef fit(x):\n    return x\n\n@job\ndef train():\n    fit(check())\n\n"
      "@schedule(job=train, cron_schedule='0 1 * * *', default_status=DefaultScheduleStatus.RUNNING)\n"
      "def every(context):\n    return {}\n\ndefs = Definitions(jobs=[train], schedules=[every])\n";
  const Reached repo({{"defs.py", job}});
  EXPECT_EQ(repo.runs("fit"), "automatic");
  EXPECT_TRUE(repo.gates("check", "fit"));
  std::string loose = assets(std::string(kRunning) + kHeld);
  loose.replace(loose.find(", blocking=True"), 15, "");
  EXPECT_EQ(Reached({{"pkg/defs.py", loose}}).runs("rows_are_whole"), "automatic reporting");
}

TEST(Dagster, MaterializeRunsWhatItIsGiven) {
  const std::string test =
      "import dagster as dg\nfrom pkg.defs import rows\n\ndef test_rows():\n"
      "    assert dg.materialize([rows]).success\n";
  const Reached repo({{"pkg/__init__.py", ""},
                      {"pkg/defs.py", assets("defs = dg.Definitions(assets=[rows, model])\n")},
                      {"tests/test_rows.py", test},
                      on_push("pytest")});
  EXPECT_EQ(repo.runs("rows"), "automatic");
  EXPECT_TRUE(repo.runs("model").starts_with("manual: ")) << repo.runs("model");
}

TEST(Dagster, ImportingDefinitionsRunsNothing) {
  const Reached repo(
      {{"pkg/__init__.py", ""},
       {"pkg/defs.py", assets("")},
       {"tests/test_defs.py", "from pkg import defs\n\ndef test_it():\n    assert defs.nightly\n"},
       on_push("pytest")});
  EXPECT_EQ(repo.runs("model"), "nothing: asset model is in no Definitions");
}

}  // namespace
}  // namespace mlgrade
