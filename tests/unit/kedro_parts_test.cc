// A runner of Kedro that is handed a pipeline runs its nodes; modules that are loaded by a path.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

const char kTrain[] =
    "from kedro.pipeline import Pipeline, node\n\ndef fit(rows):\n    return rows\n\n"
    "def create_pipeline():\n    return Pipeline([node(fit, 'rows', 'model')])\n";
const char kClean[] =
    "from kedro.pipeline import Pipeline, node\n\ndef clean(rows):\n    return rows\n\n"
    "def scale(rows):\n    return rows\n\n"
    "cleaning = Pipeline([node(clean, 'raw', 'rows')])\n"
    "scaling = Pipeline([node(scale, 'rows', 'scaled')])\nprepare = cleaning + scaling\n";

Reached serve(const std::string& run) {
  return Reached({{"train.py", kTrain},
                  {"prepare.py", kClean},
                  {"serve.py",
                   "from kedro.runner import SequentialRunner\nfrom prepare import prepare\n"
                   "from train import create_pipeline\n\n" +
                       run},
                  on_push("python serve.py")});
}

TEST(KedroRunner, RunsThePipelineThatItIsGiven) {
  const Reached repo = serve("runner = SequentialRunner()\nrunner.run(pipeline=prepare, catalog=None)\n");
  EXPECT_EQ(repo.runs("clean"), "automatic");
  EXPECT_EQ(repo.runs("scale"), "automatic");
  EXPECT_EQ(repo.runs("fit").substr(0, 7), "nothing");
}

TEST(KedroRunner, FollowsFunctionsAndSums) {
  const Reached repo = serve("all = prepare + create_pipeline()\nSequentialRunner().run(all, None)\n");
  EXPECT_EQ(repo.runs("clean"), "automatic");
  EXPECT_EQ(repo.runs("fit"), "automatic");
}

TEST(Dispatch, AConstantNameTakesOneEntry) {
  const std::string steps =
      "def fit():\n    return 1\n\ndef score(n):\n    return n\n\ndef report():\n    return 2\n\n"
      "def run_step(name):\n    table = {'fit': fit, 'score': lambda: score(1), 'report': report}\n"
      "    return table[name]()\n\n";
  const auto run = [&](const std::string& line) {
    return Reached({{"steps.py", steps + line}, on_push("python steps.py")});
  };
  EXPECT_EQ(run("run_step('fit')\n").runs("fit"), "automatic");
  EXPECT_EQ(run("run_step('fit')\n").runs("score").substr(0, 7), "nothing");
  EXPECT_EQ(run("run_step('score')\n").runs("score"), "automatic");
  EXPECT_EQ(run("run_step('score')\n").runs("report").substr(0, 7), "nothing");
  EXPECT_EQ(run("run_step('gone')\n").runs("fit").substr(0, 7), "nothing");
  // What is not known may be any of them.
  EXPECT_EQ(run("import sys\nrun_step(sys.argv[1])\n").runs("report"), "automatic");
}

TEST(LoadedModules, OneFileOfThatNameIsMeantPerhaps) {
  const std::string load =
      "from importlib.util import module_from_spec, spec_from_file_location\n\n"
      "def load_module_from_file(path):\n"
      "    spec = spec_from_file_location('x', path)\n    return module_from_spec(spec)\n\n"
      "slices = load_module_from_file(f'{HERE}/slices.py')\nslices.evaluate()\n";
  const std::string slices = "def evaluate():\n    return 1\n\ndef other():\n    return 2\n";
  const Reached repo({{"run.py", load}, {"steps/slices.py", slices}, on_push("python run.py")});
  EXPECT_EQ(repo.runs("evaluate"), "automatic maybe");
  EXPECT_EQ(repo.runs("other").substr(0, 7), "nothing");
  const Reached two(
      {{"run.py", load}, {"a/slices.py", slices}, {"b/slices.py", slices}, on_push("python run.py")});
  EXPECT_EQ(two.runs("evaluate").substr(0, 7), "nothing");
}

}  // namespace
}  // namespace mlgrade
