// Task runners: a check behind a target that CI asks for, one that is let through, one that nobody asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/reach.h"

namespace mlgrade {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RepoFiles with_step(RepoFiles files, const std::string& step) {
  files.emplace_back(".github/workflows/ci.yml",
                     "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: " + step + "\n");
  return files;
}

std::string reached(RepoFiles files, const std::string& step, std::string_view program) {
  return reach_of(with_step(std::move(files), step), program);
}

std::vector<std::string> dangling(RepoFiles files, const std::string& step) {
  return dangling_of(with_step(std::move(files), step));
}

TEST(TaskRunners, FollowJust) {
  const RepoFiles files = {
      {"justfile",
       "tests := \"tests/unit\"\nset shell := [\"bash\", \"-c\"]\n\n# all of it\ndefault: check\n\n"
       "check: lint (unit \"x\")\n\nunit what='all':\n    pytest {{tests}} {{what}}\n\nlint:\n    "
       "@ruff . && \\\n      mypy .\n    -bandit -r .\n\nother:\n    #!/usr/bin/env bash\n    set -e\n"
       "    tox\n    echo\n\nalias o := other\n"}};
  EXPECT_EQ(reached(files, "just", "pytest"), "automatic");
  EXPECT_EQ(reached(files, "just check", "mypy"), "automatic");
  EXPECT_EQ(reached(files, "just lint", "bandit"), "automatic swallowed");
  EXPECT_EQ(reached(files, "just lint", "pytest"), "nothing");
  EXPECT_EQ(reached(files, "just o", "tox"), "automatic");
  EXPECT_EQ(reached(files, "just --list", "pytest"), "nothing");
  EXPECT_THAT(dangling(files, "just gone"), Contains(HasSubstr("just recipe gone")));
  EXPECT_THAT(dangling(files, "just"), Not(Contains(HasSubstr("what"))));  // a parameter is no path
  EXPECT_EQ(reached({{"a/justfile", "t:\n    pytest\n"}}, "cd a && just t", "pytest"), "automatic");
  EXPECT_EQ(reached({{"a/justfile", "t:\n    pytest\n"}}, "just t", "pytest"), "nothing");
  EXPECT_EQ(
      reached({{"justfile", "import 'ci/x.just'\n"}, {"ci/x.just", "t:\n    pytest\n"}}, "just t", "pytest"),
      "automatic");
}

TEST(TaskRunners, FollowGoTask) {
  const RepoFiles files = {{"Taskfile.yml",
                            "version: '3'\nvars: {DIR: tests}\nincludes:\n  ml: ./ml/Taskfile.yml\ntasks:\n  "
                            "default: {deps: [test]}\n  "
                            "test:\n"
                            "    cmds:\n    - pytest {{.DIR}}\n    - cmd: ruff .\n      ignore_error: true\n "
                            "   - task: types\n  types: mypy .\n"
                            "  soft: {ignore_error: true, cmds: [bandit]}\n"},
                           {"ml/Taskfile.yml", "tasks:\n  train:\n    cmds: [tox]\n"}};
  EXPECT_EQ(reached(files, "task", "pytest"), "automatic");
  EXPECT_EQ(reached(files, "task test", "mypy"), "automatic");
  EXPECT_EQ(reached(files, "task test", "ruff"), "automatic swallowed");
  EXPECT_EQ(reached(files, "task soft", "bandit"), "automatic swallowed");
  EXPECT_EQ(reached(files, "task ml:train", "tox"), "automatic");
  EXPECT_EQ(reached(files, "task types", "pytest"), "nothing");
  EXPECT_THAT(dangling(files, "task gone"), Contains(HasSubstr("task gone")));
}

TEST(TaskRunners, FollowMise) {
  const RepoFiles files = {
      {"mise.toml",
       "[tasks]\nlint = 'ruff .'\n[tasks.test]\nrun = ['pytest', 'mypy .']\ndepends = ['lint']\n"},
      {"mise-tasks/deep.sh", "tox\n"}};
  EXPECT_EQ(reached(files, "mise run test", "pytest"), "automatic");
  EXPECT_EQ(reached(files, "mise run test", "ruff"), "automatic");
  EXPECT_EQ(reached(files, "mise run lint", "pytest"), "nothing");
  EXPECT_EQ(reached(files, "mise run test || true", "pytest"), "automatic swallowed");
  EXPECT_EQ(reached(files, "mise run deep", "tox"), "automatic");
  EXPECT_EQ(reached(files, "mise install", "pytest"), "nothing");
}

TEST(TaskRunners, FollowInvoke) {
  const RepoFiles files = {{"tasks.py",
                            "from invoke import task\n\n@task\ndef lint(c):\n    c.run('ruff .', "
                            "warn=True)\n\n@task(pre=[lint])\ndef "
                            "run_tests(c, mark=''):\n"
                            "    c.run(f'pytest -m {mark}')\n\n@task\ndef other(c):\n    c.run('tox')\n"}};
  EXPECT_EQ(reached(files, "inv run-tests", "pytest"), "automatic");
  EXPECT_EQ(reached(files, "invoke run-tests", "ruff"), "automatic swallowed");
  EXPECT_EQ(reached(files, "inv lint", "tox"), "nothing");
  EXPECT_THAT(dangling(files, "inv gone"), ElementsAre(HasSubstr("invoke task gone")));
  EXPECT_EQ(reached({{"tasks/__init__.py", "from tasks import api\n"},
                     {"tasks/api.py", "from invoke import task\n@task\ndef test(c):\n    c.run('pytest')\n"}},
                    "inv api.test", "pytest"),
            "automatic");
}

TEST(TaskRunners, FollowPackageScripts) {
  const RepoFiles files = {
      {"package.json",
       "{\"scripts\": {\"test\": \"vitest\", \"pretest\": \"eslint .\", \"lint\": \"oxlint || true\"}}"},
      {"web/package.json", "{\"scripts\": {\"test\": \"jest\"}}"}};
  EXPECT_EQ(reached(files, "npm test", "vitest"), "automatic");
  EXPECT_EQ(reached(files, "npm test", "eslint"), "automatic");
  EXPECT_EQ(reached(files, "npm test", "jest"), "nothing");
  EXPECT_EQ(reached(files, "npm --prefix web test", "jest"), "automatic");
  EXPECT_EQ(reached(files, "cd web && yarn test", "jest"), "automatic");
  EXPECT_EQ(reached(files, "npm run lint", "oxlint"), "automatic swallowed");
  EXPECT_THAT(dangling(files, "npm run gone"), ElementsAre(HasSubstr("package script gone")));
  EXPECT_THAT(dangling(files, "yarn install"), IsEmpty());
}

TEST(TaskRunners, FollowSnakemake) {
  const RepoFiles files = {
      {"workflow/Snakefile",
       "include: \"rules/common.smk\"\n\nrule all:\n    input: \"results/report.html\"\n\nrule report:\n    "
       "input:\n"
       "        expand(\"results/{s}.txt\", s=S),\n    output: \"results/report.html\"\n    shell:\n        "
       "\"report "
       "{input} | \"\n        \"tee {output}\"\n\nrule unused:\n    output: \"x\"\n    run:\n        "
       "shell(\"tox\")\n"},
      {"workflow/rules/common.smk",
       "rule test:\n    output: \"results/{sample}.txt\"\n    script: \"../scripts/check.py\"\n"},
      {"workflow/scripts/check.py", "import sys\n"}};
  EXPECT_EQ(reached(files, "snakemake --cores 1", "report"), "automatic");  // bash -euo pipefail
  EXPECT_EQ(reached(files, "snakemake --cores 1", "python"), "automatic");
  EXPECT_EQ(reached(files, "snakemake --cores 1", "tox"), "automatic maybe");
  EXPECT_EQ(reached(files, "snakemake --cores 1 unused", "tox"), "automatic");
  EXPECT_EQ(reached(files, "snakemake --cores 1 || true", "report"), "automatic swallowed");
  EXPECT_EQ(reached(files, "snakemake -n", "report"), "nothing");
}

TEST(TaskRunners, FollowMlProjects) {
  const std::string project = "name: x\nentry_points:\n  main: {command: pytest}\n  deep: {command: tox}\n";
  EXPECT_EQ(reached({{"MLproject", project}}, "mlflow run .", "pytest"), "automatic");
  EXPECT_EQ(reached({{"MLproject", project}}, "mlflow run . -e deep", "tox"), "automatic");
  EXPECT_EQ(reached({{"MLproject", project}}, "mlflow run . -e deep", "pytest"), "nothing");
  EXPECT_EQ(reached({{"ml/MLproject", project}}, "mlflow run ml", "pytest"), "automatic");
  EXPECT_EQ(reached({{"MLproject", project}}, "mlflow run https://github.com/a/b", "pytest"), "nothing");
  EXPECT_EQ(reached({{"MLproject", project}}, "mlflow run . || true", "pytest"), "automatic swallowed");
}

TEST(TaskRunners, FollowDvc) {
  const RepoFiles files = {
      {"dvc.yaml",
       "stages:\n  a:\n    cmd: prepare\n    outs: [x]\n  b:\n    cmd: pytest\n    deps: [x]\n  c:\n    "
       "matrix: {m: [1]}\n    cmd: tox ${item.m}\n"}};
  EXPECT_EQ(reached(files, "dvc repro b", "prepare"), "automatic");
  EXPECT_EQ(reached(files, "dvc repro b", "tox"), "nothing");
  EXPECT_EQ(reached(files, "dvc repro", "tox"), "automatic");
  EXPECT_EQ(reached(files, "dvc repro || true", "tox"), "automatic swallowed");
  EXPECT_EQ(reached(files, "dvc repro --dry", "tox"), "nothing");
  const RepoFiles nested = {{"ml/dvc.yaml", "stages:\n  fit:\n    foreach: [a]\n    do: {cmd: pytest}\n"}};
  EXPECT_EQ(reached(nested, "dvc repro ml/dvc.yaml:fit@a", "pytest"), "automatic");
  EXPECT_EQ(reached(nested, "cd ml && dvc repro fit", "pytest"), "automatic");
  EXPECT_EQ(reached(nested, "dvc exp run -R ml", "pytest"), "automatic");
  EXPECT_EQ(reached(nested, "dvc repro", "pytest"), "nothing");
  EXPECT_THAT(dangling(nested, "cd ml && dvc repro gone"), ElementsAre(HasSubstr("dvc stage gone")));
}

TEST(TaskRunners, FollowProcfiles) {
  const RepoFiles files = {{"Procfile", "web: gunicorn app:app\nworker: celery -A x\n"}};
  EXPECT_EQ(reached(files, "honcho start web", "gunicorn"), "automatic");
  EXPECT_EQ(reached(files, "honcho start web", "celery"), "nothing");
  EXPECT_EQ(reached(files, "honcho start || true", "celery"), "automatic swallowed");
}

TEST(TaskRunners, StopAtTargetsThatCallEachOther) {
  EXPECT_EQ(reached({{"justfile", "a: b\n    pytest\nb: a\n    tox\n"}}, "just a", "tox"), "automatic");
  EXPECT_EQ(
      reached({{"Taskfile.yml", "tasks:\n  a: {deps: [b], cmds: [pytest]}\n  b: {deps: [a], cmds: [tox]}\n"}},
              "task a", "tox"),
      "automatic");
  EXPECT_EQ(reached({{"Makefile", "a: b\n\tpytest\nb: a\n\ttox\n"}}, "make a", "tox"), "automatic");
  EXPECT_EQ(reached({{"Snakefile",
                      "rule a:\n    input: 'x'\n    output: 'y'\n    shell: 'pytest'\nrule b:\n    input: "
                      "'y'\n    output: 'x'\n    shell: 'tox'\n"}},
                    "snakemake -c1", "tox"),
            "automatic");
}

TEST(TaskRunners, SurviveOddFiles) {
  for (const char* text : {"", ":", "a:", "a:\n", "a:\n  ", "x := ", "alias", "a: (", "a: (b", "rule",
                           "rule a:", "rule a:\n  input", "rule a:\n  shell: '", "rule a:\n  shell: \"\"\"",
                           "rule a:\n  output: '{'", "tasks: 3", "tasks: {a: {cmds: {x: 1}, deps: 2}}",
                           "includes: {a: 1, b: {taskfile: ..}}", "\xff"}) {
    for (const char* path : {"justfile", "Taskfile.yml", "Snakefile", "Procfile", "mise.toml"}) {
      reach_of({{path, text}}, "x");
    }
  }
}

}  // namespace
}  // namespace mlgrade
