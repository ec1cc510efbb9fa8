// Jenkins pipelines: which stages run by themselves, in which order, and what becomes of their failures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_pass.h"
#include "tests/support/reach.h"
#include "tests/support/show_automation.h"

namespace mlgrade {
namespace passes {
extern const FilePass jenkins;
}

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

AutomationFile read(std::string text, std::string path = "Jenkinsfile") {
  FileFacts facts =
      run_pass(passes::jenkins, source_file(std::move(path), std::move(text), Language::kGroovy));
  return facts.automation.empty() ? AutomationFile{} : facts.automation.front();
}

std::string reached(const std::string& text, std::string_view program) {
  return reach_of({{"Jenkinsfile", text}}, program);
}

std::string stage(const std::string& parts) {
  return "pipeline {\n agent any\n stages {\n  stage('a') {\n" + parts + "\n  }\n }\n}\n";
}

TEST(Jenkins, RunsDeclaredStagesInOrder) {
  const std::string text =
      "pipeline {\n  agent { docker { image 'python:3.11' } }\n  stages {\n    stage('Test') {\n      steps "
      "{\n"
      "        sh 'pip install .'\n        sh '''\n          pytest | tee log\n          ruff .\n        "
      "'''\n"
      "        junit 'out/*.xml'\n      }\n    }\n    stage('Ship') {\n      steps { sh './ship.sh' }\n    "
      "}\n  }\n"
      "  post {\n    always { archiveArtifacts artifacts: 'report/**' }\n    failure { sh 'mail bad' }\n  "
      "}\n}\n";
  const AutomationFile file = read(text);
  EXPECT_THAT(show_commands(file), Contains("1: pip install . @6"));
  EXPECT_THAT(show_commands(file), Contains("1: pytest @8 swallowed"));  // sh -e has no pipefail
  EXPECT_THAT(show_commands(file), Contains("1: ruff . @9"));
  EXPECT_EQ(file.units.at(0).image, "python:3.11");
  EXPECT_EQ(file.publications.size(), 2u);
  EXPECT_EQ(reached(text, "ruff"), "automatic");
  EXPECT_EQ(reached(text, "mail"), "automatic maybe");
  EXPECT_TRUE(gates({{"Jenkinsfile", text}}, "ruff", "./ship.sh"));
}

TEST(Jenkins, ReadsScriptsWithTheirFunctions) {
  const std::string text =
      "#!groovy\nproperties([pipelineTriggers([cron('H 2 * * *')])])\ndef check(what) {\n  sh \"make "
      "${what}\"\n}\n"
      "node('linux') {\n  checkout scm\n  stage('Test') {\n    docker.image('python').inside { sh 'pytest' "
      "}\n"
      "    check('lint')\n    check 'types'\n  }\n  parallel a: { sh 'tox' }, b: { sh 'nox' }\n"
      "  stage('Ship') { sh './ship.sh' }\n}\n";
  const AutomationFile file = read(text);
  EXPECT_THAT(show_triggers(file), Contains("Jenkinsfile on cron H 2 * * *"));
  EXPECT_THAT(show_commands(file), Contains("1: make lint @4"));
  EXPECT_THAT(show_commands(file), Contains("1: make types @4"));
  EXPECT_EQ(reached(text, "pytest"), "automatic");
  EXPECT_TRUE(gates({{"Jenkinsfile", text}}, "pytest", "./ship.sh"));
  EXPECT_TRUE(gates({{"Jenkinsfile", text}}, "tox", "./ship.sh"));
  EXPECT_FALSE(gates({{"Jenkinsfile", text}}, "tox", "nox"));
}

TEST(Jenkins, KnowsWhatCannotFail) {
  EXPECT_EQ(reached(stage("steps { sh 'pytest || true' }"), "pytest"), "automatic swallowed");
  EXPECT_EQ(reached(stage("steps { sh script: 'pytest', returnStatus: true }"), "pytest"),
            "automatic swallowed");
  EXPECT_EQ(reached(stage("steps { catchError(buildResult: 'SUCCESS') { sh 'pytest' } }"), "pytest"),
            "automatic swallowed");
  EXPECT_EQ(reached(stage("steps { catchError { sh 'pytest' } }"), "pytest"), "automatic reporting");
  EXPECT_EQ(reached(stage("steps { warnError('x') { sh 'pytest' } }"), "pytest"), "automatic reporting");
  EXPECT_EQ(reached(stage("steps { script { try { sh 'pytest' } catch (e) { echo 'x' } } }"), "pytest"),
            "automatic swallowed");
  EXPECT_EQ(reached(stage("steps { script { try { sh 'pytest' } catch (e) { throw e } finally { x() } } }"),
                    "pytest"),
            "automatic");
  EXPECT_EQ(reached(stage("steps { sh '''#!/bin/bash\npytest\necho x\n''' }"), "pytest"),
            "automatic swallowed");
  EXPECT_THAT(
      why_not({{"Jenkinsfile", stage("steps { catchError(buildResult: 'SUCCESS') { sh 'pytest' } }")}},
              "pytest"),
      HasSubstr("catchError"));
}

TEST(Jenkins, FollowsExitCodesThatAreLookedAt) {
  EXPECT_EQ(
      reached(
          stage("steps { script {\n def rc = sh(script: 'pytest', returnStatus: true)\n if (rc != 0) { error "
                "'bad' }\n } }"),
          "pytest"),
      "automatic");
  EXPECT_EQ(
      reached(
          stage("steps { script {\n def rc = sh(script: 'pytest', returnStatus: true)\n if (rc != 0) { echo "
                "'bad' }\n } }"),
          "pytest"),
      "automatic swallowed");
  EXPECT_EQ(reached(stage("steps { script { if (sh(script: 'pytest', returnStatus: true) != 0) { "
                          "currentBuild.result = 'UNSTABLE' } } }"),
                    "pytest"),
            "automatic reporting");
}

TEST(Jenkins, DecidesConditions) {
  const auto when = [](const std::string& condition) {
    return reached(stage("when { " + condition + " }\n steps { sh 'pytest' }"), "pytest");
  };
  EXPECT_EQ(when("branch 'main'"), "automatic");
  EXPECT_EQ(when("branch 'stage'"), "automatic maybe");
  EXPECT_EQ(when("anyOf { branch 'stage'; changeRequest target: 'main' }"), "automatic");
  EXPECT_EQ(when("allOf { branch 'main'; not { changeRequest() } }"), "automatic");
  EXPECT_EQ(when("expression { false }"), "nothing");
  EXPECT_EQ(when("expression { return env.BRANCH_NAME == 'main' }"), "automatic");
  EXPECT_EQ(when("expression { return params.DEPLOY }"), "automatic maybe");
  EXPECT_EQ(when("triggeredBy 'UserIdCause'"), "manual");
  EXPECT_EQ(when("triggeredBy 'TimerTrigger'"), "automatic maybe");
  EXPECT_EQ(when("buildingTag()"), "automatic maybe");
  EXPECT_EQ(when("changeset '**/*.py'\n beforeAgent true"), "automatic");
  EXPECT_EQ(reached("node { if (env.BRANCH_NAME == 'main') { sh 'pytest' } else { sh 'tox' } }", "pytest"),
            "automatic");
  EXPECT_EQ(reached("node { if (params.X == 'y') { sh 'pytest' } }", "pytest"), "automatic maybe");
  EXPECT_EQ(reached("pipeline { parameters { booleanParam(name: 'X', defaultValue: false) }\n stages { "
                    "stage('a') { when "
                    "{ expression { params.X } }\n steps { sh 'pytest' } } } }",
                    "pytest"),
            "manual");
}

TEST(Jenkins, WaitsForPeople) {
  const std::string text =
      "pipeline { stages {\n stage('a') { steps { sh 'pytest'\n input 'go on?'\n sh 'tox' } }\n stage('b') { "
      "steps { sh "
      "'nox' } }\n} }";
  EXPECT_EQ(reached(text, "pytest"), "automatic");
  EXPECT_EQ(reached(text, "tox"), "manual");
  EXPECT_EQ(reached(text, "nox"), "manual");
  EXPECT_EQ(reached(stage("input { message 'ok?' }\n steps { sh 'pytest' }"), "pytest"), "manual");
  const std::string only_main =
      "pipeline { stages {\n stage('a') { when { branch 'main' }\n steps { input 'x'\n sh 'tox' } }\n "
      "stage('b') { steps "
      "{ sh 'nox' } }\n} }";
  EXPECT_EQ(reached(only_main, "nox"), "automatic");
}

TEST(Jenkins, RunsBranchesSideBySide) {
  const std::string text =
      "pipeline { stages { stage('p') { parallel {\n stage('x') { steps { sh 'pytest' } }\n stage('y') { "
      "steps { sh "
      "'tox' } }\n} }\n stage('z') { steps { sh './ship.sh' } } } }";
  EXPECT_TRUE(gates({{"Jenkinsfile", text}}, "pytest", "./ship.sh"));
  EXPECT_FALSE(gates({{"Jenkinsfile", text}}, "pytest", "tox"));
  EXPECT_EQ(reached("node { def b = [:]\n b['one'] = { sh 'pytest' }\n parallel b }", "pytest"), "automatic");
  EXPECT_EQ(reached("node { def b = ['one': { sh 'pytest' }]\n parallel(b) }", "pytest"), "automatic");
  EXPECT_EQ(
      reached(
          stage(
              "matrix { axes { axis { name 'P'\n values '1' } }\n stages { stage('m') { steps { sh 'pytest' "
              "} } } }"),
          "pytest"),
      "automatic");
}

TEST(Jenkins, KnowsFilesThatNobodyCanTellOf) {
  const std::string text = stage("steps { sh 'pytest' }");
  EXPECT_EQ(reach_of({{"ci/Jenkinsfile", text}}, "pytest"), "automatic maybe");
  EXPECT_EQ(reach_of({{"Jenkinsfile.deploy", text}}, "pytest"), "automatic maybe");
  EXPECT_THAT(why_not({{"ci/Jenkinsfile", text}}, "pytest"), HasSubstr("set in Jenkins"));
  EXPECT_EQ(
      reach_of(
          {{"ci/nightly.jenkinsfile",
            "pipeline { triggers { cron('H 1 * * *') }\n stages { stage('a') { steps { sh 'pytest' } } } }"}},
          "pytest"),
      "automatic");
}

TEST(Jenkins, FollowsLibrariesAndLoadedFiles) {
  const std::string use = stage("steps { runTests() }");
  const std::string library = "def call() {\n  sh 'pytest'\n}\n";
  EXPECT_EQ(reach_of({{"Jenkinsfile", use}, {"vars/runTests.groovy", library}}, "pytest"), "automatic");
  EXPECT_EQ(reach_of({{"vars/runTests.groovy", library}}, "pytest"), "nothing");
  const std::string loads = "node { def t = load 'ci/t.groovy'\n t.go() }";
  EXPECT_EQ(reach_of({{"Jenkinsfile", loads}, {"ci/t.groovy", "def go() {\n sh 'pytest'\n}\nreturn this\n"}},
                     "pytest"),
            "automatic maybe");
  EXPECT_THAT(dangling_of({{"Jenkinsfile", loads}}), ElementsAre("Jenkinsfile:1 ci/t.groovy"));
}

TEST(Jenkins, LooksAtTheBranchThatIsCheckedOut) {
  const auto with = [](const std::string& checkout) {
    return reached(stage("steps { " + checkout + "\n sh 'pytest' }"), "pytest");
  };
  EXPECT_EQ(with("checkout scm"), "automatic");
  EXPECT_EQ(with("checkout scmGit(branches: [[name: '*/main']], userRemoteConfigs: [[url: 'x']])"),
            "automatic");
  EXPECT_EQ(with("checkout scmGit(branches: [[name: '*/trial']], extensions: [])"), "automatic maybe");
  EXPECT_EQ(with("checkout([$class: 'GitSCM', branches: [[name: \"${env.B}\"]]])"), "automatic");
  EXPECT_EQ(with("git branch: 'trial', url: 'x'"), "automatic maybe");
}

TEST(Jenkins, BuildsImagesAndEntersFolders) {
  const AutomationFile file = read(
      "node {\n dir('ml') { sh 'pytest' }\n def img = docker.build(\"app:${env.B}\", '-f docker/D .')\n "
      "img.push()\n "
      "list.push('x')\n}");
  EXPECT_THAT(show_commands(file), Contains(HasSubstr("docker build -t app:${{ env.B }} -f docker/D . @3")));
  EXPECT_THAT(show_commands(file), Contains(HasSubstr("docker push")));
  EXPECT_EQ(file.commands.size(), 3u);
  EXPECT_EQ(file.units.at(1).working_directory, "ml");
}

TEST(Jenkins, SurvivesOddShapes) {
  for (const char* text :
       {"", "pipeline", "pipeline {", "pipeline { stages { stage { steps } } }",
        "node { a() }\ndef a() { a() }", "def a() { b() }\ndef b() { a() }\nnode { a() }",
        "parallel x\nparallel()", "stage('a')", "input", "sh", "sh()", "sh(script: )", "properties([])",
        "triggers { cron() }", "catchError { }", "dir { }", "load()", "post { }"}) {
    read(text);
  }
  std::string deep;
  for (int i = 0; i < 50; ++i)
    deep += "def f" + std::to_string(i) + "() { f" + std::to_string(i + 1) + "()\n f" +
            std::to_string(i + 1) + "() }\n";
  read(deep + "node { f0() }");
}

}  // namespace
}  // namespace mlgrade
