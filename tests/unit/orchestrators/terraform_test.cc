// Terraform: resources as documents, schedules and alarms, and what applies a module.
#include "analyzer/syntax/hcl.h"
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

TEST(Hcl, BlocksStandUnderTheirTypesAndLabels) {
  const ParsedData data = parse_hcl(
      "resource \"aws_x\" \"a\" {\n  name = \"n-${var.env}\"\n  size = 3\n  on   = true\n  arn  = "
      "aws_y.b.arn\n"
      "  tags = { team = \"ml\", \"k\" : \"v\" }\n  list = [1, \"two\", aws_z.c.id]\n  none = null\n"
      "  rule {\n    id = 1\n  }\n  rule {\n    id = 2\n  }\n  text = <<-EOT\n    one\n      two\n  EOT\n}\n",
      FileId{0});
  ASSERT_EQ(data.documents.size(), 1u);
  EXPECT_TRUE(data.ok());
  const DataNode* a = data.root().at({"resource", "aws_x", "a"});
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->get("name"), "n-${var.env}");
  EXPECT_TRUE(a->find("name")->quoted);
  EXPECT_EQ(a->find("size")->as_number(), 3);
  EXPECT_EQ(a->find("on")->as_bool(), true);
  EXPECT_EQ(a->get("arn"), "aws_y.b.arn");
  EXPECT_EQ(a->at({"tags", "team"})->text, "ml");
  EXPECT_EQ(a->at({"tags", "k"})->text, "v");
  ASSERT_EQ(a->find("list")->items.size(), 3u);
  EXPECT_EQ(a->find("list")->items[2].text, "aws_z.c.id");
  EXPECT_TRUE(a->find("none")->is_null());
  ASSERT_TRUE(a->find("rule")->is_sequence());
  EXPECT_EQ(a->find("rule")->items[1].get("id"), "2");
  EXPECT_EQ(a->get("text"), "one\n  two\n");
  EXPECT_EQ(a->line_of("arn"), 5u);
}

TEST(Hcl, BrokenTextGivesWhatStandsAroundIt) {
  const ParsedData data = parse_hcl("a = 1\nresource \"x\" {{{\nb = 2\n", FileId{0});
  EXPECT_FALSE(data.ok());
  ASSERT_EQ(data.documents.size(), 1u);
  EXPECT_EQ(data.root().get("a"), "1");
}

std::string schedule(const std::string& more) {
  return "resource \"google_cloud_scheduler_job\" \"nightly\" {\n  name     = \"nightly\"\n  schedule = \"0 "
         "3 * * *\"\n" +
         more +
         "}\n\nresource \"google_cloud_run_v2_job\" \"train\" {\n  template {\n    template {\n"
         "      containers {\n        image   = \"eu.gcr.io/x/trainer\"\n        command = [\"python\", "
         "\"train.py\"]\n"
         "      }\n    }\n  }\n}\n";
}

const char kTarget[] =
    "  http_target {\n    uri = \"https://run/${google_cloud_run_v2_job.train.name}:run\"\n  }\n";
const std::pair<std::string, std::string> kTrain = {
    "train.py", "def fit():\n    return 1\n\nif __name__ == '__main__':\n    fit()\n"};

TEST(Terraform, AScheduleRunsOnceItsModuleIsApplied) {
  EXPECT_EQ(Reached({kTrain,
                     {"infra/main.tf", schedule(kTarget)},
                     on_push("terraform -chdir=infra apply -auto-approve")})
                .runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({kTrain, {"infra/main.tf", schedule(kTarget)}, on_push("terraform -chdir=infra plan")})
                .runs("fit"),
            "manual: nothing in the repository applies or deploys it: schedule 0 3 * * *");
  EXPECT_EQ(Reached({kTrain,
                     {"infra/jobs/main.tf", schedule(kTarget)},
                     {"infra/main.tf", "module \"jobs\" {\n  source = \"./jobs\"\n}\n"},
                     on_push("cd infra && terraform init && terraform apply -auto-approve")})
                .runs("fit"),
            "automatic");
}

TEST(Terraform, APausedScheduleWaitsForAPerson) {
  const Reached repo({kTrain,
                      {"infra/main.tf", schedule(std::string("  paused = true\n") + kTarget)},
                      on_push("terraform -chdir=infra apply")});
  for (uint32_t f = 0; f < repo.facts.automation.size(); ++f) {
    for (uint32_t u = 0; u < repo.facts.automation[f].units.size(); ++u) {
      if (repo.facts.automation[f].units[u].kind != UnitKind::kSchedule) continue;
      EXPECT_TRUE(repo.how(repo.graph.node_of_unit(f, u))
                      .starts_with("manual: schedule google_cloud_scheduler_job.nightly"));
    }
  }
}

TEST(Terraform, AlarmsHaveTheirMetricAndWhereTheyGo) {
  const Reached repo(Reached::Files{
      {"infra/alarms.tf",
       "resource \"aws_cloudwatch_metric_alarm\" \"errors\" {\n  metric_name         = \"Errors\"\n"
       "  comparison_operator = \"GreaterThanThreshold\"\n  threshold           = 5\n"
       "  alarm_actions       = [aws_sns_topic.alerts.arn]\n}\n"
       "resource \"aws_cloudwatch_metric_alarm\" \"quiet\" {\n  metric_name   = \"Errors\"\n"
       "  alarm_actions = []\n}\n"}});
  ASSERT_EQ(repo.facts.alerts.size(), 2u);
  EXPECT_EQ(repo.facts.alerts[0].name, "errors");
  EXPECT_EQ(repo.facts.alerts[0].system, "aws");
  EXPECT_EQ(repo.facts.alerts[0].expression, "Errors GreaterThanThreshold 5");
  EXPECT_EQ(repo.facts.alerts[0].routed, Truth::kYes);
  EXPECT_EQ(repo.facts.alerts[1].routed, Truth::kNo);
}

}  // namespace
}  // namespace mlgrade
