// Batect: tasks that CI asks for, what comes before them, the folder that is mounted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/reach.h"

namespace mlgrade {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const char kTasks[] = R"(containers:
  dev:
    build_directory: .
    volumes:
      - local: .
        container: /code
  database:
    image: postgres
    command: pg_ctl start
tasks:
  setup:
    run:
      container: dev
      command: tox
  test:
    prerequisites: [setup]
    dependencies: [database]
    run:
      container: dev
      command: scripts/test.sh
  notebook:
    run:
      container: dev
      command: jupyter-lab
)";

RepoFiles with(const std::string& step) {
  return {{"batect.yml", kTasks},
          {"Dockerfile", "FROM python\n"},
          {"scripts/test.sh", "set -e\npytest\n"},
          {".github/workflows/ci.yml",
           "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: " + step + "\n"}};
}

TEST(Batect, FollowsTasksAndWhatComesBefore) {
  EXPECT_EQ(reach_of(with("./batect --output=all test"), "pytest"), "automatic");
  EXPECT_EQ(reach_of(with("./batect --output=all test"), "tox"), "automatic");
  EXPECT_EQ(reach_of(with("./batect -o all test -- -k fast"), "pg_ctl"), "automatic");
  EXPECT_EQ(reach_of(with("./batect test || true"), "pytest"), "automatic swallowed");
}

TEST(Batect, RunsNothingElse) {
  EXPECT_EQ(reach_of(with("./batect setup"), "pytest"), "nothing");
  EXPECT_EQ(reach_of(with("./batect --list-tasks"), "pytest"), "nothing");
  EXPECT_EQ(reach_of(with("./batect test"), "jupyter-lab"), "nothing");
  EXPECT_THAT(dangling_of(with("./batect gone")), Contains(HasSubstr("batect task gone")));
  EXPECT_THAT(dangling_of(with("./batect test")), IsEmpty());
}

}  // namespace
}  // namespace mlgrade
