// mlgrade init: what it proposes is accepted by the reader, changes no score, and is written only on request.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Init : public testing::Test {
 protected:
  Init() {
    dir_.write("repo/train.py",
               "from sklearn.svm import SVC\n\nmodel = SVC().fit([[0], [1]], [0, 1])\nprint(model)\n");
    dir_.write("repo/tests/test_train.py", "import train\n\n\ndef test_nothing():\n    print(train.model)\n");
    dir_.write("repo/docs/oversight.md", "# Who looks\n");
  }

  std::string repo() const { return "'" + dir_.path("repo") + "'"; }
  std::string settings() const { return text_of(dir_.path("repo/.mlgrade.yaml")); }
  json report() const {
    const Ran ran = mlgrade("scan " + repo() + " -q -f json --as-of 2026-06-01");
    EXPECT_EQ(ran.code, 0) << ran.out;
    return json::parse(ran.out, nullptr, false);
  }
  bool is_there(const std::string& path) const { return std::filesystem::exists(dir_.path("repo/" + path)); }

  TempDir dir_;
};

// The examples, without the sign that makes them comments.
std::string uncommented(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  bool example = false;
  for (std::string line; std::getline(in, line);) {
    for (const char* key : {"# profile:", "# not_applicable:", "# attestations:", "# ignore:"})
      example = example || line.starts_with(key);
    if (line.empty()) example = false;
    out += (example ? line.substr(2) : line) + "\n";
  }
  return out;
}

TEST_F(Init, ShowsAndWritesNothing) {
  const Ran ran = mlgrade("init " + repo());
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, StartsWith("# ---- .mlgrade.yaml\n"));
  EXPECT_THAT(ran.out, HasSubstr("training: "));
  EXPECT_THAT(ran.out, HasSubstr("(train.py:3)"));
  EXPECT_THAT(ran.out, HasSubstr("#   1 of automation/test-without-assertion (from tests/test_train.py:4)"));
  EXPECT_THAT(ran.out, HasSubstr("# Nothing is written yet: `mlgrade init --write` writes .mlgrade.yaml."));
  EXPECT_FALSE(is_there(".mlgrade.yaml"));
}

TEST_F(Init, WritesSettingsThatChangeNothingButWhoChoseTheProfile) {
  json before = report();
  const Ran ran = mlgrade("init --write " + repo());
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("wrote .mlgrade.yaml"));
  json after = report();
  EXPECT_EQ(before["profile"]["name"], after["profile"]["name"]);
  EXPECT_EQ(after["profile"]["detected"], false);
  for (json* one : {&before, &after}) {
    one->erase("profile");
    one->erase("stats");
  }
  EXPECT_EQ(before, after);
  EXPECT_THAT(mlgrade("init " + repo()).out, HasSubstr("which is there already: --force replaces it"));
}

TEST_F(Init, GivesExamplesThatTheReaderAccepts) {
  ASSERT_EQ(mlgrade("init --write " + repo()).code, 0);
  dir_.write("repo/.mlgrade.yaml", uncommented(settings()));
  const json after = report();
  ASSERT_EQ(after["accepted"].size(), 1u) << settings();
  EXPECT_EQ(after["accepted"][0]["accepted_by"], "settings");
  EXPECT_EQ(after["attestations"].size(), 1u);
}

TEST_F(Init, ReplacesOnlyWhereItIsToldTo) {
  dir_.write("repo/.mlgrade.yaml", "profil: mine\n");  // with a mistake, which ends a scan
  EXPECT_EQ(mlgrade("scan " + repo()).code, 2);
  const Ran kept = mlgrade("init --write --workflow github " + repo());
  EXPECT_EQ(kept.code, 2);
  EXPECT_THAT(kept.out,
              HasSubstr("'.mlgrade.yaml' is there already; --force replaces it; nothing was written"));
  EXPECT_EQ(settings(), "profil: mine\n");
  EXPECT_FALSE(is_there(".github")) << "all or nothing";
  EXPECT_EQ(mlgrade("init --write --force " + repo()).code, 0);
  EXPECT_THAT(settings(), HasSubstr("\nprofile: "));
  EXPECT_EQ(mlgrade("scan " + repo()).code, 0);
}

TEST_F(Init, WritesAWorkflowThatIsReadAndStartsByItself) {
  dir_.git("init -b trunk", "repo");
  dir_.git("add -A", "repo");
  dir_.git("commit -m first", "repo");
  const json before = report();
  const Ran ran = mlgrade("init --write --workflow github " + repo());
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("MLGRADE_REPOSITORY"));
  const std::string workflow = text_of(dir_.path("repo/.github/workflows/mlgrade.yml"));
  EXPECT_THAT(workflow, HasSubstr("branches: [trunk]"));
  EXPECT_THAT(workflow, HasSubstr("uses: ./mlgrade"));
  const json after = report();
  EXPECT_EQ(after["problems"], before["problems"]);
  EXPECT_GT(after["stats"]["units"], before["stats"]["units"]);
  EXPECT_EQ(after["scores"]["ml_test_score"], before["scores"]["ml_test_score"]);
}

TEST_F(Init, KnowsWhetherGitLabHasAPipeline) {
  ASSERT_EQ(mlgrade("init --write --workflow gitlab " + repo()).code, 0);
  EXPECT_THAT(text_of(dir_.path("repo/.gitlab-ci.yml")), HasSubstr("local: .gitlab/mlgrade.yml"));
  EXPECT_EQ(text_of(dir_.path("repo/.gitlab/mlgrade.yml")),
            text_of(source_dir() + "/.ci/gitlab/mlgrade.yml"));
  EXPECT_EQ(report()["problems"].size(), 0u);
  dir_.write("other/.gitlab-ci.yml", "test:\n  script: [pytest]\n");
  const Ran ran = mlgrade("init --write --workflow gitlab '" + dir_.path("other") + "'");
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("add to .gitlab-ci.yml: include: [{local: .gitlab/mlgrade.yml}]"));
  EXPECT_EQ(text_of(dir_.path("other/.gitlab-ci.yml")), "test:\n  script: [pytest]\n");
}

TEST_F(Init, WritesForOneSystemOfSeveral) {
  for (const std::string one : {"churn", "fraud"}) {
    dir_.write("many/" + one + "/pyproject.toml", "[project]\nname = \"" + one + "\"\n");
    dir_.write(
        "many/" + one + "/train.py",
        "from sklearn.svm import SVC\n\nif __name__ == \"__main__\":\n    SVC().fit([[0], [1]], [0, 1])\n");
    dir_.write("many/" + one + "/Makefile", "train:\n\tpython train.py\n");
  }
  const std::string many = "'" + dir_.path("many") + "'";
  const Ran all = mlgrade("init " + many);
  EXPECT_THAT(all.out, HasSubstr("This repository holds 2 systems"));
  EXPECT_THAT(all.out, HasSubstr("\n# profile: ")) << "one profile would be wrong for all";
  ASSERT_EQ(mlgrade("init --write --project churn --workflow github " + many).code, 0);
  EXPECT_THAT(text_of(dir_.path("many/churn/.mlgrade.yaml")), HasSubstr("\nprofile: "));
  EXPECT_THAT(text_of(dir_.path("many/.github/workflows/mlgrade.yml")),
              HasSubstr("\n          project: churn\n"));
  EXPECT_FALSE(std::filesystem::exists(dir_.path("many/.mlgrade.yaml")));
}

TEST_F(Init, FollowsNoLink) {
  dir_.write("outside.yaml", "mine\n");
  dir_.link("repo/.mlgrade.yaml", dir_.path("outside.yaml"));
  const Ran file = mlgrade("init --write --force " + repo());
  EXPECT_EQ(file.code, 2);
  EXPECT_THAT(file.out, HasSubstr("lies behind a link"));
  EXPECT_EQ(text_of(dir_.path("outside.yaml")), "mine\n");
  std::filesystem::remove(dir_.path("repo/.mlgrade.yaml"));
  std::filesystem::create_directories(dir_.path("elsewhere"));
  dir_.link("repo/.github", dir_.path("elsewhere"));
  EXPECT_EQ(mlgrade("init --write --force --workflow github " + repo()).code, 2);
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path("elsewhere")));
  EXPECT_FALSE(is_there(".mlgrade.yaml"));
}

// Names of files stand in comments and in a quoted example: none ends them.
TEST_F(Init, IsNotMisledByNames) {
  const std::string name = "te\"st\nattestations: x\r\xe2\x80\xa8 profile: y #\\.py";
  std::filesystem::remove(dir_.path("repo/tests/test_train.py"));
  dir_.write("repo/tests/test_" + name, "import train\n\n\ndef test_nothing():\n    print(train.model)\n");
  dir_.write("repo/\nignore: [z].py", "from sklearn.svm import SVC\n\nSVC().fit([[0], [1]], [0, 1])\n");
  ASSERT_EQ(mlgrade("init --write " + repo()).code, 0);
  EXPECT_THAT(settings(), Not(HasSubstr("\nattestations")));
  EXPECT_THAT(settings(), Not(HasSubstr("\xe2\x80\xa8")));
  EXPECT_EQ(mlgrade("scan " + repo()).code, 0) << settings();
}

TEST_F(Init, SaysWhatItCannotDo) {
  EXPECT_EQ(mlgrade("init '" + dir_.path("none") + "'").code, 2);
  EXPECT_EQ(mlgrade("init --workflow travis " + repo()).code, 2);
  dir_.git("init --bare bare.git");
  const Ran bare = mlgrade("init '" + dir_.path("bare.git") + "'");
  EXPECT_EQ(bare.code, 2) << bare.out;
  dir_.write("repo/.github", "a file\n");
  const Ran ran = mlgrade("init --write --workflow github " + repo());
  EXPECT_EQ(ran.code, 2) << ran.out;
  EXPECT_FALSE(is_there(".mlgrade.yaml"));
}

}  // namespace
}  // namespace mlgrade
