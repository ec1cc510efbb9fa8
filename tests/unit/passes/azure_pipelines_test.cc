// Azure Pipelines: what starts a pipeline, in which order its parts run, and what becomes of failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/passes/azure/expressions.h"
#include "tests/support/file_pass.h"
#include "tests/support/reach.h"
#include "tests/support/show_automation.h"

namespace mlgrade {
namespace passes {
extern const FilePass azure_pipelines;
}

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPath = "azure-pipelines.yml";

AutomationFile read(std::string text, std::string path = kPath) {
  FileFacts facts = run_pass(passes::azure_pipelines, source_file(std::move(path), std::move(text)));
  return facts.automation.empty() ? AutomationFile{} : facts.automation.front();
}

std::string reached(const std::string& text, std::string_view program) {
  return reach_of({{kPath, text}}, program);
}

TEST(AzurePipelines, StartOnPushesUnlessSwitchedOff) {
  const std::string steps = "pool: {vmImage: ubuntu-latest}\nsteps:\n- script: pytest\n";
  EXPECT_EQ(reached(steps, "pytest"), "automatic");
  EXPECT_EQ(reached("trigger: [main]\n" + steps, "pytest"), "automatic");
  EXPECT_EQ(reached("trigger:\n  branches: {include: [stage]}\npr: none\n" + steps, "pytest"),
            "automatic maybe");
  EXPECT_EQ(reached("trigger: none\npr: [main]\n" + steps, "pytest"), "automatic");
  EXPECT_EQ(reached("trigger: none\n" + steps, "pytest"), "automatic maybe");
  EXPECT_EQ(reached("trigger: none\npr: none\n" + steps, "pytest"), "manual");
  EXPECT_EQ(
      reached(
          "trigger: none\npr: none\nschedules:\n- cron: '0 3 * * *'\n  branches: {include: [main]}\n" + steps,
          "pytest"),
      "automatic");
  EXPECT_THAT(why_not({{kPath, "trigger: none\n" + steps}}, "pytest"), HasSubstr("GitHub or Bitbucket"));
}

TEST(AzurePipelines, ConvertPathFilters) {
  const AutomationFile file = read(
      "trigger:\n  branches: {include: [main, releases/*]}\n  paths: {include: [src/*, /docs], exclude: "
      "[x]}\n"
      "steps:\n- script: x\n");
  EXPECT_THAT(file.triggers.at(0).branches, ElementsAre("main", "releases/**"));
  EXPECT_THAT(file.triggers.at(0).paths, ElementsAre("src", "src/**", "docs", "docs/**"));
}

TEST(AzurePipelines, OrderStagesAndJobs) {
  const std::string text =
      "stages:\n- stage: Test\n  jobs:\n  - job: unit\n    steps:\n    - bash: pytest\n  - job: lint\n    "
      "steps:\n"
      "    - bash: ruff .\n- stage: Ship\n  jobs:\n  - deployment: prod\n    environment: production\n    "
      "strategy:\n"
      "      runOnce:\n        deploy:\n          steps:\n          - script: ./ship.sh\n";
  const AutomationFile file = read(text);
  EXPECT_THAT(show_links(file), ElementsAre("Ship needs Test"));
  EXPECT_TRUE(gates({{kPath, text}}, "pytest", "./ship.sh"));
  EXPECT_FALSE(gates({{kPath, text}}, "pytest", "ruff"));
  EXPECT_EQ(reached(text, "./ship.sh"), "automatic");
}

TEST(AzurePipelines, KnowWhatCannotFail) {
  const std::string text =
      "jobs:\n- job: a\n  continueOnError: true\n  steps:\n  - script: pytest\n- job: b\n  steps:\n"
      "  - script: mypy .\n    continueOnError: true\n  - script: |\n      tox\n      echo done\n"
      "  - script: nox\n    enabled: false\n  - script: bandit\n    condition: false\n"
      "  - script: ./notify\n    condition: failed()\n  - bash: ruff .\n    condition: always()\n";
  EXPECT_EQ(reached(text, "pytest"), "automatic swallowed");
  EXPECT_EQ(reached(text, "mypy"), "automatic swallowed");
  EXPECT_EQ(reached(text, "tox"), "automatic swallowed");  // no `set -e` here
  EXPECT_EQ(reached(text, "nox"), "nothing");
  EXPECT_EQ(reached(text, "bandit"), "nothing");
  EXPECT_EQ(reached(text, "./notify"), "automatic maybe");
  EXPECT_EQ(reached(text, "ruff"), "automatic");
}

TEST(AzurePipelines, WaitForPeople) {
  const std::string text =
      "stages:\n- stage: Ask\n  jobs:\n  - job: hold\n    pool: server\n    steps:\n    - task: "
      "ManualValidation@0\n"
      "- stage: Ship\n  jobs:\n  - job: go\n    steps:\n    - script: ./ship.sh\n- stage: Else\n  dependsOn: "
      "[]\n"
      "  jobs:\n  - job: c\n    steps:\n    - script: pytest\n";
  EXPECT_EQ(reached(text, "./ship.sh"), "manual");
  EXPECT_EQ(reached(text, "pytest"), "automatic");
}

TEST(AzurePipelines, FollowTemplates) {
  const std::string main =
      "trigger: [main]\nstages:\n- template: ci/test.yml\n  parameters: {x: 1}\n- stage: B\n"
      "  jobs:\n  - template: /ci/job.yml\n";
  const std::string stages =
      "parameters:\n- name: x\nstages:\n- stage: T\n  jobs:\n  - job: t\n    steps:\n    - "
      "template: steps.yml\n";
  const std::string steps = "steps:\n- bash: pytest\n";
  const std::string job = "jobs:\n- job: j\n  steps:\n  - bash: ./ship.sh\n";
  const RepoFiles files = {
      {kPath, main}, {"ci/test.yml", stages}, {"ci/steps.yml", steps}, {"ci/job.yml", job}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic");
  EXPECT_EQ(reach_of(files, "./ship.sh"), "automatic");
  EXPECT_TRUE(gates(files, "pytest", "./ship.sh"));
  EXPECT_EQ(reach_of({{"ci/steps.yml", steps}}, "pytest"), "nothing");
  EXPECT_THAT(dangling_of({{kPath, main}, {"ci/test.yml", stages}, {"ci/steps.yml", steps}}),
              ElementsAre("azure-pipelines.yml:7 ci/job.yml"));
}

TEST(AzurePipelines, SurviveTemplatesThatCallEachOther) {
  const RepoFiles files = {{kPath, "steps:\n- template: a.yml\n- script: pytest\n"},
                           {"a.yml", "steps:\n- template: b.yml\n"},
                           {"b.yml", "steps:\n- template: a.yml\n- script: tox\n"}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic");
  EXPECT_EQ(reach_of(files, "tox"), "automatic");
}

TEST(AzurePipelines, ReadTasks) {
  const AutomationFile file = read(
      "variables: {work: $(Build.SourcesDirectory)/ml, tests: tests/unit}\nsteps:\n- task: Bash@3\n  "
      "inputs:\n"
      "    filePath: $(Build.SourcesDirectory)/run.sh\n    arguments: -x\n- task: AzureCLI@2\n  inputs:\n"
      "    inlineScript: |\n      python train.py\n- task: PythonScript@0\n  inputs: {scriptPath: a.py}\n"
      "- task: KubernetesManifest@0\n  inputs: {action: deploy, manifests: k8s/d.yaml}\n"
      "- task: PublishTestResults@2\n  inputs: {testResultsFiles: out/*.xml}\n- bash: pytest $(tests) $(x)\n"
      "  workingDirectory: $(System.DefaultWorkingDirectory)/ml\n- task: AzureWebApp@1\n  inputs: {appName: "
      "x}\n"
      "- publish: model\n");
  const std::vector<std::string> commands = show_commands(file);
  ASSERT_EQ(commands.size(), 5u);
  EXPECT_THAT(commands[0], HasSubstr("bash run.sh -x @3"));
  EXPECT_THAT(commands[1], HasSubstr("python train.py @10"));
  EXPECT_THAT(commands[2], HasSubstr("python a.py"));
  EXPECT_THAT(commands[3], HasSubstr("kubectl apply -f k8s/d.yaml"));
  EXPECT_THAT(commands[4], HasSubstr("pytest tests/unit $(x)"));
  EXPECT_EQ(file.units.at(6).working_directory, "ml");
  ASSERT_EQ(file.actions.size(), 1u);
  EXPECT_EQ(file.actions[0].action, "azure-pipelines/AzureWebApp");
  EXPECT_EQ(file.publications.size(), 2u);
}

TEST(AzurePipelines, DecideTemplateExpressions) {
  const std::string text =
      "parameters:\n- {name: deep, default: false}\nsteps:\n- ${{ if eq(parameters.deep, true) }}:\n"
      "  - script: pytest\n- ${{ else }}:\n  - script: ruff .\n- ${{ each x in parameters.list }}:\n  - "
      "script: "
      "tox\n";
  EXPECT_EQ(reached("trigger: [main]\n" + text, "pytest"), "nothing");
  EXPECT_EQ(reached("trigger: [main]\n" + text, "ruff"), "automatic");
  EXPECT_EQ(reached("trigger: [main]\n" + text, "tox"), "automatic maybe");
}

TEST(AzurePipelines, ReadNoOtherFiles) {
  EXPECT_THAT(show_units(read("steps: [a, b]\njobs: {x: {script: 1}}\n", "x.yml")), IsEmpty());
  EXPECT_THAT(show_units(read("kind: Workflow\nspec:\n  steps:\n  - script: 1\n", "x.yml")), IsEmpty());
  for (const char* text :
       {"steps:\n- ${{ if x }}: 3\n- script: [1]\n", "stages:\n- stage: {a: 1}\n  jobs: 3\n",
        "jobs:\n- job: a\n  strategy: {runOnce: []}\n  dependsOn: a\n",
        "extends: {template: a}\nsteps:\n- template: ..\n"}) {
    read(text);
  }
}

TEST(AzureExpressions, KnowThreeAnswers) {
  const azure::Values values = {{"variables.deploy", "true"}};
  const auto push = [&](std::string_view text) { return azure::evaluate(text, values).runs[CiEvent::kPush]; };
  EXPECT_EQ(push("and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))"), Truth::kYes);
  EXPECT_EQ(push("eq(variables['Build.SourceBranch'], 'refs/heads/stage')"), Truth::kUnknown);
  EXPECT_EQ(push("eq(variables['Build.Reason'], 'PullRequest')"), Truth::kNo);
  EXPECT_EQ(push("in(variables['Build.Reason'], 'IndividualCI', 'BatchedCI')"), Truth::kYes);
  EXPECT_EQ(push("startsWith(variables['Build.SourceBranch'], 'refs/tags/')"), Truth::kNo);
  EXPECT_EQ(push("startsWith(variables['Build.SourceBranch'], 'refs/heads/')"), Truth::kYes);
  EXPECT_EQ(push("eq(variables.deploy, 'true')"), Truth::kYes);
  EXPECT_EQ(push("eq(variables.other, 'x')"), Truth::kUnknown);
  EXPECT_EQ(push("not(false)"), Truth::kYes);
  EXPECT_TRUE(azure::evaluate("always()", values).after_failure);
  EXPECT_TRUE(azure::evaluate("failed()", values).only_failure);
  for (const char* text : {"", "(", "eq(", "eq('a'", "'", "variables[", "a b", ")"}) {
    EXPECT_EQ(push(text), Truth::kUnknown) << text;
  }
  push(std::string(100'000, '('));
}

}  // namespace
}  // namespace mlgrade
