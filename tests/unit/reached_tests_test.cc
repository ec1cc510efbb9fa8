// Whether a test is reached through the ways in which people start pytest, and what is lost on the way.
#include <gtest/gtest.h>

#include "analyzer/graph/graph.h"
#include "analyzer/passes/pass.h"

namespace mlgrade {
namespace {

std::string indented(const std::string& text, const std::string& by) {
  std::string out = by;
  for (char c : text) {
    out += c;
    if (c == '\n') out += by;
  }
  return out + "\n";
}

// A repository with one test, many runners, and a workflow with the given step.
Reach reach_of_test(const std::string& step, const std::string& job = "") {
  std::vector<std::pair<std::string, std::string>> files = {
      {"pkg/__init__.py", "def add(a, b):\n    return a + b\n"},
      {"tests/test_a.py", "from pkg import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"},
      {"Makefile", "test:\n\tpytest tests\n"},
      {"sub/Makefile", "test:\n\tcd .. && pytest tests\n"},
      {"tox.ini",
       "[tox]\nenvlist = py\n[testenv]\ncommands = pytest tests\n[testenv:lint]\ncommands = ruff .\n"},
      {"noxfile.py",
       "import nox\n\n\n@nox.session\ndef tests(session):\n    session.run(\"pytest\", \"tests\")\n"},
      {"Dockerfile", "FROM python:3.12\nCOPY . /app\n"},
      {"docker-compose.yml", "services:\n  web:\n    build: .\n    command: uvicorn app:app\n"},
      {"scripts/test.sh", "set -e\npytest tests\n"},
      {"scripts/test.ps1", "pytest tests\n"},
      {"scripts/exit.ps1", "pytest tests\nexit $LASTEXITCODE\n"},
      {"scripts/test.bat", "@echo off\npytest tests\n"},
      {"pyproject.toml",
       "[tool.hatch.envs.default.scripts]\ncheck = \"pytest tests\"\n"
       "[tool.poe.tasks]\ncheck = \"pytest tests\"\n[tool.pdm.scripts]\ncheck = \"pytest tests\"\n"
       "[tool.pixi.tasks]\ncheck = \"pytest tests\"\n"},
      {".pre-commit-config.yaml",
       "repos:\n  - repo: local\n    hooks:\n      - id: t\n        name: t\n        entry: pytest tests\n"
       "        language: system\n"},
      {".github/workflows/ci.yml", "on: push\njobs:\n  a:\n" +
                                       (job.empty() ? "    runs-on: ubuntu-latest\n" : job) + "    steps:\n" +
                                       step}};
  const FactStore facts = collect_facts(memory_repo(std::move(files)), 1);
  const Graph graph = build_graph(facts);
  EXPECT_EQ(facts.tests.size(), 1u);
  return facts.tests.empty() ? Reach{} : graph.reach(graph.node_of_test(0));
}

Reach run(const std::string& text, const std::string& more = "", const std::string& job = "") {
  return reach_of_test("      - run: |\n" + indented(text, "          ") + more, job);
}

void expect_blocks(const Reach& reach, const std::string& what) {
  EXPECT_EQ(reach.by, Reach::By::kAutomatic) << what << "\n" << reach.broken;
  EXPECT_EQ(reach.effect, Effect::kBlocking) << what << "\n" << reach.defeated_why;
  EXPECT_EQ(reach.certain, Truth::kYes) << what;
}

TEST(ReachedTests, ThroughRunnersOfPython) {
  for (const char* text : {
           "pytest",
           "py.test tests",
           "python -m pytest tests -q",
           "python3.12 -X dev -W error -m pytest",
           "coverage run -m pytest",
           "coverage run --branch --source pkg -p -m pytest tests",
           "python -m coverage run -m pytest",
           "slipcover -m pytest",
           "poetry run pytest",
           "poetry -C . run python -m pytest",
           "python -m poetry run pytest",
           "uv run pytest",
           "uv run --frozen --all-extras -- pytest tests",
           "uvx --with numpy pytest tests",
           "pdm run pytest",
           "pdm run check",
           "pipenv run pytest",
           "hatch run pytest",
           "hatch run test:pytest tests",
           "hatch run check",
           "hatch test",
           "rye run pytest",
           "rye test",
           "pixi run -e dev pytest",
           "pixi run check",
           "poe check",
           "poetry run poe check",
           "uv run poe check",
           "conda run -n ml --no-capture-output pytest",
           "micromamba run -n ml pytest",
           "mamba run -p ./env pytest",
           "tox",
           "tox -e py",
           "tox run -e py312",
           "TOXENV=py tox",
           "python -m tox -e py",
           "uvx tox",
           "nox",
           "nox -s tests",
           "nox --session=tests-3.12",
           "python -m nox -s tests",
           "pre-commit run --all-files",
           "nosetests tests",
       }) {
    expect_blocks(run(text), text);
  }
}

TEST(ReachedTests, ThroughShellsAndWrappers) {
  for (const char* text : {
           "bash -c \"pytest tests\"",
           "bash -lc 'pytest tests'",
           "/usr/bin/bash -euo pipefail -c 'pip list; pytest tests'",
           "sh -ec 'pytest'",
           "eval \"pytest tests\"",
           "source .venv/bin/activate && pytest",
           ". venv/bin/activate\npytest tests",
           ".venv/bin/pytest tests",
           "./venv/bin/python -m pytest",
           "$VENV/bin/pytest tests",
           "$PYTHON -m pytest",
           "${PYTHON:-python3} -m pytest tests",
           "CMD=\"pytest -q tests\"\n$CMD",
           "DIR=tests\npytest $DIR",
           "cd sub && make test",
           "make -C sub test",
           "make test",
           "make -f Makefile test",
           "MAKEFLAGS=-j2 make test",
           "timeout 10 pytest",
           "timeout -k 5s 10m pytest tests",
           "timeout --signal=INT ${{ env.LIMIT }} pytest tests",
           "env X=1 pytest",
           "X=1 pytest",
           "sudo -E pytest",
           "nohup pytest",
           "time pytest",
           "nice -n 10 pytest",
           "xvfb-run -a pytest",
           "xvfb-run --server-args='-screen 0 1x1x24' pytest tests",
           "stdbuf -oL pytest",
           "flock /tmp/lock pytest",
           "exec pytest",
           "mpirun -n 2 python -m pytest",
           "op run --env-file=.env -- pytest",
           "doppler run -- pytest tests",
           "aws-vault exec ci -- pytest",
           "nix develop -c pytest",
           "nix develop .#ci --command pytest tests",
           "nix-shell --run 'pytest tests'",
           "su ci -c 'pytest tests'",
           "wait-for-it.sh db:5432 -t 30 -- pytest",
           "concurrently \"pytest tests\"",
           "direnv exec . pytest",
           "mise exec -- pytest",
           "scripts/test.sh",
           "bash scripts/test.sh",
           "bash -x ./scripts/test.sh",
           "chmod +x scripts/test.sh && ./scripts/test.sh",
           "if pytest; then echo good; else exit 1; fi",
           "pytest || exit 1",
           "pytest || { echo failed; exit 2; }",
           "python - <<EOF\nprint(1)\nEOF\npytest",
       }) {
    expect_blocks(run(text), text);
  }
}

TEST(ReachedTests, ThroughContainers) {
  for (const char* text : {
           "docker run image pytest",
           "docker run --rm -v \"$PWD:/app\" -w /app -e CI=1 image:1 pytest tests",
           "docker run --rm image python -m pytest",
           "docker run --rm --entrypoint pytest image tests",
           "docker run image bash -c \"pytest tests\"",
           "docker run --rm -it image sh -c 'cd /app && pytest tests'",
           "docker exec box pytest tests",
           "docker exec -t -u root box python -m pytest",
           "docker compose run web pytest",
           "docker compose -f docker-compose.yml run --rm -e CI=1 web pytest tests",
           "docker-compose run --rm web pytest",
           "docker compose exec -T web pytest",
           "docker-compose exec web make test",
           "podman run image pytest",
           "kubectl exec pod/x -c app -- pytest tests",
           "singularity exec image.sif pytest tests",
           "ssh host 'pytest tests'",
       }) {
    expect_blocks(run(text), text);
  }
}

TEST(ReachedTests, ThroughActionsThatTakeCommands) {
  for (const char* step : {
           "      - uses: nick-fields/retry@v3\n        with: {max_attempts: 3, command: pytest tests}\n",
           "      - uses: nick-invision/retry@v2\n        with:\n          command: |\n            pip list\n"
           "            pytest tests\n",
           "      - uses: coactions/setup-xvfb@v1\n        with: {run: pytest}\n",
           "      - uses: addnab/docker-run-action@v3\n        with: {image: x, run: pytest tests}\n",
           "      - uses: devcontainers/ci@v0.3\n        with: {runCmd: pytest tests}\n",
           "      - uses: uraimo/run-on-arch-action@v2\n        with: {run: pytest tests}\n",
           "      - uses: docker://python:3.12\n        with: {args: pytest tests}\n",
           "      - uses: docker://python:3.12\n        with: {entrypoint: pytest, args: tests}\n",
           "      - uses: pre-commit/action@v3.0.1\n",
           "      - run: pytest\n        shell: bash --noprofile --norc -eo pipefail {0}\n",
           "      - run: |\n          import pytest\n      - run: pytest\n        shell: bash -l {0}\n",
       }) {
    expect_blocks(reach_of_test(step), step);
  }
}

TEST(ReachedTests, ThroughWhatTheMatrixAndTheEnvironmentHold) {
  const std::string matrix =
      "    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n        python: ['3.11', '3.12']\n"
      "        check: [lint, test]\n        include:\n          - {python: '3.13', check: all, command: "
      "pytest tests}\n";
  expect_blocks(run("make ${{ matrix.check }}", "", matrix), "make by matrix");
  expect_blocks(run("${{ matrix.command }}", "", matrix), "command by matrix");
  expect_blocks(run("tox -e ${{ matrix.env }}", "",
                    "    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n        env: [lint, py]\n"),
                "tox by matrix");
  const std::string env = "    runs-on: ubuntu-latest\n    env: {WHERE: tests, RUN: pytest tests}\n";
  expect_blocks(run("pytest ${{ env.WHERE }}", "", env), "folder by expression");
  expect_blocks(run("pytest \"$WHERE\"", "", env), "folder by variable");
  expect_blocks(run("$RUN", "", env), "command by variable");
}

TEST(ReachedTests, AreInDoubtWhereArgumentsAreKnownLater) {
  for (const char* text : {"git diff --name-only | xargs pytest", "$RUNNER pytest tests", "pytest $WHERE",
                           "for d in tests/a tests; do pytest $d; done"}) {
    const Reach reach = run(text);
    EXPECT_EQ(reach.by, Reach::By::kAutomatic) << text;
    EXPECT_EQ(reach.certain, Truth::kUnknown) << text;
  }
}

TEST(ReachedTests, ThroughPowerShell) {
  const std::string windows = "    runs-on: windows-latest\n";
  for (const char* text : {
           "pytest",
           "python -m pytest tests",
           "pip install -e .\npytest tests",
           "pytest tests\nWrite-Host done",
           "& .venv\\Scripts\\python.exe -m pytest tests",
           ".\\.venv\\Scripts\\Activate.ps1\npytest",
           "pytest tests; if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }\npython -m pip list",
           "pytest tests\nif (-not $?) {\n  throw 'failed'\n}\npip list",
           "$PSNativeCommandUseErrorActionPreference = $true\npytest tests\npip list",
           "pytest tests || exit 1\npip list",
           "pip list && pytest tests",
           "$env:CI = '1'\npython -m pytest `\n  tests",
           "poetry run pytest | Tee-Object log.txt",
           "cd sub\nmake test",
           "./scripts/test.ps1",
           "function Invoke-Tests { pytest tests }\nInvoke-Tests",
           "exec { pytest tests }\npip list",
           "try { pip list } finally { pytest tests }",
           "if ($true) { pytest tests }",
       }) {
    expect_blocks(run(text, "", windows), text);
    expect_blocks(run(text, "        shell: pwsh\n"), text);
  }
  expect_blocks(run("pwsh scripts/exit.ps1"), "a script that says exit");
  expect_blocks(run("pwsh -NoProfile -File scripts/exit.ps1"), "a script that says exit");
}

TEST(ReachedTests, LoseTheirFailureInPowerShell) {
  for (const char* text : {
           "pytest tests\npip list",
           "pytest tests\nexit 0",
           "pytest tests || echo failed",
           "$PSNativeCommandUseErrorActionPreference = $true\ntry { pytest tests } catch { Write-Host $_ }",
           "Start-Process pytest -ArgumentList 'tests' -Wait",
           "pytest tests | findstr passed",
           "pytest tests\nif ($LASTEXITCODE -ne 0) { Write-Host 'failed' }\npip list",
       }) {
    const Reach reach = run(text, "        shell: pwsh\n");
    EXPECT_EQ(reach.by, Reach::By::kAutomatic) << text;
    EXPECT_EQ(reach.effect, Effect::kSwallowed) << text;
    EXPECT_FALSE(reach.defeated_why.empty()) << text;
  }
  EXPECT_EQ(run("pwsh scripts/test.ps1").effect, Effect::kSwallowed);
  const Reach maybe = run("if ($env:FULL) { pytest tests }", "        shell: pwsh\n");
  EXPECT_EQ(maybe.certain, Truth::kUnknown);
  EXPECT_EQ(run("if ($false) { pytest tests }", "        shell: pwsh\n").by, Reach::By::kNothing);
  EXPECT_EQ(run("# pytest tests\n<# pytest #>\nWrite-Host 'pytest tests'", "        shell: pwsh\n").by,
            Reach::By::kNothing);
}

TEST(ReachedTests, ThroughCmd) {
  const std::string shell = "        shell: cmd\n";
  for (const char* text : {
           "pytest tests",
           "call .venv\\Scripts\\activate.bat\npytest tests",
           "pip list && pytest tests",
           "pytest tests || exit /b 1\npip list",
           "pytest tests\nif errorlevel 1 exit /b 1\npip list",
           "pytest tests\nif %errorlevel% neq 0 exit /b %errorlevel%\npip list",
           "call scripts\\test.bat",
           "rem pip list\npython -m pytest ^\n  tests\necho done",
       }) {
    expect_blocks(run(text, shell), text);
  }
  for (const char* text :
       {"pytest tests\npip list", "pytest tests\nexit /b 0", "pytest tests || echo failed"}) {
    const Reach reach = run(text, shell);
    EXPECT_EQ(reach.by, Reach::By::kAutomatic) << text;
    EXPECT_EQ(reach.effect, Effect::kSwallowed) << text;
  }
}

TEST(ReachedTests, AreUnknownWhereTheTextIsNotRead) {
  const Reach perl = run("system('pytest tests') == 0 or die", "        shell: perl {0}\n");
  EXPECT_EQ(perl.by, Reach::By::kNothing);
  EXPECT_EQ(perl.unread, "this names pytest, but is a text for perl, which is not read");
  EXPECT_EQ(perl.unread_at.line, 7u);
  const Reach script = reach_of_test(
      "      - uses: actions/github-script@v7\n        with: {script: \"await exec.exec('tox -e py')\"}\n");
  EXPECT_NE(script.unread.find("names tox"), std::string::npos);
  EXPECT_EQ(run("print 1", "        shell: perl {0}\n").unread, "");
  EXPECT_EQ(run("echo pytest").unread, "");
}

// A bare `tox` takes the file of its folder, else that of the nearest one above.
TEST(ReachedTests, TheFileOfTheFolderIsRun) {
  const auto reached = [](const std::string& step) {
    const std::string tox = "[tox]\nenvlist = py\n[testenv]\ncommands = pytest {toxinidir}/tests\n";
    const std::string nox =
        "import nox\n\n\n@nox.session\ndef tests(session):\n    session.run(\"pytest\", \"tests\")\n";
    const std::string test = "def test_it():\n    assert sum([1, 2]) == 3\n";
    const FactStore facts = collect_facts(
        memory_repo({{"app/tox.ini", tox},
                     {"app/noxfile.py", nox},
                     {"app/tests/test_app.py", test},
                     {"app/deep/readme.txt", "x"},
                     {"model/tox.ini", tox},
                     {"model/noxfile.py", nox},
                     {"model/tests/test_model.py", test},
                     {".github/workflows/ci.yml",
                      "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n" + step}}),
        1);
    const Graph graph = build_graph(facts);
    std::string out;
    for (uint32_t t = 0; t < facts.tests.size(); ++t) {
      if (graph.reached_by(graph.node_of_test(t)) == Reach::By::kAutomatic)
        out += facts.tests[t].id.str() + " ";
    }
    return out;
  };
  const std::string app = "app/tests/test_app.py::test_it ", model = "model/tests/test_model.py::test_it ";
  EXPECT_EQ(reached("      - run: tox\n        working-directory: app\n"), app);
  EXPECT_EQ(reached("      - run: cd app/deep && tox -e py\n"), app);
  EXPECT_EQ(reached("      - run: tox -c model/tox.ini\n"), model);
  EXPECT_EQ(reached("      - run: tox -c model\n"), model);
  EXPECT_EQ(reached("      - run: nox\n        working-directory: model\n"), model);
  EXPECT_EQ(reached("      - run: nox -f app/noxfile.py\n"), app);
  EXPECT_EQ(reached("      - run: cd $PLACE && tox\n"), app + model);
}

}  // namespace
}  // namespace mlgrade
