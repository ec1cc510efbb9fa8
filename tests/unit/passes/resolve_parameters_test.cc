// What parameters without annotation stand for: what calls hand over.
#include <gtest/gtest.h>

#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

const std::string kImports = "from sklearn.svm import SVC\nfrom xgboost import XGBClassifier\n";

TEST(ResolveParameters, WhatACallHandsOver) {
  const std::string text = kImports +
                           "def train(model, rows):\n  model.fit(rows)\n  return model\n"
                           "def judge(rows, model=None):\n  model.score(rows)\n"
                           "fitted = train(SVC(), rows)\nfitted.predict(rows)\n"
                           "judge(rows, model=fitted)\n";
  EXPECT_EQ(target_in(text, "model.fit"), "sklearn.svm.SVC.fit");
  EXPECT_EQ(target_in(text, "fitted.predict"), "sklearn.svm.SVC.predict");
  EXPECT_EQ(target_in(text, "model.score"), "sklearn.svm.SVC.score");
}

TEST(ResolveParameters, AcrossFilesAndConstructors) {
  const FactStore facts = facts_of({
      {"app/__init__.py", ""},
      {"app/trainer.py",
       "class Trainer:\n  def __init__(self, model):\n    self.model = model\n"
       "  def run(self, rows):\n    self.model.fit(rows)\n"},
      {"app/main.py", kImports + "from app.trainer import Trainer\nTrainer(XGBClassifier()).run(rows)\n"},
  });
  EXPECT_EQ(target_of(facts, "app/trainer.py", "self.model.fit"), "xgboost.XGBClassifier.fit");
}

TEST(ResolveParameters, ProductCodeComesBeforeTests) {
  const FactStore facts = facts_of({
      {"a_tests/tests/test_it.py",
       "import core\nclass Fake:\n  def fit(self, x):\n    pass\n"
       "def test_it():\n  core.train(Fake())\n"},
      {"core.py", "def train(model):\n  model.fit([1])\n"},
      {"main.py", kImports + "import core\ncore.train(SVC())\n"},
  });
  EXPECT_EQ(target_of(facts, "core.py", "model.fit"), "sklearn.svm.SVC.fit");
}

TEST(ResolveParameters, NothingIsMadeUp) {
  const std::string text = kImports +
                           "def train(model):\n  model.fit([1])\n"
                           "def other(model):\n  model.fit([1])\n"
                           "class A:\n  def train(self, model):\n    pass\n"
                           "A().train(SVC())\n"
                           "train(*things)\n"
                           "def again(model):\n  model.predict([1])\n  again(model)\n";
  EXPECT_EQ(target_in(text, "model.fit"), "");
  EXPECT_EQ(target_in(text, "model.predict"), "");
}

TEST(ResolveParameters, AnnotationsComeFirst) {
  const std::string text = kImports +
                           "def train(model: XGBClassifier):\n  model.fit([1])\n"
                           "train(SVC())\n";
  EXPECT_EQ(target_in(text, "model.fit"), "xgboost.XGBClassifier.fit");
}

}  // namespace
}  // namespace mlgrade
