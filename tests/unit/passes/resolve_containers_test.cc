// What comes out of lists, tuples and dicts, whether written out at once or filled step by step.
#include <gtest/gtest.h>

#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

const std::string kImports =
    "import joblib\nfrom sklearn.svm import SVC\nfrom xgboost import XGBClassifier\nfrom sklearn import "
    "base\n";
const std::string kSvc = "sklearn.svm.SVC";

TEST(ResolveContainers, DictsOfEstimators) {
  const std::string text = kImports +
                           "models = {'none': None, 'svc': SVC(), 'xgb': XGBClassifier()}\n"
                           "for name, model in models.items():\n  model.fit(X, y)\n"
                           "for value in models.values():\n  value.fit(X, y)\n"
                           "for key in models:\n  key.fit(X)\n  one = models[key]\n  one.fit(X, y)\n"
                           "two = models['xgb']\ntwo.fit(X, y)\nmodels.get('xgb').predict(X)\n"
                           "list(models.values())[0].score(X)\n";
  EXPECT_EQ(target_in(text, "model.fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "value.fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "key.fit"), "");
  EXPECT_EQ(target_in(text, "one.fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "two.fit"), "xgboost.XGBClassifier.fit");
  EXPECT_EQ(target_in(text, "models.get().predict"), "xgboost.XGBClassifier.predict");
  EXPECT_EQ(target_in(text, "list()[].score"), kSvc + ".score");
}

TEST(ResolveContainers, DictsOfClasses) {
  const std::string text = kImports +
                           "MAP = {'xgb': XGBClassifier, 'svc': SVC}\n"
                           "def train(name, params):\n  MAP[name](**params).fit(X, y)\n"
                           "  cls = MAP.get(name)\n  model = cls()\n  model.fit(X, y)\n";
  EXPECT_EQ(target_in(text, "MAP[]().fit"), "xgboost.XGBClassifier.fit");
  EXPECT_EQ(target_in(text, "model.fit"), "xgboost.XGBClassifier.fit");
}

TEST(ResolveContainers, AnAnnotationThatSaysNothingHidesNothing) {
  const std::string text =
      kImports +
      "def build() -> dict[str, object]:\n  return {'svc': SVC(), 'xgb': XGBClassifier()}\n"
      "def one() -> base.BaseEstimator:\n  return XGBClassifier()\n"
      "def read() -> dict:\n  return joblib.load('x')\n"
      "models = build()\nmodel = models[name]\nmodel.fit(X, y)\n"
      "base.clone(models['xgb']).fit(X, y)\n"
      "single = one()\nsingle.fit(X, y)\nloaded = read()\nloaded[name].score(X)\n";
  EXPECT_EQ(target_in(text, "model.fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "single.fit"), "xgboost.XGBClassifier.fit");
  EXPECT_EQ(target_in(text, "loaded[].score"), "dict[].score");
}

TEST(ResolveContainers, ListsAndTuples) {
  const std::string text = kImports +
                           "pairs = [('svc', SVC()), ('xgb', XGBClassifier())]\n"
                           "for name, model in pairs:\n  name.lower()\n  model.fit(X, y)\n"
                           "for i, (key, est) in enumerate(pairs):\n  est.fit(X, y)\n"
                           "for a, b in zip([SVC()], [XGBClassifier()]):\n  b.fit(X)\n"
                           "for each in (XGBClassifier(), SVC()):\n  each.fit(X, y)\n"
                           "first, second = (SVC(), XGBClassifier())\nsecond.fit(X, y)\n";
  EXPECT_EQ(target_in(text, "name.lower"), "str.lower");
  EXPECT_EQ(target_in(text, "model.fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "est.fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "b.fit"), "xgboost.XGBClassifier.fit");
  EXPECT_EQ(target_in(text, "each.fit"), "xgboost.XGBClassifier.fit");
  EXPECT_EQ(target_in(text, "second.fit"), "xgboost.XGBClassifier.fit");
}

TEST(ResolveContainers, FilledStepByStep) {
  const std::string text =
      kImports +
      "models = []\nmodels.append(('svc', SVC()))\n"
      "for name, model in models:\n  model.fit(X, y)\n"
      "class Zoo:\n  def __init__(self):\n    self.all: dict = {}\n"
      "  def add(self):\n    self.all['x'] = XGBClassifier()\n"
      "  def fit(self):\n    for m in self.all.values():\n      m.fit(X, y)\n"
      "def f():\n  models = {}\n  models['k'] = joblib.load('m')\n  models['k'].predict(X)\n";
  EXPECT_EQ(target_in(text, "model.fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "m.fit"), "xgboost.XGBClassifier.fit");
  EXPECT_EQ(target_in(text, "models[].predict"), "joblib.load().predict");
}

TEST(ResolveContainers, FilledByAFunctionOfTheModule) {
  const std::string text = kImports +
                           "models = {}\nothers = {}\n"
                           "def load():\n  models['svc'] = SVC()\n"
                           "def ask(row):\n  models['svc'].predict(row)\n  model = models.get(row)\n"
                           "  model.score(row)\n"
                           "def own(others):\n  others['svc'] = SVC()\n"
                           "def other(row):\n  others['svc'].predict(row)\n";
  EXPECT_EQ(target_in(text, "models[].predict"), kSvc + ".predict");
  EXPECT_EQ(target_in(text, "model.score"), kSvc + ".score");
  EXPECT_EQ(target_in(text, "others[].predict"), "dict[].predict");  // the parameter is another one
}

TEST(ResolveContainers, NestedAndBuiltOfEachOther) {
  const std::string text = kImports +
                           "grid = {'svc': {'name': 'svc', 'model': SVC(), 'params': {}}}\n"
                           "for name, entry in grid.items():\n  entry['model'].fit(X, y)\n"
                           "both = {**grid, 'xgb': 1}\nboth['svc']['model'].predict(X)\n"
                           "named = dict(xgb=XGBClassifier())\nnamed['xgb'].fit(X, y)\n";
  EXPECT_EQ(target_in(text, "entry[].fit"), kSvc + ".fit");
  EXPECT_EQ(target_in(text, "both[][].predict"), kSvc + ".predict");
  EXPECT_EQ(target_in(text, "named[].fit"), "xgboost.XGBClassifier.fit");
}

TEST(ResolveContainers, ALibraryClassComesBeforeOneOfTheRepository) {
  const std::string text = kImports +
                           "class Own:\n  def fit(self, X): pass\nclass Other:\n  def fit(self, X): pass\n"
                           "for m in [Own(), SVC()]:\n  m.fit(X)\nfor o in [Own(), Other()]:\n  o.fit(X)\n";
  EXPECT_EQ(target_in(text, "m.fit"), kSvc + ".fit");
  EXPECT_EQ(runs(facts_of({{"a.py", text}}), "a.py", "o.fit"), "a.Own.fit");
}

TEST(ResolveContainers, NothingIsMadeUp) {
  const std::string text = kImports +
                           "names = ['a', 'b']\nfor n in names:\n  n.fit(X)\nlookup = {'a': 1}\n"
                           "lookup['a'].fit(X)\nempty = []\nempty[0].fit(X)\n"
                           "loop = []\nloop.append(loop[0])\nloop[0].go()\n"
                           "for x, y in [(SVC(), 1, 2)]:\n  x.go()\n";
  EXPECT_EQ(target_in(text, "n.fit"), "");
  EXPECT_EQ(target_in(text, "lookup[].fit"), "dict[].fit");
  EXPECT_EQ(target_in(text, "empty[].fit"), "list[].fit");
  EXPECT_EQ(target_in(text, "loop[].go"), "list[].go");
  EXPECT_EQ(target_in(text, "x.go"), "");
}

}  // namespace
}  // namespace mlgrade
