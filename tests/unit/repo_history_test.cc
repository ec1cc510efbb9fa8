// Commits as snapshots, and the history behind them, on repositories that git itself makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Who {
  std::string name = "Ann";
  std::string date = "2024-03-01T12:00:00 +0000";
};

// Commits all that lies in the work tree.
void commit(const TempDir& dir, const std::string& subject, const Who& who = {}) {
  dir.git("add -A");
  dir.git("commit --allow-empty -m \"" + subject + "\" --author='" + who.name + " <" + who.name +
          "@example.org>' --date='" + who.date + "'");
}

std::string date_of(const Repo& repo, std::string_view path) {
  const FileFact* file = file_at(repo, path);
  return file && file->last_commit ? format_date(*file->last_commit) : "";
}

std::string text_of(const Repo& repo, std::string_view path) {
  std::vector<Problem> problems;
  const auto file = repo.read(file_at(repo, path)->id, problems);
  return file ? file->text : problems.at(0).message;
}

std::string error_of(const std::string& path, const std::string& revision) {
  RepoOptions options;
  options.path = path;
  options.revision = revision;
  return open_repo(options).error;
}

TEST(Revision, ReadsTheCommitAndNotTheWorkTree) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "x = 1\n");
  dir.write("run", "#!/bin/sh\ntrue\n");
  dir.write("old/b.py", "");
  commit(dir, "one");
  dir.git("tag v1");
  dir.write("a.py", "x = 2\n");
  dir.write("new.py", "");
  std::filesystem::remove(dir.path("old/b.py"));
  commit(dir, "two");
  dir.write("a.py", "x = 3\n");
  dir.write("untracked.py", "");

  const Repo first = open_or_fail(dir.path(), "v1");
  EXPECT_THAT(paths_of(first), ElementsAre("a.py", "old/b.py", "run"));
  EXPECT_EQ(text_of(first, "a.py"), "x = 1\n");
  EXPECT_EQ(file_at(first, "a.py")->bytes, 6u);
  EXPECT_EQ(file_at(first, "run")->language, Language::kShell);
  EXPECT_EQ(first.revision.size(), 40u);
  EXPECT_EQ(first.revision, first.history.head);
  EXPECT_EQ(first.history.commits, 1u);

  EXPECT_THAT(paths_of(open_or_fail(dir.path(), "HEAD")), ElementsAre("a.py", "new.py", "run"));
  EXPECT_EQ(text_of(open_or_fail(dir.path(), "main"), "a.py"), "x = 2\n");
  EXPECT_EQ(text_of(open_or_fail(dir.path()), "a.py"), "x = 3\n");
  EXPECT_EQ(open_or_fail(dir.path()).revision, "");
}

TEST(Revision, NamesTheRevisionThatDoesNotExist) {
  const TempDir dir;
  dir.write("a.py", "");
  EXPECT_THAT(error_of(dir.path(), "HEAD"), HasSubstr("not a git repository"));
  dir.git("init");
  EXPECT_THAT(error_of(dir.path(), "HEAD"), HasSubstr("'HEAD'"));
  commit(dir, "one");
  EXPECT_THAT(error_of(dir.path(), "v9.9"), HasSubstr("no revision 'v9.9'"));
  EXPECT_THAT(error_of(dir.path(), "HEAD:a.py"), HasSubstr("not a commit"));
  EXPECT_THAT(error_of(dir.path(), "-x"), HasSubstr("'-x'"));
}

TEST(Revision, ReadsBareDirectories) {
  const TempDir dir;
  dir.git("init --bare empty.git");
  EXPECT_THAT(open_or_fail(dir.path("empty.git")).files, IsEmpty());
  dir.write("work/a.py", "x = 1\n");
  dir.git("init", "work");
  dir.git("add -A", "work");
  dir.git("commit -m one", "work");
  dir.git("clone --bare work service.git");
  for (const char* path : {"service.git", "work/.git"}) {
    const Repo repo = open_or_fail(dir.path(path));
    EXPECT_THAT(paths_of(repo), ElementsAre("a.py"));
    EXPECT_EQ(text_of(repo, "a.py"), "x = 1\n");
    EXPECT_EQ(repo.history.default_branch, "main");
  }
  EXPECT_EQ(open_or_fail(dir.path("service.git")).name, "service");
  EXPECT_EQ(open_or_fail(dir.path("work/.git")).name, "work");
}

TEST(Revision, LinksAndSubmodulesOfACommit) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "");
  dir.link("in.py", "a.py");
  dir.link("sub/out.py", "../../secret");
  dir.link("etc", "/etc");
  commit(dir, "one");
  dir.git("update-index --add --cacheinfo 160000,$(git rev-parse HEAD),deps/lib");
  dir.git("commit -m two");
  const Repo repo = open_or_fail(dir.path(), "HEAD");
  EXPECT_THAT(paths_of(repo), ElementsAre("a.py", "etc", "in.py", "sub/out.py"));
  ASSERT_EQ(repo.problems.size(), 2u);
  for (const Problem& problem : repo.problems) EXPECT_EQ(problem.kind, ProblemKind::kOutsideRoot);
}

TEST(Revision, AFolderOfACommit) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "");
  dir.write("svc/x/b.py", "y = 1\n");
  commit(dir, "one");
  const Repo repo = open_or_fail(dir.path("svc/x"), "HEAD");
  EXPECT_THAT(paths_of(repo), ElementsAre("b.py"));
  EXPECT_EQ(text_of(repo, "b.py"), "y = 1\n");
  EXPECT_FALSE(repo.history.available);
}

TEST(Revision, MissingObjectsAreProblemsOfTheirFiles) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "x = 1\n");
  dir.write("gone.py", "x = 2\n");
  commit(dir, "one");
  dir.git("config extensions.partialClone origin");
  dir.git("config core.repositoryformatversion 1");
  const std::string remove =
      "cd '" + dir.path() +
      "' && f=$(git hash-object gone.py) && rm -f .git/objects/$(echo $f | cut -c1-2)/$(echo $f | cut -c3-)";
  ASSERT_EQ(std::system(remove.c_str()), 0);
  const Repo repo = open_or_fail(dir.path(), "HEAD");
  EXPECT_THAT(paths_of(repo), ElementsAre("a.py", "gone.py"));
  EXPECT_EQ(text_of(repo, "a.py"), "x = 1\n");
  EXPECT_THAT(text_of(repo, "gone.py"), HasSubstr("object store"));
}

TEST(HistoryOf, DatesEachFileByItsLastCommit) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "1");
  dir.write("d/b.py", "1");
  dir.write("d/e/c.py", "1");
  commit(dir, "one", {.date = "2023-01-01T23:30:00 -0500"});
  dir.write("d/b.py", "2");
  commit(dir, "two", {.date = "2023-02-01T12:00:00 +0000"});
  dir.write("d/e/c.py", "2");
  commit(dir, "three", {.date = "2023-03-01T12:00:00 +0000"});
  dir.write("untracked.py", "");
  const Repo repo = open_or_fail(dir.path());
  EXPECT_EQ(date_of(repo, "a.py"), "2023-01-01");  // the author's own calendar
  EXPECT_EQ(date_of(repo, "d/b.py"), "2023-02-01");
  EXPECT_EQ(date_of(repo, "d/e/c.py"), "2023-03-01");
  EXPECT_EQ(date_of(repo, "untracked.py"), "");
  EXPECT_TRUE(repo.history.available);
  EXPECT_TRUE(repo.history.complete);
  EXPECT_EQ(repo.history.commits, 3u);
  EXPECT_EQ(format_date(*repo.history.head_date), "2023-03-01");
}

TEST(HistoryOf, TellsReviewedMergesFromPulls) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "1");
  commit(dir, "one");
  const auto branch = [&](const std::string& name, const std::string& author, const std::string& message) {
    dir.git("checkout -b " + name);
    dir.write(name + ".py", "1");
    commit(dir, "work on " + name, {.name = author, .date = "2023-05-05T12:00:00 +0000"});
    dir.git("checkout main");
    dir.git("merge --no-ff -m \"" + message + "\" " + name);
  };
  branch("f1", "Bob", "Merge pull request #1 from bob/f1");
  branch("f2", "Ann", "Merge pull request #2 from ann/f2");
  branch("f3", "Cid", "Merge branch 'main' of example.org:x/y");
  const Repo repo = open_or_fail(dir.path());
  EXPECT_EQ(repo.history.commits, 7u);
  EXPECT_EQ(repo.history.merges, 3u);
  EXPECT_EQ(repo.history.authors, 3u);
  EXPECT_EQ(repo.history.reviewed_merges, 1u);
  EXPECT_EQ(date_of(repo, "f1.py"), "2023-05-05");
}

TEST(HistoryOf, CountsSquashMergesOfGitHub) {
  const TempDir dir;
  dir.git("init");
  const std::string by_github = "GIT_COMMITTER_NAME=GitHub GIT_COMMITTER_EMAIL=noreply@github.com";
  dir.git("commit --allow-empty -m 'Add a gate (#12)'", "", by_github);
  dir.git("commit --allow-empty -m 'Edit README'", "", by_github);
  dir.git("commit --allow-empty -m 'See (#x)'", "", by_github);
  dir.git("commit --allow-empty -m 'Typed by hand (#13)'");
  const History history = open_or_fail(dir.path()).history;
  EXPECT_EQ(history.squash_merges, 1u);
  EXPECT_EQ(history.main_line, 4u);
  EXPECT_EQ(history.merges, 0u);
}

TEST(HistoryOf, MergesByBotsAndOfBotsAreNoReviews) {
  const TempDir dir;
  dir.git("init");
  dir.git("commit --allow-empty -m one");
  dir.git("checkout -b own");
  dir.git("commit --allow-empty -m own");
  dir.git("checkout -b bump main");
  dir.git("commit --allow-empty -m bump", "",
          "GIT_AUTHOR_NAME=dependabot[bot] GIT_AUTHOR_EMAIL=bot@example.com");
  dir.git("checkout main");
  dir.git("merge --no-ff -m 'Merge bump' bump");
  dir.git("merge --no-ff -m 'Merge own' own", "",
          "GIT_AUTHOR_NAME=github-actions[bot] GIT_AUTHOR_EMAIL=actions@example.com");
  dir.git("checkout -b third main");
  dir.git("commit --allow-empty -m third", "", "GIT_AUTHOR_NAME=Bo GIT_AUTHOR_EMAIL=bo@example.com");
  dir.git("checkout main");
  dir.git("merge --no-ff -m 'Merge third' third");
  const History history = open_or_fail(dir.path()).history;
  EXPECT_EQ(history.merges, 3u);
  EXPECT_EQ(history.main_merges, 1u);
  EXPECT_EQ(history.reviewed_merges, 1u);
}

TEST(HistoryOf, OnePersonUnderTwoNamesReviewsNothing) {
  const TempDir dir;
  dir.git("init");
  dir.git("commit --allow-empty -m one");
  const auto merge = [&](const std::string& branch, const std::string& author, const std::string& merger) {
    dir.git("checkout -b " + branch + " main");
    dir.git("commit --allow-empty -m " + branch, "", author);
    dir.git("checkout main");
    dir.git("merge --no-ff -m 'Merge " + branch + "' " + branch, "", merger);
  };
  const std::string ann = "GIT_AUTHOR_NAME='Ann Lee' GIT_AUTHOR_EMAIL=7+ann-lee@users.noreply.github.com";
  merge("spelt", "GIT_AUTHOR_NAME=annlee GIT_AUTHOR_EMAIL=a@example.org", ann);
  merge("login", "GIT_AUTHOR_NAME=al GIT_AUTHOR_EMAIL=ann.lee@example.org", ann);
  merge("tagged", "GIT_AUTHOR_NAME=al GIT_AUTHOR_EMAIL=annlee+git@example.org", ann);
  EXPECT_EQ(open_or_fail(dir.path()).history.reviewed_merges, 0u);
  merge("other", "GIT_AUTHOR_NAME='Ann Leeman' GIT_AUTHOR_EMAIL=ann@example.org", ann);
  merge("short", "GIT_AUTHOR_NAME=me GIT_AUTHOR_EMAIL=info@example.org",
        "GIT_AUTHOR_NAME=you GIT_AUTHOR_EMAIL=info@example.com");
  const History history = open_or_fail(dir.path()).history;
  EXPECT_EQ(history.main_merges, 5u);
  EXPECT_EQ(history.reviewed_merges, 2u);
}

TEST(HistoryOf, AMergeDatesWhatNoneOfItsParentsHas) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "1");
  commit(dir, "one", {.date = "2020-01-01T12:00:00 +0000"});
  dir.git("checkout -b f");
  dir.write("f.py", "1");
  commit(dir, "f", {.date = "2020-01-02T12:00:00 +0000"});
  dir.git("checkout main");
  dir.git("merge --no-ff --no-commit f");
  dir.write("evil.py", "1");
  dir.git("add -A");
  dir.git("commit -m merge");
  const Repo repo = open_or_fail(dir.path());
  EXPECT_EQ(date_of(repo, "a.py"), "2020-01-01");
  EXPECT_EQ(date_of(repo, "f.py"), "2020-01-02");
  EXPECT_EQ(date_of(repo, "evil.py"), "2024-03-01");
}

TEST(HistoryOf, KnowsBots) {
  const TempDir dir;
  dir.git("init");
  dir.write("requirements.txt", "1");
  commit(dir, "one");
  dir.write("requirements.txt", "2");
  commit(dir, "Bump numpy from 1 to 2", {.name = "dependabot[bot]", .date = "2023-06-01T12:00:00 +0000"});
  dir.write("requirements.txt", "3");
  commit(dir, "Update torch", {.name = "Mend Renovate", .date = "2023-07-01T12:00:00 +0000"});
  const History history = open_or_fail(dir.path()).history;
  ASSERT_EQ(history.bot_commits.size(), 2u);
  EXPECT_EQ(history.bot_commits[0].bot, "renovate[bot]");
  EXPECT_EQ(history.bot_commits[0].subject, "Update torch");
  EXPECT_EQ(history.bot_commits[0].commit.size(), 10u);
  EXPECT_EQ(history.bot_commits[1].bot, "dependabot[bot]");
  EXPECT_EQ(format_date(history.bot_commits[1].date), "2023-06-01");
  EXPECT_EQ(history.authors, 1u);
}

TEST(HistoryOf, TakesOnlyProposedVersionsOfBots) {
  const TempDir dir;
  dir.git("init");
  dir.write("a.py", "1");
  commit(dir, "one");
  dir.write("a.py", "2");
  commit(dir, "[pre-commit.ci] auto fixes from pre-commit.com hooks", {.name = "pre-commit-ci[bot]"});
  dir.write("a.py", "3");
  commit(dir, "[pre-commit.ci] pre-commit autoupdate", {.name = "pre-commit-ci[bot]"});
  const History history = open_or_fail(dir.path()).history;
  ASSERT_EQ(history.bot_commits.size(), 1u);
  EXPECT_EQ(history.bot_commits[0].subject, "[pre-commit.ci] pre-commit autoupdate");
  EXPECT_EQ(history.authors, 1u);
}

TEST(HistoryOf, FindsTheDefaultBranch) {
  const TempDir dir;
  dir.write("up/a.py", "");
  dir.git("init -b trunk", "up");
  dir.git("add -A", "up");
  dir.git("commit -m one", "up");
  EXPECT_EQ(open_or_fail(dir.path("up")).history.default_branch, "trunk");
  dir.git("clone up down");
  dir.git("checkout -b feature", "down");
  EXPECT_EQ(open_or_fail(dir.path("down")).history.default_branch, "trunk");
  dir.git("branch main", "up");
  dir.git("checkout -b topic", "up");
  EXPECT_EQ(open_or_fail(dir.path("up")).history.default_branch, "main");
}

TEST(HistoryOf, ListsBranchesAndWhetherAllAreThere) {
  const TempDir dir;
  dir.write("up/a.py", "");
  dir.git("init -b main", "up");
  dir.git("add -A", "up");
  dir.git("commit -m one", "up");
  dir.git("branch release/1", "up");
  const History own = open_or_fail(dir.path("up")).history;
  EXPECT_THAT(own.branches, ElementsAre("main", "release/1"));
  EXPECT_FALSE(own.all_branches);  // others may have pushed more than is here
  dir.git("clone up whole");
  dir.git("checkout -b mine", "whole");
  const History whole = open_or_fail(dir.path("whole")).history;
  EXPECT_THAT(whole.branches, ElementsAre("main", "mine", "release/1"));
  EXPECT_TRUE(whole.all_branches);
  dir.git("clone --single-branch up one");
  const History one = open_or_fail(dir.path("one")).history;
  EXPECT_THAT(one.branches, ElementsAre("main"));
  EXPECT_FALSE(one.all_branches);
  dir.git("clone --depth 1 file://" + dir.path("up") + " shallow");
  EXPECT_FALSE(open_or_fail(dir.path("shallow")).history.all_branches);
}

TEST(HistoryOf, AShallowCloneIsNotComplete) {
  const TempDir dir;
  dir.git("init up");
  for (const char* text : {"1", "2", "3"}) {
    dir.write("up/a.py", text);
    if (*text == '1') dir.write("up/old.py", text);
    dir.git("add -A", "up");
    dir.git("commit -m " + std::string(text), "up");
  }
  dir.git("clone --depth 2 file://" + dir.path("up") + " down");
  const Repo repo = open_or_fail(dir.path("down"));
  EXPECT_FALSE(repo.history.complete);
  EXPECT_EQ(repo.history.commits, 2u);
  EXPECT_EQ(date_of(repo, "a.py"), "2024-03-01");
  EXPECT_EQ(date_of(repo, "old.py"), "");
}

TEST(HistoryOf, IsNotThereWithoutGitOrWithoutCommits) {
  const TempDir dir;
  dir.write("a.py", "");
  EXPECT_FALSE(open_or_fail(dir.path()).history.available);
  dir.git("init");
  EXPECT_FALSE(open_or_fail(dir.path()).history.available);
  EXPECT_FALSE(memory_repo({{"a.py", ""}}).history.available);
}

}  // namespace
}  // namespace mlgrade
