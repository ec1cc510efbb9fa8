// What calls hand back, which parts of objects and tuples carry an answer, and which branches fail.
#include "rules/support/followed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;

uint32_t function_named(const PythonModule& module, std::string_view name) {
  for (uint32_t f = 0; f < module.functions.size(); ++f) {
    if (module.functions[f].name == name) return f;
  }
  ADD_FAILURE() << "no function " << name;
  return kNone;
}

// What comes back of the first parameter of `f` in a.py.
Handed handed_by(const std::string& text, bool by_branch = true) {
  const FactStore facts = facts_of({{"a.py", text}});
  Passing passing(facts);
  return passing.handed({0, function_named(facts.python[0], "f")}, 0, by_branch);
}

TEST(Passing, TellsWhatComesBackOfAParameter) {
  EXPECT_TRUE(handed_by("def f(x):\n    return x\n").whole);
  EXPECT_TRUE(handed_by("def f(x):\n    y = x.dropna()\n    return y\n").whole);
  EXPECT_TRUE(handed_by("def f(x):\n    if x:\n        return 1\n    return 0\n").whole);
  EXPECT_FALSE(handed_by("def f(x):\n    if x:\n        return 1\n    return 0\n", false).any());
  EXPECT_FALSE(handed_by("def f(x):\n    print(x)\n    return 'id'\n").any());
  EXPECT_FALSE(handed_by("def f(x):\n    m = Model()\n    m.fit(x)\n    return m\n").any());
  EXPECT_FALSE(handed_by("def g(x):\n    return 'id'\ndef f(x):\n    return g(x)\n").any());
  EXPECT_TRUE(handed_by("def g(x):\n    return [x]\ndef f(x):\n    return g(x)\n").whole);
}

TEST(Passing, TellsPartsApart) {
  EXPECT_THAT(handed_by("def f(x):\n    return 1, x\n").positions, ElementsAre(1u));
  EXPECT_THAT(handed_by("def f(x):\n    return {'ok': x, 'rows': 3}\n").attributes, ElementsAre("[ok]"));
  const char* kObject =
      "class D:\n    ok: bool\n    rows: int\ndef f(x):\n    d = D(ok=x, rows=2)\n    return d\n";
  EXPECT_THAT(handed_by(kObject).attributes, ElementsAre(".ok"));
  EXPECT_FALSE(handed_by(kObject).whole);
  EXPECT_TRUE(handed_by("def f(x):\n    f(x)\n    return 1\n").positions.empty());
}

// Names of function `f` that carry what `check()` gives.
std::vector<std::string> carried(const std::string& text) {
  const FactStore facts = facts_of({{"a.py", text}});
  const PythonModule& module = facts.python[0];
  Passing passing(facts);
  AnswerSources sources;
  for (uint32_t c = 0; c < module.calls.size(); ++c) {
    if (module.calls[c].callee == "check") sources.calls[c].whole = true;
  }
  const Followed f(passing, 0, function_named(module, "f"), std::move(sources));
  std::vector<std::string> out;
  for (Name name : f.names()) out.push_back(name.str());
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Followed, CarriesThroughFlagsListsAndWhatIsGivenBack) {
  EXPECT_THAT(carried("def f():\n    bad = check()\n    ok = True\n    if bad:\n        ok = False\n"),
              ElementsAre("bad", "ok"));
  EXPECT_THAT(carried("def f():\n    why = []\n    if check():\n        why.append('x')\n    ok = not why\n"),
              ElementsAre("ok", "why"));
  EXPECT_THAT(
      carried(
          "def fit(rows, boost):\n    return 1\ndef f():\n    bad = check()\n    m = fit(0, boost=bad)\n"),
      ElementsAre("bad"));
  EXPECT_THAT(carried("def same(x):\n    return x\ndef f():\n    bad = check()\n    m = same(bad)\n"),
              ElementsAre("bad", "m"));
}

TEST(ConditionFails, AsksForARaiseOfItsOwn) {
  const auto fails = [](const std::string& body) {
    const FactStore facts = facts_of({{"a.py", "def f(a, b):\n" + body}});
    return condition_fails(facts.python[0], 0);
  };
  EXPECT_TRUE(fails("    if a:\n        raise ValueError\n"));
  EXPECT_TRUE(fails("    if a:\n        pass\n    else:\n        with b:\n            raise ValueError\n"));
  EXPECT_FALSE(fails("    if a:\n        if b:\n            raise ValueError\n"));
  EXPECT_FALSE(fails("    if a:\n        pass\n    elif b:\n        raise ValueError\n"));
  EXPECT_FALSE(
      fails("    if a:\n        try:\n            a()\n        except OSError:\n            raise\n"));
}

}  // namespace
}  // namespace mlgrade
