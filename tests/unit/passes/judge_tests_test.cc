// What each test is worth (rubric F-05, F-06): checks, what they depend on, why a test counts for nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Worth = TestAssertion::Worth;

const char kApp[] =
    "import requests\n"
    "LIMIT = 3\n"
    "def clean(x):\n  return helper(x)\n"
    "def helper(x):\n  return x + 1\n"
    "def fetch(u):\n  return requests.get(u)\n"
    "def describe(u):\n  return fetch(u)\n"
    "def main(): print(1)\n"
    "class Model:\n  def fit(self, x):\n    self.w = x\n    return self\n  def predict(self, x):\n    return "
    "x\n";

FactStore with_app(const std::string& text) {
  return facts_of({{"app.py", kApp}, {"tests/test_a.py", text}});
}

TestCase only(const std::string& text) {
  FactStore facts = with_app(text);
  EXPECT_EQ(facts.tests.size(), 1u) << text;
  return facts.tests.empty() ? TestCase() : facts.tests[0];
}

// The worth of the only check of the only test, with `body` as its statements.
Worth worth_of(const std::string& body, const std::string& head = "") {
  TestCase test =
      only("import pytest, app\nfrom app import clean, Model\n" + head + "def test_x():\n" + body);
  EXPECT_EQ(test.assertions.size(), 1u) << body;
  return test.assertions.empty() ? Worth::kEffective : test.assertions[0].worth;
}

TEST(JudgeTests, AnAssertionOnTheProjectsCodeIsEffective) {
  TestCase test = only("from app import clean\ndef test_x():\n  y = clean(1)\n  assert y == 2\n");
  EXPECT_TRUE(test.effective);
  EXPECT_EQ(test.defeat, "");
  EXPECT_FALSE(test.on_artifacts);
  ASSERT_EQ(test.assertions.size(), 1u);
  EXPECT_TRUE(test.assertions[0].compares_number);
  EXPECT_THAT(test.assertions[0].depends_on, ElementsAre(Name("app.clean")));
}

TEST(JudgeTests, ProjectFunctionsAreReachedTransitively) {
  FactStore facts = with_app(
      "from app import clean\ndef use(x):\n  return clean(x)\ndef test_x():\n  assert use(1) == 2\n");
  std::vector<std::string> names;
  for (PyRef ref : facts.tests[0].project_functions) names.push_back(facts.function(ref)->target.str());
  EXPECT_THAT(names, ElementsAre("app.clean", "app.helper"));
  EXPECT_TRUE(facts.tests[0].effective);
}

TEST(JudgeTests, NothingAssertedOrNothingOfTheProject) {
  EXPECT_EQ(only("from app import clean\ndef test_x():\n  clean(1)\n").defeat, "asserts nothing");
  EXPECT_EQ(worth_of("  assert sum([1, 2]) == 3\n"), Worth::kNothingOfProject);
  EXPECT_EQ(worth_of("  y = clean(1)\n  y = 5\n  assert y == 5\n"), Worth::kNothingOfProject);
  TestCase test = only("def test_x():\n  x = 1\n  assert x == 1\n");
  EXPECT_FALSE(test.effective);
  EXPECT_THAT(test.defeat, HasSubstr("nothing that comes from"));
  EXPECT_EQ(test.defeat_at.line, 3u);
}

TEST(JudgeTests, AssertionsThatAreAlwaysTrue) {
  EXPECT_EQ(worth_of("  assert True\n"), Worth::kConstant);
  EXPECT_EQ(worth_of("  assert 1 == 1\n"), Worth::kConstant);
  EXPECT_EQ(worth_of("  assert (clean(1) == 2, 'message')\n"), Worth::kConstant);
  EXPECT_EQ(worth_of("  y = clean(1)\n  assert y == y\n"), Worth::kConstant);
  EXPECT_EQ(worth_of("  y = clean(1)\n  assert y is not None\n"), Worth::kNotNone);
  EXPECT_EQ(worth_of("  y = clean(1)\n  assert y is not None and y > 1\n"), Worth::kEffective);
}

TEST(JudgeTests, AssertionsThatCannotFailTheTest) {
  EXPECT_EQ(worth_of("  return\n  assert clean(1) == 2\n"), Worth::kUnreachable);
  EXPECT_EQ(worth_of("  if clean(0):\n    return\n  assert clean(1) == 2\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  if False:\n    assert clean(1) == 2\n"), Worth::kUnreachable);
  EXPECT_EQ(worth_of("  try:\n    assert clean(1) == 2\n  except:\n    pass\n"), Worth::kSwallowed);
  EXPECT_EQ(worth_of("  try:\n    assert clean(1) == 2\n  except AssertionError:\n    print('no')\n"),
            Worth::kSwallowed);
  EXPECT_EQ(worth_of("  try:\n    assert clean(1) == 2\n  except ValueError:\n    pass\n"),
            Worth::kEffective);
  EXPECT_EQ(worth_of("  try:\n    assert clean(1) == 2\n  except Exception:\n    raise\n"),
            Worth::kEffective);
}

TEST(JudgeTests, ExpectedExceptions) {
  EXPECT_EQ(worth_of("  with pytest.raises(ValueError):\n    clean(1)\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  with pytest.raises(Exception):\n    clean(1)\n"), Worth::kTooBroad);
  EXPECT_EQ(worth_of("  with pytest.raises(Exception, match='negative'):\n    clean(1)\n"),
            Worth::kEffective);
  EXPECT_EQ(worth_of("  with pytest.raises(ValueError):\n    int('x')\n"), Worth::kNothingOfProject);
  EXPECT_EQ(worth_of("  pytest.raises(ValueError, clean, 1)\n"), Worth::kEffective);
  TestCase test = only(
      "import pytest\nfrom app import clean\ndef test_x():\n  with pytest.raises(ValueError):\n    "
      "clean(1)\n");
  EXPECT_TRUE(test.assertions[0].raises);
}

TEST(JudgeTests, LibraryAssertions) {
  const std::string numpy =
      "import numpy as np\nfrom app import clean\ndef test_x():\n  np.testing.assert_allclose(clean(1), "
      "2.0)\n";
  TestCase test = only(numpy);
  EXPECT_TRUE(test.effective);
  EXPECT_TRUE(test.assertions[0].compares_number);
  EXPECT_TRUE(only("import unittest\nfrom app import clean\nclass T(unittest.TestCase):\n  def "
                   "setUp(self):\n    self.y = clean(1)\n"
                   "  def test_x(self):\n    self.assertEqual(self.y, 2)\n")
                  .effective);
  EXPECT_FALSE(
      only("import unittest\nclass T(unittest.TestCase):\n  def test_x(self):\n    self.assertTrue(True)\n")
          .effective);
  EXPECT_FALSE(
      only("import unittest\nfrom app import clean\nclass T(unittest.TestCase):\n  def test_x(self):\n"
           "    self.assertIsNotNone(clean(1))\n")
          .effective);
}

TEST(JudgeTests, ConditionsThatRaise) {
  EXPECT_EQ(worth_of("  if clean(1) != 2:\n    raise AssertionError('wrong')\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  y = clean(1)\n  if y != 2:\n    pytest.fail('wrong')\n"), Worth::kEffective);
}

TEST(JudgeTests, HelpersThatAssert) {
  const std::string head = "def same(a, b):\n  assert a == b\ndef outer(a):\n  same(a, 2)\n";
  EXPECT_EQ(worth_of("  outer(clean(1))\n", head), Worth::kEffective);
  EXPECT_EQ(worth_of("  outer(2)\n", head), Worth::kNothingOfProject);
  EXPECT_EQ(worth_of("  try:\n    outer(clean(1))\n  except Exception:\n    pass\n", head),
            Worth::kSwallowed);
}

TEST(JudgeTests, ValuesThroughBindingsLoopsAndObjects) {
  EXPECT_EQ(worth_of("  rows = [clean(i) for i in range(3)]\n  for row in rows:\n    assert row > 0\n"),
            Worth::kEffective);
  EXPECT_EQ(worth_of("  out = []\n  out.append(clean(1))\n  assert out[0] == 2\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  data = {}\n  clean(data)\n  assert data['x'] == 1\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  m = Model()\n  m.fit(1)\n  assert m.w == 1\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  y = clean(\n    1,\n  )\n  assert y == 2\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  a, b = clean(1), 2\n  assert b == 2\n"), Worth::kNothingOfProject);
  EXPECT_EQ(worth_of("  assert app.LIMIT == 3\n"), Worth::kEffective);
  EXPECT_EQ(worth_of("  assert isinstance(3, Model)\n"), Worth::kNothingOfProject);
}

TEST(JudgeTests, Fixtures) {
  FactStore facts = facts_of(
      {{"app.py", kApp},
       {"conftest.py",
        "import pytest\nfrom app import Model\n@pytest.fixture\ndef raw():\n  return [1]\n"
        "@pytest.fixture\ndef model(raw):\n  m = Model()\n  yield m.fit(raw)\n"},
       {"test_a.py",
        "def test_good(model):\n  assert model.predict(1) == 1\ndef test_bad(raw):\n  assert raw == [1]\n"}});
  EXPECT_TRUE(test_at(facts, "test_a.py::test_good").effective);
  EXPECT_FALSE(test_at(facts, "test_a.py::test_bad").effective);
}

TEST(JudgeTests, CapturedOutputAndRunners) {
  EXPECT_TRUE(
      only("from app import main\ndef test_x(capsys):\n  main()\n  assert capsys.readouterr().out == '1'\n")
          .effective);
  EXPECT_TRUE(only("from click.testing import CliRunner\nfrom app import main\ndef test_x():\n"
                   "  result = CliRunner().invoke(main, [])\n  assert result.exit_code == 0\n")
                  .effective);
  EXPECT_TRUE(only("import subprocess\ndef test_x():\n  out = subprocess.run(['python', 'app.py'])\n  assert "
                   "out.returncode == 0\n")
                  .effective);
  EXPECT_FALSE(
      only("import subprocess\ndef test_x():\n  out = subprocess.run(['ls'])\n  assert out.returncode == 0\n")
          .effective);
}

TEST(JudgeTests, Mocks) {
  const std::string echo =
      "from unittest.mock import Mock\ndef test_x():\n  m = Mock()\n  m.run.return_value = 5\n  assert "
      "m.run() == 5\n";
  EXPECT_EQ(only(echo).assertions[0].worth, Worth::kMockEcho);
  FactStore facts = with_app(
      "from unittest.mock import patch\nimport app\n@patch('app.fetch')\ndef test_x(fetch):\n"
      "  fetch.return_value = 1\n  assert app.fetch('u') == 1\n");
  EXPECT_EQ(facts.tests[0].assertions[0].worth, Worth::kMockEcho);
  ASSERT_EQ(facts.tests[0].mocked.size(), 1u);
  EXPECT_EQ(facts.function(facts.tests[0].mocked[0])->target, "app.fetch");
  EXPECT_THAT(facts.tests[0].project_functions, IsEmpty());
  facts = with_app(
      "import app\ndef test_x(monkeypatch):\n  monkeypatch.setattr(app, 'fetch', lambda u: 1)\n"
      "  assert app.describe('u') == 1\n");
  EXPECT_TRUE(facts.tests[0].effective);
  EXPECT_EQ(facts.tests[0].mocked.size(), 1u);
  facts = with_app(
      "from unittest.mock import patch\nimport app\ndef test_x():\n  with patch('app.fetch') as fetch:\n"
      "    app.describe('u')\n    fetch.assert_called_once_with('u')\n");
  EXPECT_TRUE(facts.tests[0].effective);
}

TEST(JudgeTests, DataAndModelsReadFromFiles) {
  TestCase test = only(
      "import pandas as pd\ndef test_x():\n  df = pd.read_csv('data/x.csv')\n  assert df['age'].min() >= "
      "0\n");
  EXPECT_TRUE(test.effective);
  EXPECT_TRUE(test.on_artifacts);
  EXPECT_THAT(test.project_functions, IsEmpty());
  test = only(
      "import joblib\nmodel = joblib.load('m.pkl')\ndef test_x():\n  assert model.predict([[1]])[0] == 1\n");
  EXPECT_TRUE(test.on_artifacts);
  EXPECT_FALSE(only("import pandas as pd, io\ndef test_x():\n  df = pd.read_csv(io.StringIO('a'))\n  assert "
                    "len(df) == 0\n")
                   .effective);
  EXPECT_FALSE(
      only("def test_x(tmp_path):\n  f = open(tmp_path / 'x')\n  assert f.read() == ''\n").effective);
}

TEST(JudgeTests, ParametrizedOverProjectClasses) {
  EXPECT_TRUE(
      only("import pytest\nfrom app import clean, helper\n@pytest.mark.parametrize('f', [clean, helper])\n"
           "def test_x(f):\n  assert f(1) == 2\n")
          .effective);
}

TEST(JudgeTests, AHelperIsJudgedByWhatItIsGiven) {
  FactStore facts = with_app(
      "from app import clean\n"
      "def check(x):\n  assert x == 2\n"
      "def test_made_up():\n  check(2)\n"
      "def test_of_project():\n  check(clean(1))\n"
      "def test_both():\n  check(2)\n  check(clean(1))\n  check(2)\n");
  ASSERT_EQ(facts.tests.size(), 3u);
  EXPECT_FALSE(facts.tests[0].effective);
  EXPECT_TRUE(facts.tests[1].effective);
  EXPECT_TRUE(facts.tests[2].effective);
  EXPECT_EQ(facts.tests[2].assertions.size(), 2u);  // of two kinds, however often
}

TEST(JudgeTests, AHelperThatAsksWhatRanIsJudgedByThat) {
  FactStore facts = with_app(
      "from app import clean\n"
      "def printed(capsys):\n  return capsys.readouterr()\n"
      "def test_silent(capsys):\n  assert printed(capsys) == ''\n"
      "def test_loud(capsys):\n  clean(1)\n  assert printed(capsys) == '2'\n"
      "def test_silent_again(capsys):\n  assert printed(capsys) == ''\n");
  ASSERT_EQ(facts.tests.size(), 3u);
  EXPECT_FALSE(facts.tests[0].effective);
  EXPECT_TRUE(facts.tests[1].effective);
  EXPECT_FALSE(facts.tests[2].effective);
}

TEST(JudgeTests, AHelperSeesTheAttributesOfItsCaller) {
  FactStore facts = with_app(
      "import unittest\nfrom app import clean\n"
      "class TestA(unittest.TestCase):\n"
      "  def check(self):\n    self.assertEqual(self.value, 2)\n"
      "  def test_made_up(self):\n    self.value = 2\n    self.check()\n"
      "  def test_of_project(self):\n    self.value = clean(1)\n    self.check()\n");
  ASSERT_EQ(facts.tests.size(), 2u);
  EXPECT_FALSE(facts.tests[0].effective);
  EXPECT_TRUE(facts.tests[1].effective);
}

TEST(JudgeTests, MocksOfOneTestAreForgottenInTheNext) {
  FactStore facts = with_app(
      "from unittest.mock import patch\nimport app\n"
      "def check():\n  assert app.clean(1) == 2\n"
      "@patch('app.clean')\ndef test_mocked(fake):\n  check()\n"
      "def test_real():\n  check()\n"
      "@patch('app.clean')\ndef test_mocked_again(fake):\n  check()\n");
  ASSERT_EQ(facts.tests.size(), 3u);
  EXPECT_FALSE(facts.tests[0].effective);
  EXPECT_TRUE(facts.tests[1].effective);
  EXPECT_FALSE(facts.tests[2].effective);
}

}  // namespace
}  // namespace mlgrade
