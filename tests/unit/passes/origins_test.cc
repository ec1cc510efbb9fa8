// Origins are known by numbers; joining is by content and keeps the order of what came first.
#include "analyzer/passes/tests/origins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mlgrade::passes {
namespace {

using testing::ElementsAre;

TEST(Origins, JoiningIsByContent) {
  Origins origins;
  const OriginId a = origins.with_target(0, Name("app.a"));
  const OriginId b = origins.with_target(0, Name("app.b"));
  EXPECT_NE(a, b);
  EXPECT_EQ(origins.with_target(0, Name("app.a")), a);
  EXPECT_EQ(origins.join(a, 0), a);
  EXPECT_EQ(origins.join(0, a), a);
  EXPECT_EQ(origins.join(a, a), a);
  EXPECT_EQ(origins.join(a, b), origins.with_target(a, Name("app.b")));
  EXPECT_EQ(origins.join(origins.join(a, b), a), origins.join(a, b));
  EXPECT_THAT(origins[origins.join(a, b)].targets, ElementsAre(Name("app.a"), Name("app.b")));
  EXPECT_THAT(origins[origins.join(b, a)].targets, ElementsAre(Name("app.b"), Name("app.a")));
  EXPECT_EQ(origins.with_target(a, Name()), a);
}

TEST(Origins, MarksAddUp) {
  Origins origins;
  const OriginId project = origins.with(0, Origins::Mark::kProject);
  const OriginId both = origins.with(project, Origins::Mark::kMock);
  EXPECT_TRUE(origins[both].project);
  EXPECT_TRUE(origins[both].mock);
  EXPECT_FALSE(origins[both].artifact);
  EXPECT_TRUE(origins[both].counts());
  EXPECT_FALSE(origins[origins.with(0, Origins::Mark::kMock)].counts());
  EXPECT_FALSE(origins[0].counts());
}

TEST(Origins, KeepTheFirstTargetsOnly) {
  Origins origins;
  OriginId all = 0;
  for (size_t i = 0; i < Origin::kMaxTargets + 3; ++i)
    all = origins.with_target(all, Name("f" + std::to_string(i)));
  EXPECT_EQ(origins[all].targets.size(), Origin::kMaxTargets);
  EXPECT_EQ(origins[all].targets.front(), Name("f0"));
  EXPECT_EQ(origins.with_target(all, Name("one.more")), all);
}

}  // namespace
}  // namespace mlgrade::passes
