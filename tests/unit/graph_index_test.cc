// Indices of the graph: what stands below a path, and what a runner finds from a folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/graph/dead_branch.h"
#include "analyzer/graph/test_index.h"
#include "analyzer/graph/unit_index.h"
#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(TestIndex, FindsTestsBelowAPath) {
  const std::string one = "def test_a():\n    assert f() == 1\n";
  const FactStore facts = facts_of({{"tests/test_a.py", one},
                                    {"tests/unit/test_b.py", one},
                                    {"tests_old/test_c.py", one},
                                    {"tests/test_a_more.py", one}});
  const TestIndex index(facts);
  const auto below = [&](std::string_view path) {
    std::vector<std::string> ids;
    for (uint32_t test : index.below(path)) ids.push_back(facts.tests[test].id.str());
    return ids;
  };
  EXPECT_THAT(below("tests"), UnorderedElementsAre("tests/test_a.py::test_a", "tests/test_a_more.py::test_a",
                                                   "tests/unit/test_b.py::test_a"));
  EXPECT_THAT(below("tests/test_a.py"), ElementsAre("tests/test_a.py::test_a"));
  EXPECT_THAT(below("tests/test"), IsEmpty());
  EXPECT_EQ(below("").size(), 4U);
}

TEST(UnitIndex, FindsTheNearestFileAbove) {
  const FactStore facts = facts_of({{"justfile", "test:\n    pytest\n"},
                                    {"services/api/justfile", "test:\n    pytest api\n"},
                                    {"services/web/readme.md", "x\n"}});
  const Graph graph = build_graph(facts);
  UnitIndex index;
  index.build(facts, graph);
  const auto near = [&](std::string_view folder) {
    std::vector<std::string> paths;
    for (uint32_t f : index.files_near(UnitKind::kTarget, "just", folder))
      paths.emplace_back(facts.path(facts.automation[f].file));
    return paths;
  };
  EXPECT_THAT(near("services/api/deep"), ElementsAre("services/api/justfile"));
  EXPECT_THAT(near("services/web"), ElementsAre("justfile"));
  EXPECT_THAT(near(""), ElementsAre("justfile"));
  EXPECT_THAT(near("?"), ElementsAre("justfile", "services/api/justfile"));
  EXPECT_EQ(index.named(UnitKind::kTarget, "test").size(), 2U);
  EXPECT_EQ(index.named_in(index.files_at("justfile").front(), UnitKind::kTarget, "test").size(), 1U);
  EXPECT_THAT(index.files_at("none"), IsEmpty());
}

TEST(DeadBranches, SayTheSameAsOneByOne) {
  const FactStore facts = facts_of({{"a.py",
                                     "OFF = False\nif OFF:\n    if x:\n        f()\nelse:\n    g()\n"
                                     "def h(OFF):\n    if OFF:\n        f()\n"}});
  const PythonModule& module = module_at(facts, "a.py");
  DeadBranches branches(facts, module);
  size_t dead = 0;
  for (uint32_t block = 0; block < module.blocks.size(); ++block) {
    const DeadBranch one = dead_branch(facts, module, block);
    EXPECT_EQ(branches.at(block).dead, one.dead) << block;
    EXPECT_EQ(branches.at(block).why, one.why) << block;
    dead += one.dead ? 1 : 0;
  }
  EXPECT_EQ(dead, 2U);
  EXPECT_FALSE(branches.at(kNone).dead);
}

}  // namespace
}  // namespace mlgrade
