// Paths of a compose file that is started from the root of the repository.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/reach.h"

namespace mlgrade {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

RepoFiles with(const std::string& image) {
  return {{"deploy/docker-compose.yml", "services:\n  api:\n    build:\n      context: .\n"},
          {image, "FROM python\nRUN pytest\n"},
          {".github/workflows/ci.yml",
           "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
           "      - run: docker compose -f deploy/docker-compose.yml --project-directory=. up --build\n"}};
}

TEST(ComposePaths, ResolveFromTheRootWhereTheFolderHasNone) {
  EXPECT_THAT(dangling_of(with("Dockerfile")), IsEmpty());
  EXPECT_EQ(reach_of(with("Dockerfile"), "pytest"), "automatic maybe");
  EXPECT_EQ(reach_of(with("deploy/Dockerfile"), "pytest"), "automatic");
}

TEST(ComposePaths, AFileThatIsNowhereIsMissed) {
  EXPECT_THAT(dangling_of(with("api/Dockerfile")), Contains(HasSubstr("deploy/Dockerfile")));
}

}  // namespace
}  // namespace mlgrade
