// CI systems with one small reader each: a check that is reached, one that is defeated, one that nothing
// runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_pass.h"
#include "tests/support/reach.h"
#include "tests/support/show_automation.h"

namespace mlgrade {
namespace passes {
extern const FilePass appveyor;
extern const FilePass bitbucket;
extern const FilePass buildkite;
extern const FilePass cloud_build;
extern const FilePass codebuild;
extern const FilePass drone;
extern const FilePass taskcluster;
extern const FilePass tekton;
extern const FilePass travis;
}  // namespace passes

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

AutomationFile read(const FilePass& pass, std::string path, std::string text) {
  FileFacts facts = run_pass(pass, source_file(std::move(path), std::move(text)));
  return facts.automation.empty() ? AutomationFile{} : facts.automation.front();
}

TEST(Bitbucket, RunsPipelinesByWhatStartsThem) {
  const auto reached = [](const std::string& pipelines) {
    return reach_of({{"bitbucket-pipelines.yml", "pipelines:\n" + pipelines}}, "pytest");
  };
  EXPECT_EQ(reached("  default:\n  - step: {script: [pytest]}\n"), "automatic");
  EXPECT_EQ(reached("  branches:\n    main:\n    - step: {script: [pytest]}\n"), "automatic");
  EXPECT_EQ(reached("  branches:\n    stage:\n    - step: {script: [pytest]}\n"), "automatic maybe");
  EXPECT_EQ(reached("  pull-requests:\n    '**':\n    - step: {script: [pytest]}\n"), "automatic");
  EXPECT_EQ(reached("  custom:\n    nightly:\n    - step: {script: [pytest]}\n"), "manual");
  EXPECT_EQ(reached("  default:\n  - step: {trigger: manual, script: [x]}\n  - step: {script: [pytest]}\n"),
            "manual");
  EXPECT_EQ(reached("  default:\n  - step: {script: [pytest || true]}\n"), "automatic swallowed");
  EXPECT_EQ(reached("  default:\n  - step: {script: [pytest | tee x]}\n"), "automatic swallowed");
  EXPECT_EQ(reached("  default:\n  - step: {script: [a], after-script: [pytest]}\n"), "automatic swallowed");
  EXPECT_EQ(
      reach_of({{"bitbucket-pipelines.yml",
                 "definitions:\n  steps:\n  - step: &t {script: [pytest]}\npipelines:\n  default: []\n"}},
               "pytest"),
      "no command");
}

TEST(Bitbucket, KnowsAnchorsOrderAndPipes) {
  const std::string text =
      "definitions:\n  steps:\n  - step: &test\n      name: Test\n      script:\n      - pytest\n      "
      "artifacts: [out/**]\n"
      "pipelines:\n  default:\n  - parallel:\n    - step: *test\n    - step: {script: [ruff .]}\n"
      "  - step:\n      script:\n      - pipe: atlassian/aws-s3-deploy:1.1.0\n        variables: {A: b}\n    "
      "  - "
      "./ship.sh\n";
  const AutomationFile file = read(passes::bitbucket, "bitbucket-pipelines.yml", text);
  EXPECT_THAT(show_commands(file), Contains("default/1: pytest @6"));
  EXPECT_THAT(show_links(file), ElementsAre("default/3 needs default/1", "default/3 needs default/2"));
  EXPECT_EQ(file.actions.at(0).action, "atlassian/aws-s3-deploy");
  EXPECT_EQ(file.publications.at(0).path, "out/**");
  EXPECT_TRUE(gates({{"bitbucket-pipelines.yml", text}}, "pytest", "./ship.sh"));
}

TEST(Buildkite, RunsStepsInTheOrderOfWaits) {
  const std::string text =
      "steps:\n- label: test\n  key: t\n  command: pytest\n- command: ruff .\n  soft_fail: true\n- wait\n"
      "- commands:\n  - a | tee x\n  - ./ship.sh\n- command: mypy\n  depends_on: t\n- command: tox\n  skip: "
      "later\n"
      "- command: nox\n  if: build.pull_request.id == null && build.branch == 'main'\n- command: bandit\n  "
      "if: "
      "false\n"
      "- block: Release?\n- command: twine upload\n";
  const RepoFiles files = {{".buildkite/pipeline.yml", text}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic");
  EXPECT_EQ(reach_of(files, "ruff"), "automatic swallowed");
  EXPECT_EQ(reach_of(files, "a"), "automatic swallowed");
  EXPECT_EQ(reach_of(files, "tox"), "nothing");
  EXPECT_EQ(reach_of(files, "nox"), "automatic");
  EXPECT_EQ(reach_of(files, "bandit"), "nothing");
  EXPECT_EQ(reach_of(files, "twine"), "manual");
  EXPECT_TRUE(gates(files, "pytest", "./ship.sh"));
  EXPECT_TRUE(gates(files, "pytest", "mypy"));
  EXPECT_FALSE(gates(files, "ruff", "./ship.sh"));
}

TEST(Buildkite, FollowsUploads) {
  const std::string more = "steps:\n- command: pytest\n";
  EXPECT_EQ(reach_of({{".buildkite/more.yml", more}}, "pytest"), "automatic maybe");
  EXPECT_EQ(reach_of({{".buildkite/pipeline.yml",
                       "steps:\n- command: buildkite-agent pipeline upload .buildkite/more.yml\n"},
                      {".buildkite/more.yml", more}},
                     "pytest"),
            "automatic");
}

TEST(Travis, RunsPhasesOfAllJobs) {
  const std::string text =
      "language: python\npython: [3.8, 3.9]\ninstall: pip install .\nscript:\n- pytest\n- ruff "
      ".\nafter_success:\n- "
      "codecov\n"
      "jobs:\n  allow_failures:\n  - stage: try\n  include:\n  - stage: try\n    script: mypy .\n  - stage: "
      "ship\n"
      "    if: branch = main AND type = push\n    script: ./ship.sh\n  - stage: ship\n    if: type = cron\n  "
      "  "
      "script: drift\n"
      "  - if: type = nothing\n    script: never\n";
  const RepoFiles files = {{".travis.yml", text}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic");  // every line of the script counts
  EXPECT_EQ(reach_of(files, "codecov"), "automatic swallowed");
  EXPECT_EQ(reach_of(files, "mypy"), "automatic swallowed");
  EXPECT_EQ(reach_of(files, "./ship.sh"), "automatic");
  EXPECT_EQ(reach_of(files, "never"), "nothing");
  EXPECT_TRUE(gates(files, "pytest", "./ship.sh"));
  EXPECT_FALSE(gates(files, "mypy", "./ship.sh"));
}

TEST(Travis, FiltersBranches) {
  EXPECT_EQ(reach_of({{".travis.yml", "branches: {only: [main]}\nscript: pytest\n"}}, "pytest"), "automatic");
  EXPECT_EQ(reach_of({{".travis.yml", "branches: {only: [stage]}\nscript: pytest\n"}}, "pytest"),
            "automatic maybe");
  EXPECT_EQ(reach_of({{".travis.yml", "script: skip\nif: tag IS present\n"}}, "pytest"), "no command");
  EXPECT_EQ(reach_of({{"sub/.travis.yml", "script: pytest\n"}}, "pytest"), "no command");
}

TEST(Drone, RunsStepsOneAfterAnother) {
  const std::string text =
      "kind: pipeline\nname: test\nsteps:\n- name: unit\n  image: python\n  commands: [pytest]\n"
      "- name: types\n  image: python\n  failure: ignore\n  commands: [mypy .]\n- name: push\n  image: "
      "plugins/docker\n"
      "  settings: {repo: x}\n- name: tagged\n  image: x\n  commands: [tox]\n  when: {event: promote}\n"
      "---\nkind: pipeline\nname: ship\ndepends_on: [test]\ntrigger: {branch: [main], event: "
      "[push]}\nsteps:\n"
      "- name: go\n  image: x\n  commands: [./ship.sh]\n---\nkind: pipeline\nname: nightly\ntrigger: {event: "
      "[cron]}\n"
      "steps:\n- name: n\n  image: x\n  commands: [drift]\n---\nkind: pipeline\nname: off\ntrigger: {event: "
      "[rollback]}\n"
      "steps:\n- name: n\n  image: x\n  commands: [undo]\n";
  const RepoFiles files = {{".drone.yml", text}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic");
  EXPECT_EQ(reach_of(files, "mypy"), "automatic swallowed");
  EXPECT_EQ(reach_of(files, "./ship.sh"), "automatic");
  EXPECT_EQ(reach_of(files, "undo"), "manual");
  EXPECT_EQ(reach_of(files, "tox"), "manual");
  EXPECT_TRUE(gates(files, "pytest", "./ship.sh"));
  EXPECT_EQ(read(passes::drone, ".drone.yml", text).actions.at(0).action, "plugins/docker");
}

TEST(Drone, IsStartedByWhatItsPipelinesAskFor) {
  const std::string text =
      "kind: secret\nname: key\n---\nkind: pipeline\nname: train\ntrigger:\n  ref:\n  - refs/tags/train-*\n"
      "steps:\n- name: unit\n  image: python\n  commands: [pytest]\n";
  const AutomationFile file = read(passes::drone, ".drone.yml", text);
  ASSERT_EQ(file.triggers.size(), 1u);
  EXPECT_EQ(file.triggers[0].kind, TriggerKind::kTag);
  EXPECT_GT(file.triggers[0].span.line, 5u);
}

TEST(Woodpecker, ReadsConditionsInLists) {
  const auto reached = [](const std::string& when) {
    return reach_of(
        {{".woodpecker/test.yml", when + "steps:\n  unit:\n    image: x\n    commands: [pytest]\n"}},
        "pytest");
  };
  EXPECT_EQ(reached(""), "automatic");
  EXPECT_EQ(reached("when:\n- event: push\n  branch: main\n- event: manual\n"), "automatic");
  EXPECT_EQ(reached("when:\n- event: manual\n"), "manual");
  EXPECT_EQ(reached("when:\n- event: push\n  branch: stage\n"), "automatic maybe");
  EXPECT_EQ(reached("when:\n- event: push\n  path: 'src/*'\n"), "automatic");
  EXPECT_EQ(reached("when:\n- event: push\n  instance: x\n"), "automatic maybe");
}

TEST(Tekton, RunsWhatRunsName) {
  const std::string task =
      "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: test}\nspec:\n  steps:\n  - name: a\n    "
      "image: x\n"
      "    script: |\n      pytest | tee x\n      ruff .\n  - name: b\n    image: x\n    onError: continue\n "
      "   "
      "command: [mypy]\n"
      "    args: [src]\n---\napiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: ship}\nspec:\n  "
      "steps:\n  - "
      "image: x\n"
      "    command: [./ship.sh]\n---\napiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: "
      "p}\nspec:\n  "
      "tasks:\n"
      "  - name: t\n    taskRef: {name: test}\n  - name: s\n    runAfter: [t]\n    taskRef: {name: ship}\n";
  const auto run = [](const std::string& annotation) {
    return "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata:\n  name: r\n" + annotation +
           "spec:\n  pipelineRef: {name: p}\n";
  };
  const std::string on_push =
      "  annotations:\n    pipelinesascode.tekton.dev/on-event: '[push]'\n"
      "    pipelinesascode.tekton.dev/on-target-branch: '[main]'\n";
  EXPECT_EQ(reach_of({{"ci/t.yaml", task}}, "ruff"), "nothing");
  EXPECT_EQ(reach_of({{"ci/t.yaml", task}, {".tekton/r.yaml", run("")}}, "ruff"), "nothing");
  const RepoFiles files = {{"ci/t.yaml", task}, {".tekton/r.yaml", run(on_push)}};
  EXPECT_EQ(reach_of(files, "ruff"), "automatic");
  EXPECT_EQ(reach_of(files, "pytest"), "automatic swallowed");
  EXPECT_EQ(reach_of(files, "mypy"), "automatic swallowed");
  EXPECT_TRUE(gates(files, "ruff", "./ship.sh"));
  const RepoFiles applied = {
      {"ci/t.yaml", task},
      {"ci/r.yaml", run("")},
      {".github/workflows/w.yml",
       "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: kubectl create -f ci/r.yaml\n"}};
  EXPECT_EQ(reach_of(applied, "ruff"), "automatic");
}

TEST(Tekton, FollowsListenersAsFarAsTheyGo) {
  const std::string text =
      "apiVersion: triggers.tekton.dev/v1beta1\nkind: EventListener\nmetadata: {name: l}\nspec:\n  "
      "triggers:\n"
      "  - template: {ref: tt}\n---\napiVersion: triggers.tekton.dev/v1beta1\nkind: "
      "TriggerTemplate\nmetadata: "
      "{name: tt}\n"
      "spec:\n  resourcetemplates:\n  - apiVersion: tekton.dev/v1\n    kind: TaskRun\n    metadata: "
      "{generateName: "
      "x-}\n"
      "    spec:\n      taskSpec:\n        steps:\n        - image: x\n          script: pytest\n";
  EXPECT_EQ(reach_of({{"t.yaml", text}}, "pytest"), "automatic maybe");
}

TEST(CloudBuild, HasItsTriggerElsewhere) {
  const std::string text =
      "steps:\n- name: python:3.11\n  id: test\n  entrypoint: bash\n  args:\n  - -c\n  - |\n    pytest\n    "
      "echo ok\n"
      "- name: python\n  script: |\n    #!/usr/bin/env bash\n    set -e\n    ruff .\n    echo\n- name: "
      "python\n  "
      "entrypoint: mypy\n"
      "  args: [src]\n  allowFailure: true\n- name: gcr.io/cloud-builders/docker\n  args: [build, -t, img, "
      ".]\n"
      "- name: x\n  waitFor: ['-']\n  entrypoint: tox\nimages: [img]\n";
  const RepoFiles files = {{"cloudbuild.yaml", text}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic swallowed maybe");
  EXPECT_EQ(reach_of(files, "ruff"), "automatic maybe");
  EXPECT_EQ(reach_of(files, "mypy"), "automatic swallowed maybe");
  EXPECT_THAT(why_not(files, "ruff"), HasSubstr("set in Google Cloud"));
  EXPECT_TRUE(gates(files, "ruff", "docker"));
  EXPECT_FALSE(gates(files, "ruff", "tox"));
  const AutomationFile file = read(passes::cloud_build, "cloudbuild.yaml", text);
  EXPECT_THAT(show_commands(file), Contains("test: pytest @8 swallowed"));
  EXPECT_THAT(show_commands(file), Contains("4: docker build -t img . @21"));
  EXPECT_EQ(file.publications.size(), 1u);
}

TEST(CloudBuild, IsSubmittedByCommands) {
  const std::string text = "steps:\n- name: python\n  entrypoint: pytest\n";
  const auto submitted = [&](const std::string& command) {
    return reach_of({{"ci/cloudbuild.yaml", text},
                     {".github/workflows/w.yml",
                      "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: " + command + "\n"}},
                    "pytest");
  };
  EXPECT_EQ(submitted("gcloud builds submit --config ci/cloudbuild.yaml ."), "automatic");
  EXPECT_EQ(submitted("gcloud builds submit ci"), "automatic");
  EXPECT_EQ(submitted("gcloud builds list"), "automatic maybe");
}

TEST(CodeBuild, RunsPhasesOfAProjectThatIsSetUpElsewhere) {
  const std::string text =
      "version: 0.2\nphases:\n  install:\n    commands: [pip install .]\n  build:\n    commands:\n    - "
      "pytest || "
      "true\n"
      "    - ruff .\n    - |\n      mypy src\n      echo ok\n  post_build:\n    commands: "
      "[./ship.sh]\nartifacts:\n  "
      "files: [out]\n";
  const RepoFiles files = {{"ml/buildspec.yml", text}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic swallowed maybe");
  EXPECT_EQ(reach_of(files, "ruff"), "automatic maybe");
  EXPECT_EQ(reach_of(files, "mypy"), "automatic swallowed maybe");
  EXPECT_FALSE(gates(files, "ruff", "./ship.sh"));  // post_build runs also after a failed build
  EXPECT_TRUE(gates(files, "pip", "./ship.sh"));
  EXPECT_TRUE(gates(
      {{"buildspec.yml",
        "phases:\n  build:\n    on-failure: ABORT\n    commands: [ruff .]\n  post_build:\n    commands: "
        "[./ship.sh]\n"}},
      "ruff", "./ship.sh"));
}

TEST(Appveyor, RunsPhases) {
  const RepoFiles files = {
      {"appveyor.yml",
       "install:\n- pip install .\nbuild: off\ntest_script:\n- cmd: pytest\n- ruff . || true\n"
       "on_failure:\n- echo no\non_finish:\n- mypy\nartifacts:\n- path: out\n"}};
  EXPECT_EQ(reach_of(files, "pytest"), "automatic");
  EXPECT_EQ(reach_of(files, "ruff"), "automatic swallowed");
  EXPECT_EQ(reach_of(files, "mypy"), "automatic swallowed");
  EXPECT_EQ(reach_of({{"ci/appveyor.yml", "test_script: pytest\n"}}, "pytest"), "no command");
}

TEST(Taskcluster, MakesTasksOfEvents) {
  const auto reached = [](const std::string& condition) {
    return reach_of(
        {{".taskcluster.yml",
          "version: 1\ntasks:\n  $if: '" + condition +
              "'\n  then:\n  - taskId: x\n    metadata: {name: t}\n    payload:\n      image: i\n      "
              "command: [/bin/bash, -ec, 'pip install . && pytest']\n"}},
        "pytest");
  };
  EXPECT_EQ(reached("tasks_for == \"github-push\""), "automatic");
  EXPECT_EQ(reached("tasks_for in [\"github-pull-request\", \"github-push\"]"), "automatic");
  EXPECT_EQ(reached("tasks_for == \"action\""), "manual");
  EXPECT_EQ(reached("foo(event)"), "automatic maybe");
  EXPECT_EQ(reached("tasks_for == \"other\""), "nothing");
}

TEST(PreCommitCi, IsSeenByItsBlock) {
  const std::string hooks = "repos:\n- repo: local\n  hooks:\n  - {id: t, entry: pytest, language: system}\n";
  EXPECT_EQ(reach_of({{".pre-commit-config.yaml", hooks}}, "pytest"), "nothing");
  EXPECT_EQ(reach_of({{".pre-commit-config.yaml", "ci: {autofix_prs: true}\n" + hooks}}, "pytest"),
            "automatic maybe");
  EXPECT_EQ(reach_of({{".pre-commit-config.yaml", "ci: {skip: [t]}\n" + hooks}}, "pytest"), "nothing");
}

TEST(CiSystems, SurviveOddShapes) {
  struct Reader {
    const FilePass* pass;
    const char* path;
  };
  const Reader readers[] = {{&passes::appveyor, "appveyor.yml"},
                            {&passes::bitbucket, "bitbucket-pipelines.yml"},
                            {&passes::buildkite, ".buildkite/pipeline.yml"},
                            {&passes::cloud_build, "cloudbuild.yaml"},
                            {&passes::codebuild, "buildspec.yml"},
                            {&passes::drone, ".drone.yml"},
                            {&passes::taskcluster, ".taskcluster.yml"},
                            {&passes::travis, ".travis.yml"},
                            {&passes::tekton, "tekton.dev/x.yaml"}};
  for (const Reader& reader : readers) {
    for (const char* text :
         {"", "[]", "a", "- 1\n- {}", "steps: {a: 1, b: [2]}",
          "steps: [1, [], {}, {wait: , command: {x: 1}}]",
          "pipelines: {default: [1, {step: 3}, {parallel: {steps: 1}}], branches: [], custom: {x: 1}}",
          "phases: {build: [], install: {commands: {a: 1}}}",
          "jobs: {include: [1, {script: {}}], allow_failures: 2}",
          "tasks: {$if: [1], then: {payload: {command: {}}}}",
          "when: [1]\nsteps: [{when: {event: {include: 1}}}]",
          "apiVersion: tekton.dev/v1\nkind: Pipeline\nspec: {tasks: [1, {taskRef: 1, when: 2}]}",
          "apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: {a: 1}}", "\xff\xfe", "a: [",
          "steps:\n- !x {a: *b}"}) {
      read(*reader.pass, reader.path, text);
    }
  }
}

}  // namespace
}  // namespace mlgrade
