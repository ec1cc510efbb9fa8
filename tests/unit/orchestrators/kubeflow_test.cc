// Kubeflow and Vertex pipelines: compiled only, submitted, scheduled.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

std::string pipeline(const std::string& end) {
  return "from kfp import dsl, compiler\nimport kfp\n\n@dsl.component\ndef check() -> int:\n    raise "
         "ValueError\n\n"
         "@dsl.component\ndef fit(n: int):\n    print(n)\n\n@dsl.component\ndef report():\n    print(1)\n\n"
         "@dsl.pipeline(name='p')\ndef train():\n    checked = check()\n    fit(n=checked.output)\n    "
         "report()\n\n" +
         end;
}

TEST(Kubeflow, CompilingRunsNothing) {
  const std::string compiled = pipeline("compiler.Compiler().compile(train, 'p.yaml')\n");
  EXPECT_EQ(Reached({{"p.py", compiled}, on_push("python p.py")}).runs("fit"),
            "nothing: the pipeline is only compiled, nothing submits it");
  EXPECT_EQ(Reached({{"p.py", pipeline("")}, on_push("python p.py")}).runs("fit"),
            "nothing: nothing compiles or submits the pipeline");
}

TEST(Kubeflow, ASubmissionRunsWhatDependsOnWhatInOrder) {
  const Reached repo(
      {{"p.py", pipeline("kfp.Client().create_run_from_pipeline_func(train)\n")}, on_push("python p.py")});
  EXPECT_EQ(repo.runs("fit"), "automatic");
  EXPECT_TRUE(repo.gates("check", "fit"));
  EXPECT_FALSE(repo.gates("check", "report"));
}

TEST(Kubeflow, ARecurringRunIsMadeByCodeThatRuns) {
  const std::string recurring = pipeline(
      "compiler.Compiler().compile(pipeline_func=train, package_path='p.yaml')\n"
      "client = kfp.Client()\nclient.create_recurring_run(experiment_id='e', job_name='j',\n"
      "    cron_expression='0 3 * * *', pipeline_package_path='p.yaml')\n");
  EXPECT_EQ(Reached({{"p.py", recurring}, on_push("python p.py")}).runs("fit"), "automatic");
  EXPECT_EQ(Reached({{"p.py", recurring}}).runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 3 * * *");
}

TEST(Kubeflow, VertexJobsAreFoundByTheirTemplate) {
  const std::string compiled = pipeline("compiler.Compiler().compile(train, 'out/p.json')\n");
  const std::string submit =
      "from google.cloud import aiplatform\n\njob = aiplatform.PipelineJob(display_name='p', "
      "template_path='p.json')\n";
  EXPECT_EQ(Reached({{"p.py", compiled}, {"go.py", submit + "job.submit()\n"}, on_push("python go.py")})
                .runs("fit"),
            "automatic");
  EXPECT_EQ(Reached({{"p.py", compiled},
                     {"go.py", submit + "job.create_schedule(cron='0 1 * * *', display_name='s')\n"}})
                .runs("fit"),
            "manual: nothing in the repository applies or deploys it: cron 0 1 * * *");
  EXPECT_EQ(Reached({{"p.py", compiled}, {"go.py", submit}, on_push("python go.py")}).runs("fit"),
            "nothing: the pipeline is only compiled, nothing submits it");
}

TEST(Kubeflow, CommandsOfContainersAreRead) {
  const std::string container =
      "from kfp import dsl\nimport kfp\n\n@dsl.container_component\ndef check():\n"
      "    return dsl.ContainerSpec(image='x', command=['python', 'check.py'])\n\n"
      "@dsl.pipeline\ndef p():\n    check()\n\nkfp.Client().create_run_from_pipeline_func(p)\n";
  EXPECT_EQ(Reached({{"p.py", container}, on_push("python p.py")}).runs_command("python check.py"),
            "automatic");
}

}  // namespace
}  // namespace mlgrade
