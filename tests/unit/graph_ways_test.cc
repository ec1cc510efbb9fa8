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

}  // namespace
}  // namespace mlgrade
