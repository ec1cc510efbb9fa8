// Task runners and job files: dvc, pre-commit, tox, project scripts, cluster jobs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/file_pass.h"
#include "tests/support/show_automation.h"

namespace mlgrade {
namespace passes {
extern const FilePass dvc;
extern const FilePass job_files;
extern const FilePass kubernetes;
extern const FilePass pre_commit;
extern const FilePass project_scripts;
extern const FilePass tox;
}  // namespace passes

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

AutomationFile read(const FilePass& pass, std::string path, std::string text) {
  FileFacts facts = run_pass(pass, source_file(std::move(path), std::move(text)));
  return facts.automation.empty() ? AutomationFile{} : facts.automation.front();
}

TEST(Dvc, OrdersStagesByWhatTheyMake) {
  const AutomationFile file =
      read(passes::dvc, "dvc.yaml",
           "stages:\n  prepare:\n    cmd: python prepare.py\n    outs: [data/clean]\n"
           "  train:\n    cmd:\n      - python train.py\n      - python eval.py\n"
           "    deps: [data/clean/x.csv]\n    metrics:\n      - m.json: {cache: false}\n"
           "  gate:\n    cmd: python gate.py\n    deps: [m.json]\n    frozen: true\n");
  EXPECT_THAT(show_units(file), ElementsAre("prepare@2", "train@5", "gate@12 never"));
  EXPECT_THAT(show_commands(file), ElementsAre("prepare: python prepare.py @3", "train: python train.py @7",
                                               "train: python eval.py @8", "gate: python gate.py @13"));
  EXPECT_THAT(show_links(file), ElementsAre("train needs prepare", "train runs prepare", "gate needs train",
                                            "gate runs train"));
}

TEST(Dvc, ReadsLoopsAndFolders) {
  const AutomationFile file =
      read(passes::dvc, "ml/dvc.yaml",
           "stages:\n  fit:\n    foreach: [a, b]\n    do:\n      wdir: src\n      cmd: python "
           "fit.py ${item}\n");
  EXPECT_EQ(file.units.at(0).working_directory, "ml/src");
  EXPECT_THAT(show_commands(file), ElementsAre("fit: python fit.py ${item} @6"));
  EXPECT_THAT(show_units(read(passes::dvc, "dvc.yaml", "stages: 3")), IsEmpty());
}

TEST(PreCommit, GivesLocalHooksTheirCommands) {
  const AutomationFile file = read(
      passes::pre_commit, ".pre-commit-config.yaml",
      "repos:\n- repo: https://github.com/x/y\n  rev: v1\n  hooks:\n  - id: ruff\n- repo: local\n  hooks:\n"
      "  - id: tests\n    entry: pytest -q\n    language: system\n    stages: [manual]\n"
      "  - id: no-print\n    entry: print\\(\n    language: pygrep\n");
  EXPECT_THAT(show_units(file), ElementsAre("ruff@5", "tests@8 manual", "no-print@12", "pre-commit.ci@1"));
  EXPECT_THAT(show_commands(file), ElementsAre("tests: pytest -q @9"));
  ASSERT_EQ(file.actions.size(), 1u);
  EXPECT_EQ(file.actions[0].action, "https://github.com/x/y#ruff");
}

TEST(PreCommit, ReadsNoOtherPlace) {
  EXPECT_THAT(
      show_units(read(passes::pre_commit, "docs/.pre-commit-config.yaml", "repos:\n- hooks:\n  - id: a\n")),
      IsEmpty());
}

TEST(Tox, GivesEnvironmentsTheirCommands) {
  const AutomationFile file =
      read(passes::tox, "tox.ini",
           "[tox]\nenvlist = py{310,311}, lint\n\n[testenv]\ncommands =\n    pytest \\\n"
           "      {posargs:tests}\n    py311: coverage report\n\n[testenv:lint]\ncommands =\n"
           "    - ruff check .\n    mypy {toxinidir}/src\n\n[testenv:docs]\ncommands = mkdocs\n");
  EXPECT_THAT(show_units(file), ElementsAre("py310@4", "py311@4", "lint@10", "py@4", "docs@15", "default@1"));
  EXPECT_THAT(show_commands(file),
              ElementsAre("py310: pytest tests @6", "py311: pytest tests @6", "py311: coverage report @8",
                          "lint: ruff check . @12 swallowed", "lint: mypy ./src @13", "py: pytest tests @6",
                          "docs: mkdocs @16"));
  EXPECT_THAT(show_links(file), ElementsAre("default runs py310", "default runs py311", "default runs lint"));
}

TEST(Tox, ReadsPyproject) {
  EXPECT_THAT(show_commands(read(
                  passes::tox, "pyproject.toml",
                  "[tool.tox]\nenv_list = ['a']\n[tool.tox.env_run_base]\ncommands = [['pytest', '-q']]\n")),
              Contains("a: pytest -q @4"));
  EXPECT_THAT(show_commands(read(passes::tox, "pyproject.toml",
                                 "[tool.tox]\nlegacy_tox_ini = '''\n[testenv]\ncommands = pytest\n'''\n")),
              Contains("py: pytest @4"));
  EXPECT_THAT(show_units(read(passes::tox, "pyproject.toml", "[tool.ruff]\nx = 1\n")), IsEmpty());
}

TEST(Tox, SurvivesHostileLists) {
  std::string braces;
  for (int i = 0; i < 40; ++i) braces += "{a,b}";
  read(passes::tox, "tox.ini", "[tox]\nenvlist = " + braces + "\n[testenv]\ncommands = x\n");
  read(passes::tox, "tox.ini", "[tox]\nenvlist = {{{,}}\n[testenv:{]\ncommands = {\n");
}

TEST(ProjectScripts, GivesEntryPointsAndTasks) {
  const AutomationFile file =
      read(passes::project_scripts, "pyproject.toml",
           "[project.scripts]\nchurn = 'churn.cli:main'\n[tool.poe.tasks]\ntest = 'pytest -q'\n"
           "all = ['lint', 'test']\nlint = {cmd = 'ruff check .', ignore_fail = true}\n"
           "go = {script = 'churn.job:run(1)'}\n[tool.hatch.envs.dev.scripts]\n"
           "check = ['- mypy .', 'pytest']\n");
  EXPECT_THAT(show_units(file),
              ElementsAre("churn@2", "test@4", "all@5", "lint@6 swallowed", "go@7", "dev:check@9"));
  EXPECT_EQ(file.units[0].kind, UnitKind::kEntryPoint);
  EXPECT_EQ(file.units[1].system, "poe");
  EXPECT_EQ(file.units[5].system, "hatch");
  EXPECT_THAT(show_commands(file),
              ElementsAre("churn: churn.cli:main @2", "test: pytest -q @4", "lint: ruff check . @6",
                          "go: churn.job:run @7", "dev:check: mypy . @9 swallowed", "dev:check: pytest @9"));
  EXPECT_THAT(show_links(file), Contains("all runs lint"));
}

TEST(ProjectScripts, ReadsSetupCfgAndNpm) {
  EXPECT_THAT(show_commands(read(passes::project_scripts, "setup.cfg",
                                 "[options.entry_points]\nconsole_scripts =\n    a = b.c:d [x]\n")),
              ElementsAre("a: b.c:d @3"));
  EXPECT_THAT(
      show_commands(read(passes::project_scripts, "package.json", "{\"scripts\": {\n\"test\": \"vitest\"}}")),
      ElementsAre("test: vitest @2"));
}

TEST(JobFiles, ReadsSubmittedJobs) {
  const AutomationFile file = read(passes::job_files, "deploy/job.yaml",
                                   "name: train\nentrypoint: bash deploy/run.sh\ncompute_config: small\n");
  EXPECT_THAT(show_units(file), ElementsAre("deploy/job.yaml@2"));
  EXPECT_EQ(file.units[0].kind, UnitKind::kStage);
  EXPECT_THAT(show_commands(file), ElementsAre("deploy/job.yaml: bash deploy/run.sh @2"));
  EXPECT_THAT(
      show_commands(read(passes::job_files, "sky.yaml",
                         "resources: {cpus: 4}\nsetup: |\n  pip install .\nrun: |\n  python train.py\n")),
      ElementsAre("sky.yaml: pip install . @3", "sky.yaml: python train.py @5"));
  EXPECT_THAT(
      show_commands(read(passes::job_files, "MLproject",
                         "name: x\nentry_points:\n  main:\n    command: python train.py --a {alpha}\n")),
      ElementsAre("main: python train.py --a ${alpha} @4"));
}

TEST(JobFiles, ReadsKubernetesWorkloads) {
  const AutomationFile file =
      read(passes::kubernetes, "k8s/all.yaml",
           "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: drift}\nspec:\n  schedule: '0 3 * * *'\n  "
           "jobTemplate:\n"
           "    spec:\n      template:\n        spec:\n          containers:\n          - image: x\n         "
           "   command: [python]\n"
           "            args: [-m, churn.drift]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: "
           "old}\nspec:\n"
           "  schedule: '@daily'\n  suspend: true\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: "
           "{name: api}\nspec:\n"
           "  template:\n    spec:\n      containers:\n      - command: [sh, -c, 'uvicorn app:app']\n");
  EXPECT_THAT(show_triggers(file), ElementsAre("drift on cron 0 3 * * *"));
  EXPECT_THAT(show_commands(file),
              ElementsAre("drift: python -m churn.drift @12", "api: uvicorn app:app @29"));
  EXPECT_EQ(file.units.at(0).kind, UnitKind::kSchedule);
  EXPECT_TRUE(file.units.at(1).manual);
  EXPECT_EQ(file.units.at(1).condition, "suspend: true");
  EXPECT_EQ(file.units.at(2).kind, UnitKind::kService);
}

TEST(JobFiles, SaysNothingOfOtherYaml) {
  for (const char* text :
       {"run: x\n", "entrypoint: x\n", "kind: Deployment\n", "steps:\n- run: x\n", "kind: [\n",
        "apiVersion: 1\nkind: Job\nspec: []\n", "apiVersion: 1\nkind: CronJob\nspec: {schedule: []}\n"}) {
    EXPECT_THAT(show_commands(read(passes::job_files, "a.yaml", text)), IsEmpty()) << text;
  }
  EXPECT_THAT(show_units(read(passes::job_files, ".github/workflows/a.yaml", "name: x\nentrypoint: y\n")),
              IsEmpty());
}

}  // namespace
}  // namespace mlgrade
