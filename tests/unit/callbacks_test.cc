// What is registered with a framework runs with its application: servers, command lines, clients in tests,
// programs; not with an import.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/graph/graph.h"
#include "analyzer/passes/pass.h"

namespace mlgrade {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

struct World {
  explicit World(Files files)
      : facts(collect_facts(memory_repo(std::move(files)), 1)), graph(build_graph(facts)) {}

  NodeId function(std::string_view qualname) const {
    for (uint32_t m = 0; m < facts.python.size(); ++m) {
      for (uint32_t f = 0; f < facts.python[m].functions.size(); ++f) {
        if (facts.python[m].functions[f].qualname == qualname) return graph.node_of_function({m, f});
      }
    }
    ADD_FAILURE() << "no function " << qualname;
    return kNone;
  }

  bool runs(NodeId from, std::string_view qualname) const {
    const std::vector<NodeId> closure = graph.closure(from);
    return std::binary_search(closure.begin(), closure.end(), function(qualname));
  }
  bool calls(std::string_view from, std::string_view to) const { return runs(function(from), to); }
  bool test_runs(std::string_view test, std::string_view to) const {
    for (uint32_t t = 0; t < facts.tests.size(); ++t) {
      if (facts.tests[t].id.view().ends_with(test)) return runs(graph.node_of_test(t), to);
    }
    ADD_FAILURE() << "no test " << test;
    return false;
  }
  bool pushed(std::string_view qualname) const {
    return graph.reached_by(function(qualname)) == Reach::By::kAutomatic;
  }

  FactStore facts;
  Graph graph;
};

std::pair<std::string, std::string> push(const std::string& line) {
  return {".github/workflows/ci.yml",
          "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: " + line + "\n"};
}

const std::string kApi =
    "from fastapi import APIRouter, Depends, FastAPI\n"
    "def load():\n    pass\n"
    "def wake(app):\n    pass\n"
    "app = FastAPI(lifespan=wake)\n"
    "@app.get('/x')\n"
    "def answer(model=Depends(load)):\n    pass\n"
    "def other():\n    pass\n"
    "app.add_api_route('/y', other)\n"
    "def helper():\n    pass\n";

TEST(Callbacks, RoutesRunWithTheServerAndNotWithTheImport) {
  for (const char* line : {"uvicorn api:app", "gunicorn -k x api:app", "fastapi run api.py"}) {
    const World world({{"api.py", kApi}, push(line)});
    EXPECT_TRUE(world.pushed("answer")) << line;
    EXPECT_TRUE(world.pushed("other")) << line;
    EXPECT_TRUE(world.pushed("load")) << line;
    EXPECT_TRUE(world.pushed("wake")) << line;
    EXPECT_FALSE(world.pushed("helper")) << line;
  }
  const World imported(
      {{"api.py", kApi}, {"train.py", "from api import helper\nhelper()\n"}, push("python train.py")});
  EXPECT_TRUE(imported.pushed("helper"));
  EXPECT_FALSE(imported.pushed("answer"));
  EXPECT_FALSE(imported.pushed("other"));
  EXPECT_FALSE(imported.pushed("load"));
  EXPECT_FALSE(imported.pushed("wake"));
}

TEST(Callbacks, CodeThatStartsAServerRunsItsRoutes) {
  const World own(
      {{"api.py", kApi},
       {"serve.py",
        "import uvicorn\nfrom api import app\nif __name__ == '__main__':\n    uvicorn.run(app)\n"},
       push("python serve.py")});
  EXPECT_TRUE(own.pushed("answer"));
  const World named(
      {{"api.py", kApi}, {"serve.py", "import uvicorn\nuvicorn.run('api:app')\n"}, push("python serve.py")});
  EXPECT_TRUE(named.pushed("answer"));
  const World router(
      {{"routes.py",
        "from fastapi import APIRouter\nr = APIRouter()\n@r.post('/x')\ndef deep():\n    pass\n"},
       {"main.py",
        "from fastapi import FastAPI\nimport routes\napp = FastAPI()\napp.include_router(routes.r)\n"},
       push("uvicorn main:app")});
  EXPECT_TRUE(router.pushed("deep"));
}

TEST(Callbacks, OnlyTestsWithAClientRunRoutes) {
  const World world({{"api.py", kApi},
                     {"test_api.py",
                      "from fastapi.testclient import TestClient\n"
                      "from api import app, helper\n"
                      "client = TestClient(app)\n"
                      "def test_get():\n    assert client.get('/x').status_code == 200\n"
                      "def test_helper():\n    assert helper() is None\n"},
                     {"test_fixture.py",
                      "import pytest\n"
                      "from fastapi.testclient import TestClient\n"
                      "@pytest.fixture\n"
                      "def web():\n    from api import app\n    return TestClient(app)\n"
                      "def test_web(web):\n    assert web.get('/x').status_code == 200\n"
                      "def test_alone():\n    assert True\n"}});
  EXPECT_TRUE(world.test_runs("::test_get", "answer"));
  EXPECT_FALSE(world.test_runs("::test_helper", "answer"));
  EXPECT_TRUE(world.test_runs("::test_helper", "helper"));
  EXPECT_TRUE(world.test_runs("::test_web", "answer"));
  EXPECT_FALSE(world.test_runs("::test_alone", "answer"));
}

TEST(Callbacks, FactoriesAndUnresolvedApplications) {
  const World world(
      {{"api.py",
        "from flask import Flask\n"
        "def create_app():\n"
        "    app = Flask(__name__)\n"
        "    @app.route('/x')\n"
        "    def inner():\n        pass\n"
        "    return app\n"
        "def register(router):\n"
        "    @router.get('/y')\n"
        "    def unknown():\n        pass\n"},
       {"test_api.py",
        "from api import create_app\n"
        "def test_made():\n    assert create_app() is not None\n"
        "def test_asked():\n    assert create_app().test_client().get('/x').status_code == 200\n"}});
  EXPECT_FALSE(world.test_runs("::test_made", "create_app.inner"));
  EXPECT_TRUE(world.test_runs("::test_asked", "create_app.inner"));
  EXPECT_TRUE(world.test_runs("::test_asked", "register.unknown"));
}

TEST(Callbacks, CommandsRunWithTheirGroup) {
  const std::string cli =
      "import click\n"
      "@click.group()\ndef cli():\n    pass\n"
      "@cli.command()\n@click.option('--n')\ndef fit(n):\n    pass\n"
      "@click.command()\ndef late():\n    pass\n"
      "cli.add_command(late)\n"
      "@click.command()\ndef alone():\n    pass\n"
      "if __name__ == '__main__':\n    cli()\n";
  const World world({{"cli.py", cli}, push("python cli.py")});
  EXPECT_TRUE(world.pushed("fit"));
  EXPECT_TRUE(world.pushed("late"));
  EXPECT_FALSE(world.pushed("alone"));
  const World imported({{"cli.py", cli}, {"a.py", "import cli\n"}, push("python a.py")});
  EXPECT_FALSE(imported.pushed("fit"));
  EXPECT_FALSE(imported.pushed("late"));
}

TEST(Callbacks, TyperApplicationsRunWhereTheyAreCalledOrInvoked) {
  const std::string cli =
      "import typer\napp = typer.Typer()\n@app.command()\ndef fit(n: int):\n    pass\n"
      "def plain():\n    pass\n";
  const World called({{"cli.py", cli + "if __name__ == '__main__':\n    app()\n"}, push("python cli.py")});
  EXPECT_TRUE(called.pushed("fit"));
  const World entry({{"cli.py", cli},
                     {"pyproject.toml", "[project]\nname = 'x'\n[project.scripts]\nshop = 'cli:app'\n"},
                     push("shop fit")});
  EXPECT_TRUE(entry.pushed("fit"));
  const World tests({{"cli.py", cli},
                     {"test_cli.py",
                      "from typer.testing import CliRunner\nfrom cli import app, plain\n"
                      "def test_fit():\n    assert CliRunner().invoke(app, ['fit', '1']).exit_code == 0\n"
                      "def test_plain():\n    assert plain() is None\n"}});
  EXPECT_TRUE(tests.test_runs("::test_fit", "fit"));
  EXPECT_FALSE(tests.test_runs("::test_plain", "fit"));
}

TEST(Callbacks, EventsRunWithPrograms) {
  const std::string jobs =
      "from apscheduler.schedulers.blocking import BlockingScheduler\n"
      "s = BlockingScheduler()\n"
      "@s.scheduled_job('cron', hour=3)\ndef nightly():\n    pass\n"
      "def tool():\n    pass\n";
  const World run({{"jobs.py", jobs + "s.start()\n"}, push("python jobs.py")});
  EXPECT_TRUE(run.pushed("nightly"));
  const World test(
      {{"jobs.py", jobs},
       {"test_jobs.py", "from jobs import tool\ndef test_tool():\n    assert tool() is None\n"}});
  EXPECT_FALSE(test.test_runs("::test_tool", "nightly"));
}

TEST(Callbacks, WrappersOfTasksRunNothing) {
  for (const char* decorator :
       {"prefect.task(name='x')", "celery.shared_task(bind=True)", "dagster.asset(group_name='g')",
        "tenacity.retry(stop=3)", "zenml.step(enable_cache=False)", "somewhere.wrap('x')"}) {
    const std::string name = decorator;
    const World world({{"tasks.py", "import " + name.substr(0, name.find('.')) + "\n@" + name +
                                        "\ndef work():\n    pass\ndef tool():\n    pass\n"},
                       {"a.py", "import tasks\n"},
                       {"b.py", "import tasks\ntasks.work()\n"},
                       push("python a.py")});
    EXPECT_FALSE(world.pushed("work")) << decorator;
  }
}

TEST(Callbacks, MarksOfTestsRunNothing) {
  const World world(Files{{"test_a.py",
                           "import pytest\n"
                           "from unittest.mock import patch\n"
                           "def work():\n    pass\n"
                           "@pytest.mark.slow\ndef test_slow():\n    work()\n"
                           "@pytest.mark.parametrize('f', [work])\ndef test_each(f):\n    f()\n"
                           "@patch('os.getcwd')\ndef test_fast(m):\n    assert True\n"}});
  EXPECT_TRUE(world.test_runs("::test_slow", "work"));
  EXPECT_TRUE(world.test_runs("::test_each", "work"));
  EXPECT_FALSE(world.test_runs("::test_fast", "work"));
}

TEST(Callbacks, TestsThatOnlyMentionRunNothing) {
  const World world(
      {{"app.py", "def work():\n    pass\ndef apply_it(f):\n    return f()\n"},
       {"test_app.py",
        "import inspect\nimport threading\nfrom functools import partial\nfrom unittest.mock import patch\n"
        "from app import work, apply_it\n"
        "def test_callable():\n    assert callable(work)\n"
        "def test_signature():\n    assert inspect.signature(work)\n"
        "def test_kept():\n    kept = callable(work)\n    assert kept\n"
        "def test_registry(box):\n    box.add(work)\n    assert len(box) == 1\n"
        "def test_thread():\n    threading.Thread(target=work).start()\n"
        "def test_partial():\n    assert partial(work)() is None\n"
        "def test_handed():\n    assert apply_it(work) is None\n"}});
  for (const char* silent : {"::test_callable", "::test_signature", "::test_kept", "::test_registry"}) {
    EXPECT_FALSE(world.test_runs(silent, "work")) << silent;
  }
  for (const char* runs : {"::test_thread", "::test_partial", "::test_handed"}) {
    EXPECT_TRUE(world.test_runs(runs, "work")) << runs;
  }
}

TEST(Callbacks, EstimatorsAndNetworksWaitUntilTheyAreHandedOver) {
  const World world({{"net.py",
                      "import torch\nfrom sklearn.base import BaseEstimator, TransformerMixin\n"
                      "import pytorch_lightning as pl\n"
                      "class Net(torch.nn.Module):\n"
                      "    def forward(self, x):\n        pass\n"
                      "    def learn(self):\n        pass\n"
                      "class Lit(pl.LightningModule):\n    def training_step(self, b, i):\n        pass\n"
                      "class Scale(BaseEstimator, TransformerMixin):\n"
                      "    def fit(self, x):\n        pass\n    def transform(self, x):\n        pass\n"},
                     {"test_net.py",
                      "from net import Net, Lit, Scale\nimport pytorch_lightning as pl\n"
                      "from sklearn.pipeline import make_pipeline\n"
                      "def test_made():\n    assert Net() is not Lit()\n    Scale()\n"
                      "def test_forward():\n    net = Net()\n    assert net(1)\n"
                      "def test_trainer():\n    lit = Lit()\n    pl.Trainer().fit(lit)\n"
                      "def test_inherited():\n    s = Scale()\n    assert s.fit_transform([1])\n"
                      "def test_pipe():\n    assert make_pipeline(Scale()).fit([1])\n"}});
  for (const char* method :
       {"Net.forward", "Net.learn", "Lit.training_step", "Scale.fit", "Scale.transform"}) {
    EXPECT_FALSE(world.test_runs("::test_made", method)) << method;
  }
  EXPECT_TRUE(world.test_runs("::test_forward", "Net.forward"));
  EXPECT_FALSE(world.test_runs("::test_forward", "Net.learn"));
  EXPECT_TRUE(world.test_runs("::test_trainer", "Lit.training_step"));
  EXPECT_TRUE(world.test_runs("::test_inherited", "Scale.fit"));
  EXPECT_TRUE(world.test_runs("::test_pipe", "Scale.transform"));
}

TEST(Callbacks, FunctionsInATableRunWhereItIsRead) {
  const World world({{"steps.py",
                      "def fit():\n    pass\n"
                      "def tool():\n    pass\n"
                      "STEPS = {'fit': fit}\n"
                      "def run(name):\n    return STEPS[name]()\n"},
                     {"other.py", "import steps\ndef go(name):\n    steps.STEPS.get(name)()\n"},
                     {"test_steps.py",
                      "from steps import STEPS, run, tool\nfrom other import go\n"
                      "def test_tool():\n    assert tool() is None\n"
                      "def test_run():\n    assert run('fit') is None\n"
                      "def test_go():\n    assert go('fit') is None\n"
                      "def test_own():\n    assert [f() for f in STEPS.values()]\n"}});
  EXPECT_FALSE(world.test_runs("::test_tool", "fit"));
  EXPECT_TRUE(world.test_runs("::test_run", "fit"));
  EXPECT_TRUE(world.test_runs("::test_go", "fit"));
  EXPECT_TRUE(world.test_runs("::test_own", "fit"));
}

TEST(Callbacks, PatchedCodeDoesNotRunWithTheTest) {
  const World world({{"app.py",
                      "class Store:\n    def save(self):\n        deep()\n"
                      "def deep():\n    pass\n"
                      "def work():\n    Store().save()\n    near()\n"
                      "def near():\n    pass\n"},
                     {"test_app.py",
                      "from unittest.mock import patch\nfrom app import work\n"
                      "@patch('app.Store')\ndef test_class(m):\n    work()\n"
                      "def test_function():\n    with patch('app.near'):\n        work()\n"}});
  EXPECT_FALSE(world.test_runs("::test_class", "deep"));
  EXPECT_TRUE(world.test_runs("::test_class", "near"));
  EXPECT_TRUE(world.test_runs("::test_function", "deep"));
  EXPECT_FALSE(world.test_runs("::test_function", "near"));
}

const std::pair<std::string, std::string> kTyper = {
    "shop/cli.py",
    "import typer\napp = typer.Typer()\n@app.callback()\ndef settle():\n    pass\n"
    "@app.command()\ndef fit_model():\n    pass\n"
    "@app.command('show')\ndef print_it():\n    pass\n"
    "if __name__ == '__main__':\n    app()\n"};

TEST(Invocations, AskingForHelpRunsNoCommand) {
  EXPECT_FALSE(World({kTyper, push("python -m shop.cli --help")}).pushed("fit_model"));
  EXPECT_FALSE(World({kTyper, push("python shop/cli.py fit-model --help")}).pushed("fit_model"));
  EXPECT_FALSE(World({kTyper, push("python shop/cli.py --version")}).pushed("print_it"));
}

TEST(Invocations, ANamedCommandRunsAloneWithWhatRunsBeforeEach) {
  const World world({kTyper, push("python -m shop.cli --verbose fit-model data.csv")});
  EXPECT_TRUE(world.pushed("fit_model"));
  EXPECT_TRUE(world.pushed("settle"));
  EXPECT_FALSE(world.pushed("print_it"));
  EXPECT_TRUE(World({kTyper, push("python shop/cli.py show")}).pushed("print_it"));
}

TEST(Invocations, WithoutAKnownWordAllCommandsMayRun) {
  EXPECT_TRUE(World({kTyper, push("python -m shop.cli $WHAT")}).pushed("fit_model"));
  EXPECT_TRUE(World({kTyper, push("python -m shop.cli")}).pushed("print_it"));
}

TEST(Invocations, AConsoleScriptIsAskedLikeItsModule) {
  const std::pair<std::string, std::string> project = {
      "pyproject.toml", "[project]\nname = 'shop'\n[project.scripts]\nshop = 'shop.cli:app'\n"};
  const World world({{"shop/__init__.py", ""}, kTyper, project, push("shop show")});
  EXPECT_TRUE(world.pushed("print_it"));
  EXPECT_FALSE(world.pushed("fit_model"));
}

TEST(Invocations, CommandsOfAGroupAreNamedBehindIt) {
  const std::pair<std::string, std::string> click = {
      "shop/main.py",
      "import click\n@click.group()\ndef cli():\n    pass\n"
      "@cli.group()\ndef data():\n    pass\n"
      "@data.command()\ndef load():\n    pass\n@data.command()\ndef drop():\n    pass\n"
      "if __name__ == '__main__':\n    cli()\n"};
  const World world({click, push("python shop/main.py data load")});
  EXPECT_TRUE(world.pushed("load"));
  EXPECT_FALSE(world.pushed("drop"));
}

TEST(Invocations, BranchesForOtherWordsDoNotRun) {
  const std::pair<std::string, std::string> cli = {
      "main.py",
      "import argparse\ndef train():\n    pass\ndef show():\n    pass\ndef close():\n    pass\n"
      "def main():\n"
      "    parser = argparse.ArgumentParser()\n    parser.add_argument('command')\n"
      "    args = parser.parse_args()\n"
      "    if args.command == 'train':\n        train()\n"
      "    elif args.command == 'show':\n        show()\n"
      "    close()\n"
      "if __name__ == '__main__':\n    main()\n"};
  const World world({cli, push("python main.py show")});
  EXPECT_TRUE(world.pushed("show"));
  EXPECT_TRUE(world.pushed("close"));
  EXPECT_FALSE(world.pushed("train"));
  EXPECT_TRUE(World({cli, push("python main.py $COMMAND")}).pushed("train"));
}

}  // namespace
}  // namespace mlgrade
