// Ways inside the graph: chains have no gaps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/graph/ways.h"
#include "tests/support/python_project.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;

Span line_of(const FactStore& facts, std::string_view path, uint32_t line) {
  return Span{module_at(facts, path).file, line, 1, line};
}

std::vector<std::string> shown(const FactStore& facts, const std::optional<std::vector<Link>>& way) {
  std::vector<std::string> out;
  if (!way) return {"no way"};
  for (const Link& link : *way) {
    out.push_back(std::string(facts.path(link.span)) + ":" + std::to_string(link.span.line) + " " +
                  link.what);
  }
  return out;
}

TEST(Ways, GoThroughImportsAndCalls) {
  const FactStore facts = facts_of({
      {"app.py", "import core\n\ndef main(x):\n    return core.step(x)\n\ndef other():\n    pass\n"},
      {"core.py", "def step(x):\n    def inner(y):\n        return y\n    return inner(x)\n"},
  });
  const Graph graph = build_graph(facts);
  const NodeId main = node_at(graph, line_of(facts, "app.py", 4));
  const NodeId inner = node_at(graph, line_of(facts, "core.py", 3));
  EXPECT_EQ(graph.label(inner), "step.inner in core.py");
  EXPECT_THAT(shown(facts, way_between(graph, main, inner)),
              ElementsAre("app.py:4 calls step in core.py", "core.py:4 calls step.inner in core.py"));
  const NodeId body = node_at(graph, line_of(facts, "app.py", 1));
  EXPECT_THAT(
      shown(facts, way_between(graph, body, node_at(graph, {module_at(facts, "core.py").file, 99, 1, 99}))),
      ElementsAre("app.py:1 imports core.py"));
  EXPECT_THAT(shown(facts, way_between(graph, main, main)), ElementsAre());
  EXPECT_THAT(shown(facts, way_between(graph, inner, main)), ElementsAre("no way"));
  EXPECT_THAT(shown(facts, way_between(graph, main, kNone)), ElementsAre("no way"));
}

TEST(Ways, StartAtTheNearestAndPassThroughTestsOnlyIfAsked) {
  const FactStore facts = facts_of({
      {"core.py", "def inner():\n    return 1\n\ndef outer():\n    return inner()\n"},
      {"app.py", "from core import outer\n\ndef main():\n    return outer()\n"},
      {"tests/test_core.py", "from core import inner\n\n\ndef test_inner():\n    assert inner() == 1\n"},
  });
  const Graph graph = build_graph(facts);
  const NodeId main = node_at(graph, line_of(facts, "app.py", 4));
  const NodeId outer = node_at(graph, line_of(facts, "core.py", 5));
  const NodeId inner = node_at(graph, line_of(facts, "core.py", 2));
  const std::optional<Way> way = shortest_way(graph, {main, outer}, inner, false);
  ASSERT_TRUE(way);
  EXPECT_THAT(way->nodes, ElementsAre(outer, inner));
  EXPECT_EQ(way->links.size(), 1U);
  EXPECT_TRUE(shortest_way(graph, {graph.node_of_test(0)}, inner, false));  // a test may be where it starts
  EXPECT_TRUE(shortest_way(graph, {inner}, inner, false));
  EXPECT_FALSE(shortest_way(graph, {inner}, outer, true));
}

TEST(Ways, FindTheInnermostFunctionOfALine) {
  const FactStore facts = facts_of({{"a.py",
                                     "class A:\n    def f(self):\n        def g():\n            return 1\n"
                                     "        return g()\n\n    def h(self):\n        return 2\n\nx = 1\n"}});
  const Graph graph = build_graph(facts);
  const auto at = [&](uint32_t line) { return graph.label(node_at(graph, line_of(facts, "a.py", line))); };
  EXPECT_EQ(at(4), "A.f.g in a.py");
  EXPECT_EQ(at(5), "A.f in a.py");
  EXPECT_EQ(at(8), "A.h in a.py");
  EXPECT_EQ(at(10), "a.py");
}

}  // namespace
}  // namespace mlgrade
