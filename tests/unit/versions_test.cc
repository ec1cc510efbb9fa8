// Specifiers: do they let a version, or one after it, in?
#include "analyzer/engine/versions.h"

#include <gtest/gtest.h>

namespace mlgrade {
namespace {

TEST(Versions, OpenSpecifiersLetLaterVersionsIn) {
  for (const char* open : {"", "*", ">=0.4", ">0.4", "!=0.5", ">=0.4,<1", "==0.7.1", "==0.*", "~=0.4",
                           "<=0.7", "^1.2", "0.7.2", ">=0.4; python_version > '3.8'", "~1"}) {
    EXPECT_TRUE(allows_from(open, "0.7")) << open;
  }
}

TEST(Versions, ClosedSpecifiersKeepThemOut) {
  for (const char* closed : {"<0.7", ">=0.4,<0.7", "==0.4.40", "==0.6.*", "~=0.4.13", "^0.4", "^0.4.2",
                             "<=0.6.9", "0.6", "~0.6", "(<0.7)"}) {
    EXPECT_FALSE(allows_from(closed, "0.7")) << closed;
  }
}

}  // namespace
}  // namespace mlgrade
