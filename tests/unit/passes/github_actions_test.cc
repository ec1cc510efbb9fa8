// Workflows become units, triggers, links and commands; each way to neutralise a check is found on its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "analyzer/facts/automation.h"
#include "tests/support/file_pass.h"

namespace mlgrade {
namespace passes {
extern const FilePass github_actions;
extern const FilePass shell_script;
}  // namespace passes

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

FileFacts facts_of(const std::string& text, const std::string& path = ".github/workflows/ci.yml") {
  return run_pass(passes::github_actions, source_file(path, text, Language::kYaml, 5));
}

AutomationFile workflow(const std::string& text, const std::string& path = ".github/workflows/ci.yml") {
  FileFacts facts = facts_of(text, path);
  EXPECT_EQ(facts.automation.size(), 1u) << text;
  return facts.automation.empty() ? AutomationFile() : facts.automation[0];
}

AutomationFile job(const std::string& body) {
  return workflow("on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n" + body);
}

const Unit& unit_named(const AutomationFile& file, std::string_view name) {
  for (const Unit& unit : file.units) {
    if (unit.name == name) return unit;
  }
  ADD_FAILURE() << "no unit " << name;
  static const Unit kNothing;
  return kNothing;
}

const Command& command_of(const AutomationFile& file, std::string_view program) {
  for (const Command& command : file.commands) {
    if (!command.words.empty() && command.words[0].text == program) return command;
  }
  ADD_FAILURE() << "no command " << program;
  static const Command kNothing;
  return kNothing;
}

TEST(GithubActions, TakesWorkflowsAtTheTopOfTheirFolderOnly) {
  const std::string text = "on: push\njobs: {}\n";
  EXPECT_EQ(facts_of(text, ".github/workflows/a.yaml").automation.size(), 1u);
  for (const char* path :
       {".github/workflows/old/a.yml", "sub/.github/workflows/a.yml", ".github/workflows/a.yml.disabled",
        "workflows/a.yml", ".github/workflows/run.py"}) {
    EXPECT_TRUE(facts_of(text, path).automation.empty()) << path;
  }
}

TEST(GithubActions, ReadsEveryFormOfTriggers) {
  EXPECT_EQ(workflow("on: push\njobs: {}\n").triggers.at(0).kind, TriggerKind::kPush);
  EXPECT_EQ(workflow("on: [push, pull_request]\njobs: {}\n").triggers.at(1).kind, TriggerKind::kPullRequest);
  const AutomationFile file = workflow(
      "name: CI\n"
      "on:\n"
      "  push:\n"
      "    branches: [main]\n"
      "    paths: ['src/**']\n"
      "    paths-ignore: docs/**\n"
      "  pull_request:\n"
      "    branches-ignore: [wip]\n"
      "    types: [opened]\n"
      "  schedule:\n"
      "    - cron: '0 3 * * *'\n"
      "    - cron: '0 5 * * 1'\n"
      "  workflow_dispatch:\n"
      "  workflow_call:\n"
      "  workflow_run: {workflows: [Build], types: [completed]}\n"
      "  issue_comment:\n"
      "jobs: {}\n");
  ASSERT_EQ(file.triggers.size(), 8u);
  EXPECT_THAT(file.triggers[0].branches, ElementsAre("main"));
  EXPECT_THAT(file.triggers[0].paths, ElementsAre("src/**"));
  EXPECT_THAT(file.triggers[0].paths_ignore, ElementsAre("docs/**"));
  EXPECT_EQ(file.triggers[0].span.line, 3u);
  EXPECT_EQ(file.triggers[0].detail, "on push to main");
  EXPECT_THAT(file.triggers[1].branches_ignore, ElementsAre("wip"));
  EXPECT_EQ(file.triggers[3].kind, TriggerKind::kSchedule);
  EXPECT_EQ(file.triggers[3].detail, "cron 0 5 * * 1");
  EXPECT_EQ(file.triggers[3].span.line, 12u);
  EXPECT_EQ(file.triggers[4].kind, TriggerKind::kManual);
  EXPECT_EQ(file.triggers[4].automatic, Truth::kNo);
  EXPECT_EQ(file.triggers[5].kind, TriggerKind::kCalled);
  EXPECT_EQ(file.triggers[5].automatic, Truth::kNo);
  EXPECT_EQ(file.triggers[6].automatic, Truth::kYes);
  EXPECT_EQ(file.triggers[7].automatic, Truth::kUnknown);
  EXPECT_EQ(file.units[0].kind, UnitKind::kWorkflow);
  EXPECT_EQ(file.units[0].name, ".github/workflows/ci.yml");
  EXPECT_EQ(file.units[0].title, "CI");
  const AutomationFile tags = workflow("on:\n  push:\n    tags: ['v*']\njobs: {}\n");
  EXPECT_EQ(tags.triggers.at(0).kind, TriggerKind::kTag);
  EXPECT_EQ(workflow("\"on\": push\njobs: {}\n").triggers.size(), 1u);
}

TEST(GithubActions, JobsNeedOneAnother) {
  const AutomationFile file = workflow(
      "on: push\n"
      "jobs:\n"
      "  test: {runs-on: x, steps: []}\n"
      "  deploy:\n"
      "    needs: test\n"
      "    environment: production\n"
      "  report:\n"
      "    needs: [test, deploy]\n"
      "    if: always() && needs.deploy.result == 'success'\n"
      "  never:\n"
      "    if: ${{ false }}\n"
      "  hand:\n"
      "    if: github.event_name == 'workflow_dispatch'\n");
  ASSERT_EQ(file.links.size(), 3u);
  EXPECT_EQ(file.links[0].kind, LinkKind::kNeeds);
  EXPECT_EQ(file.links[0].target, "test");
  EXPECT_TRUE(file.links[0].same_file);
  EXPECT_EQ(file.links[0].span.line, 5u);
  EXPECT_EQ(file.links[1].kind, LinkKind::kHappensAfter);
  EXPECT_EQ(file.links[2].kind, LinkKind::kNeeds);
  EXPECT_EQ(unit_named(file, "deploy").environment, "production");
  EXPECT_EQ(unit_named(file, "never").runs, Truth::kNo);
  EXPECT_EQ(unit_named(file, "never").condition_span.line, 11u);
  EXPECT_EQ(unit_named(file, "hand").runs, Truth::kNo);
  EXPECT_EQ(unit_named(file, "hand").span.line, 12u);
}

TEST(GithubActions, AJobForDispatchesOnlyNeedsAPerson) {
  const AutomationFile file = workflow(
      "on: [push, workflow_dispatch]\njobs:\n  hand:\n    if: github.event_name == 'workflow_dispatch'\n"
      "  gated:\n    if: secrets.KEY != ''\n");
  EXPECT_TRUE(unit_named(file, "hand").manual);
  EXPECT_EQ(unit_named(file, "hand").runs, Truth::kYes);
  EXPECT_TRUE(unit_named(file, "gated").secret_gated);
  EXPECT_EQ(unit_named(file, "gated").runs, Truth::kUnknown);
}

TEST(GithubActions, CommandsStandOnTheirLines) {
  const AutomationFile file =
      job("    steps:\n"
          "      - uses: actions/checkout@v4\n"
          "      - name: Test\n"
          "        run: |\n"
          "          pip install -r requirements.txt\n"
          "          pytest -q\n"
          "      - run: mypy src\n"
          "      - run: >\n"
          "          ruff\n"
          "          check\n");
  const Command& pytest = command_of(file, "pytest");
  EXPECT_EQ(pytest.span.line, 10u);
  EXPECT_EQ(pytest.span.column, 11u);
  EXPECT_EQ(pytest.effect, Effect::kBlocking);
  EXPECT_EQ(file.units.at(pytest.unit).title, "Test");
  EXPECT_EQ(file.units.at(pytest.unit).kind, UnitKind::kStep);
  EXPECT_EQ(command_of(file, "mypy").span.line, 11u);
  EXPECT_EQ(command_of(file, "mypy").span.column, 14u);
  EXPECT_EQ(command_of(file, "ruff").words.size(), 2u);
  ASSERT_EQ(file.actions.size(), 1u);
  EXPECT_EQ(file.actions[0].action, "actions/checkout");
  EXPECT_EQ(file.actions[0].version, "v4");
}

TEST(GithubActions, ContinueOnErrorSwallows) {
  const AutomationFile file =
      job("    continue-on-error: true\n"
          "    steps:\n"
          "      - run: pytest\n"
          "        continue-on-error: true\n"
          "      - run: mypy\n"
          "        continue-on-error: ${{ matrix.experimental }}\n"
          "      - run: ruff\n"
          "        continue-on-error: false\n");
  EXPECT_EQ(unit_named(file, "test").effect, Effect::kSwallowed);
  EXPECT_EQ(unit_named(file, "test").effect_span.line, 5u);
  const Unit& step = file.units.at(command_of(file, "pytest").unit);
  EXPECT_EQ(step.effect, Effect::kSwallowed);
  EXPECT_EQ(step.effect_span.line, 8u);
  EXPECT_THAT(step.effect_why, HasSubstr("continue-on-error"));
  EXPECT_EQ(file.units.at(command_of(file, "mypy").unit).effect, Effect::kReporting);
  EXPECT_EQ(file.units.at(command_of(file, "ruff").unit).effect, Effect::kBlocking);
}

TEST(GithubActions, AnOutcomeThatALaterStepChecksBlocks) {
  const AutomationFile file =
      job("    steps:\n"
          "      - id: t\n"
          "        run: pytest\n"
          "        continue-on-error: true\n"
          "      - if: steps.t.outcome == 'failure'\n"
          "        run: exit 1\n");
  EXPECT_EQ(unit_named(file, "t").effect, Effect::kBlocking);
}

TEST(GithubActions, ShellsDecideAboutExitCodes) {
  const std::string piped = "        run: |\n          pytest | tee log\n          echo\n";
  const Command by_default = command_of(job("    steps:\n      - name: x\n" + piped), "pytest");
  EXPECT_EQ(by_default.effect, Effect::kSwallowed);
  EXPECT_EQ(by_default.effect_span.line, 8u);
  EXPECT_EQ(by_default.output_file, "log");
  EXPECT_EQ(command_of(job("    steps:\n      - shell: bash\n" + piped), "pytest").effect, Effect::kBlocking);
  const Command login = command_of(job("    defaults:\n      run:\n        shell: bash -l {0}\n    steps:\n  "
                                       "    - run: |\n          pytest\n          echo\n"),
                                   "pytest");
  EXPECT_EQ(login.effect, Effect::kSwallowed);
  EXPECT_EQ(login.effect_span.line, 7u);
  EXPECT_EQ(
      command_of(
          job("    steps:\n      - shell: bash -el {0}\n        run: |\n          pytest\n          echo\n"),
          "pytest")
          .effect,
      Effect::kBlocking);
  const std::string going_on = "        run: |\n          pytest\n          pip list\n";
  EXPECT_EQ(command_of(job("    steps:\n      - shell: pwsh\n" + going_on), "pytest").effect,
            Effect::kSwallowed);
  const AutomationFile perl = job("    steps:\n      - shell: perl {0}\n        run: system('pytest')\n");
  EXPECT_TRUE(perl.commands.empty());
  ASSERT_EQ(perl.unread.size(), 1u);
  EXPECT_EQ(perl.unread[0].why, "a text for perl, which is not read");
  const AutomationFile python =
      job("    steps:\n      - shell: python\n        run: |\n          import x\n");
  EXPECT_EQ(command_of(python, "python").heredoc, "import x\n");
  const AutomationFile windows = workflow(
      "on: push\njobs:\n  w:\n    runs-on: windows-latest\n    steps:\n      - run: pytest; pip list\n");
  EXPECT_EQ(command_of(windows, "pytest").effect, Effect::kSwallowed) << "PowerShell is the host's own shell";
}

TEST(GithubActions, EveryWayToSwallowInAStepIsFoundOnItsLine) {
  struct Case {
    std::string line;
    std::string why;
  };
  for (const Case& c :
       {Case{"pytest || true", "`|| true`"}, Case{"pytest || :", "`|| :`"},
        Case{"pytest || echo failed", "`|| echo`"}, Case{"set +e; pytest; exit 0", "`exit 0` follows"},
        Case{"set +e; pytest; x; y", "`set +e`"}, Case{"pytest 2>&1 | tee out", "without `pipefail`"},
        Case{"pytest &", "background"}, Case{"echo $(pytest)", "`$(...)`"}}) {
    const AutomationFile file = job("    steps:\n      - run: |\n          echo start\n          " + c.line +
                                    "\n          echo end\n");
    const Command& command = command_of(file, "pytest");
    EXPECT_EQ(command.effect, Effect::kSwallowed) << c.line;
    EXPECT_THAT(command.effect_why, HasSubstr(c.why)) << c.line;
    EXPECT_EQ(command.effect_span.line, 8u) << c.line;
    EXPECT_EQ(command.effect_span.file, FileId{5});
  }
}

TEST(GithubActions, FoldersAreInherited) {
  const AutomationFile file = workflow(
      "on: push\ndefaults: {run: {working-directory: ./app}}\njobs:\n  a:\n    steps:\n      - run: cd sub "
      "&& pytest\n"
      "      - run: mypy\n        working-directory: .\n      - run: ruff\n        working-directory: ${{ "
      "matrix.d }}\n");
  EXPECT_EQ(unit_named(file, "a").working_directory, "app");
  EXPECT_EQ(command_of(file, "pytest").working_directory, "app/sub");
  EXPECT_EQ(file.units.at(command_of(file, "mypy").unit).working_directory, ".");
  EXPECT_EQ(file.units.at(command_of(file, "ruff").unit).working_directory, "?");
}

TEST(GithubActions, UsesOfWorkflowsAndActions) {
  const AutomationFile file = workflow(
      "on: push\n"
      "jobs:\n"
      "  call:\n"
      "    uses: ./.github/workflows/test.yml\n"
      "    with: {python: '3.11'}\n"
      "  far:\n"
      "    uses: org/repo/.github/workflows/x.yml@main\n"
      "  here:\n"
      "    container: {image: python:3.11}\n"
      "    services:\n"
      "      db:\n"
      "        image: postgres:16\n"
      "    steps:\n"
      "      - uses: ./.github/actions/setup\n"
      "      - uses: nick-fields/retry@v3\n"
      "        with:\n"
      "          command: pytest -q\n");
  ASSERT_EQ(file.links.size(), 2u);
  EXPECT_EQ(file.links[0].target, ".github/workflows/test.yml");
  EXPECT_EQ(file.links[0].target_kind, UnitKind::kWorkflow);
  EXPECT_EQ(file.links[0].with.at(0).second.text, "3.11");
  EXPECT_EQ(file.links[1].target, ".github/actions/setup");
  EXPECT_EQ(file.links[1].target_kind, UnitKind::kAction);
  EXPECT_EQ(file.links[1].span.line, 14u);
  ASSERT_EQ(file.actions.size(), 2u);
  EXPECT_EQ(file.actions[0].action, "org/repo/.github/workflows/x.yml");
  EXPECT_EQ(command_of(file, "pytest").span.line, 17u);
  EXPECT_EQ(unit_named(file, "here").image, "python:3.11");
  EXPECT_EQ(unit_named(file, "db").image, "postgres:16");
}

TEST(GithubActions, ReadsActionsOfTheRepository) {
  const AutomationFile composite =
      workflow("name: Setup\nruns:\n  using: composite\n  steps:\n    - run: pytest\n      shell: bash\n",
               ".github/actions/setup/action.yml");
  EXPECT_EQ(composite.units[0].kind, UnitKind::kAction);
  EXPECT_EQ(composite.units[0].name, ".github/actions/setup");
  EXPECT_TRUE(composite.triggers.empty());
  EXPECT_EQ(command_of(composite, "pytest").span.line, 5u);
  const AutomationFile docker = workflow("runs:\n  using: docker\n  image: Dockerfile\n", "action.yaml");
  EXPECT_EQ(docker.units[0].name, ".");
  EXPECT_EQ(docker.links.at(0).target, "Dockerfile");
  const AutomationFile node = workflow("runs:\n  using: node20\n  main: dist/i.js\n", "a/action.yml");
  EXPECT_EQ(command_of(node, "node").words.at(1).text, "a/dist/i.js");
  EXPECT_TRUE(facts_of("kind: other\n", "x/action.yml").automation.empty());
}

TEST(GithubActions, FindsPublications) {
  const AutomationFile file =
      job("    steps:\n"
          "      - run: cat report.md >> $GITHUB_STEP_SUMMARY\n"
          "      - run: aws s3 cp --quiet out/x.txt s3://bucket/x.txt\n"
          "      - run: aws s3 cp s3://bucket/x.txt here\n"
          "      - run: cml comment create report.md\n"
          "      - uses: actions/upload-artifact@v4\n"
          "        with:\n"
          "          path: |\n"
          "            a.json\n"
          "            !b.json\n"
          "            c/\n"
          "      - uses: actions/github-script@v7\n"
          "        with:\n"
          "          script: github.rest.issues.createComment({})\n"
          "      - run: curl -X POST $SLACK_WEBHOOK_URL\n"
          "      - run: uv run dvc push\n"
          "      - run: gh pr comment 1 --body-file out.md\n"
          "      - run: git -C x push origin\n");
  std::vector<std::string> found;
  for (const Publication& publication : file.publications) {
    found.push_back(std::to_string(static_cast<int>(publication.kind)) + ":" + publication.path + ":" +
                    std::to_string(publication.span.line));
  }
  using K = Publication::Kind;
  auto expected = [](K kind, const std::string& rest) {
    return std::to_string(static_cast<int>(kind)) + ":" + rest;
  };
  EXPECT_THAT(found, ElementsAre(expected(K::kSummary, "report.md:6"), expected(K::kBucket, "out/x.txt:7"),
                                 expected(K::kComment, "report.md:9"), expected(K::kArtifact, "a.json:10"),
                                 expected(K::kArtifact, "c/:10"), expected(K::kComment, ":16"),
                                 expected(K::kNotification, ":19"), expected(K::kBucket, ":20"),
                                 expected(K::kComment, "out.md:21"), expected(K::kCommit, ":22")));
}

TEST(GithubActions, BrokenFilesAreNotAnalysable) {
  const FileFacts broken = facts_of("on: push\njobs:\n  a: [\n");
  ASSERT_EQ(broken.automation.size(), 1u);
  EXPECT_FALSE(broken.automation[0].analysable);
  EXPECT_TRUE(broken.automation[0].units.empty());
  ASSERT_EQ(broken.problems.size(), 1u);
  EXPECT_EQ(broken.problems[0].kind, ProblemKind::kSyntax);
  const FileFacts templated = facts_of("on: push\njobs:\n  {% if x %}\n  a: b\n  {% endif %}\n");
  ASSERT_EQ(templated.problems.size(), 1u);
  EXPECT_EQ(templated.problems[0].kind, ProblemKind::kNotAnalysable);
  for (const char* text :
       {"", "- a\n", "on:\njobs:\n", "on: {push: [x]}\njobs: {a: {steps: {}, needs: {x: y}, if: {}}}\n",
        "on: push\njobs: {a: {steps: [x, {run: [y]}, {uses: [z]}]}}\n"}) {
    facts_of(text);
  }
}

TEST(ShellScript, IsAUnitNamedByItsPath) {
  auto read = [](const std::string& text) {
    return run_pass(passes::shell_script, source_file("ci/run.sh", text, Language::kShell, 5))
        .automation.at(0);
  };
  const AutomationFile lost = read("#!/bin/bash\ncd \"$(dirname \"$0\")\"\npytest\naws s3 cp out s3://b\n");
  EXPECT_EQ(lost.units.at(0).kind, UnitKind::kScript);
  EXPECT_EQ(lost.units.at(0).name, "ci/run.sh");
  EXPECT_EQ(command_of(lost, "pytest").effect, Effect::kSwallowed);
  EXPECT_EQ(command_of(lost, "pytest").effect_span.line, 1u);
  EXPECT_EQ(command_of(lost, "pytest").working_directory, "ci");
  EXPECT_EQ(lost.publications.size(), 1u);
  EXPECT_EQ(command_of(read("#!/bin/bash -e\npytest\nx\n"), "pytest").effect, Effect::kBlocking);
  EXPECT_EQ(command_of(read("#!/usr/bin/env -S bash -euo pipefail\npytest | tee x\ny\n"), "pytest").effect,
            Effect::kBlocking);
  EXPECT_EQ(command_of(read("#!/usr/bin/env bash\npytest\nx\n"), "pytest").effect, Effect::kSwallowed);
}

}  // namespace
}  // namespace mlgrade
