// The program as people call it: commands, exit codes, messages, output files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>

#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class Cli : public testing::Test {
 protected:
  Cli() { dir_.write("repo/train.py", "import sklearn\n"); }
  std::string repo() const { return "'" + dir_.path("repo") + "'"; }
  TempDir dir_;
};

TEST_F(Cli, APathAloneIsAScan) {
  const Ran scan = mlgrade("scan " + repo());
  EXPECT_EQ(scan.code, 0) << scan.out;
  EXPECT_THAT(scan.out, HasSubstr("ML Test Score  0 of 7"));
  EXPECT_EQ(mlgrade(repo()).out, scan.out);
}

TEST_F(Cli, HelpAndVersionSucceed) {
  for (const char* words : {"--help", "", "scan --help", "explain --help", "list --help", "--version"}) {
    EXPECT_EQ(mlgrade(words).code, 0) << words;
  }
  EXPECT_THAT(mlgrade("--help").out, HasSubstr("Exit codes"));
}

TEST_F(Cli, WrongUsageIsTwoWithAMessage) {
  const auto wrong = [](const std::string& words, const std::string& message) {
    const Ran ran = mlgrade(words);
    EXPECT_EQ(ran.code, 2) << words;
    EXPECT_THAT(ran.out, StartsWith("mlgrade: ")) << words;
    EXPECT_THAT(ran.out, HasSubstr(message)) << words;
  };
  wrong("scan '" + dir_.path("none") + "'", "No such file");
  wrong("scan '" + dir_.path("repo/train.py") + "'", "is a file");
  wrong("scan " + repo() + " --format html5", "html5");
  wrong("scan " + repo() + " --as-of 2026-02-30", "2026-02-30");
  wrong("scan " + repo() + " --jobs -3", "--jobs");
  wrong("scan " + repo() + " --fail-under eight", "--fail-under");
  wrong("scan " + repo() + " --fail-under 9", "--fail-under");
  wrong("scan " + repo() + " --rev v1", "v1");
  wrong("scan " + repo() + " --profile nothing", "no profile 'nothing'");
  wrong("scan " + repo() + " --nothing", "--nothing");
  wrong("scan " + repo() + " --output '" + dir_.path("none/x.json") + "'", "cannot write");
  wrong("scan " + repo() + " --format json --output '" + dir_.path("repo") + "'", "it is a folder");
  wrong("scan " + repo() + " --output x.weird", "--format");
  wrong("explain DATA-77", "did you mean DATA-7?");
  wrong("list nothing", "nothing");
}

TEST_F(Cli, MistakesInTheProjectsOwnFileEndTheScan) {
  dir_.write(
      "repo/.mlgrade.yaml",
      "profil: service\nattestations:\n  - {item: RISK-7, reason: r, owner: o, evidence: none.md, expires: "
      "2020-01-01}\n");
  const Ran ran = mlgrade("scan " + repo() + " --as-of 2026-01-01");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.out, StartsWith("mlgrade: .mlgrade.yaml has mistakes"));
  EXPECT_THAT(ran.out, HasSubstr("\n  .mlgrade.yaml:1: "));
  EXPECT_THAT(ran.out, HasSubstr("\n  .mlgrade.yaml:3: `none.md` is neither a link nor a path"));
  EXPECT_THAT(ran.out, HasSubstr("expired"));
  dir_.write("repo/.mlgrade.yaml", "profile: prototype\n");
  EXPECT_THAT(mlgrade("scan " + repo()).out, HasSubstr("for a prototype (asked for)"));
}

TEST_F(Cli, ABoundThatIsNotMetIsOne) {
  const Ran below = mlgrade("scan " + repo() + " --fail-under 0.5");
  EXPECT_EQ(below.code, 1);
  EXPECT_THAT(below.out, HasSubstr("0.00 is below 0.50"));
  EXPECT_THAT(below.out, HasSubstr("ML Test Score")) << "the report is written all the same";
  EXPECT_EQ(mlgrade("scan " + repo() + " --fail-under 0").code, 0);
}

TEST_F(Cli, OutputIsAFileCompleteAndAlone) {
  const std::string file = dir_.path("out.json");
  const Ran ran = mlgrade("scan " + repo() + " --output '" + file + "'");
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_THAT(text_of(file), StartsWith("{\n")) << "the ending chooses the format";
  EXPECT_EQ(text_of(file), mlgrade("scan " + repo() + " --format json").out);
  dir_.write("old.txt", "old");
  ASSERT_EQ(chmod(dir_.path("old.txt").c_str(), 0640), 0);
  EXPECT_EQ(mlgrade("scan " + repo() + " -o '" + dir_.path("old.txt") + "'").code, 0);
  struct stat info {};
  ASSERT_EQ(stat(dir_.path("old.txt").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u) << "a file that is replaced keeps its mode";
  EXPECT_EQ(mlgrade("scan " + repo() + " -f json -o /dev/null").code, 0);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) files += entry.is_regular_file();
  EXPECT_EQ(files, 2) << "nothing is left aside";
}

TEST_F(Cli, AFullDiskIsSaid) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  const Ran ran = mlgrade("scan " + repo() + " -f json -o /dev/full");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.out, HasSubstr("cannot write '/dev/full'"));
}

// What was there stays whole, and nothing is left beside it.
TEST_F(Cli, AFileThatGrowsTooLargeIsNeverHalfWritten) {
  dir_.write("out/page.html", "old");
  const std::string file = dir_.path("out/page.html");
  const Ran ran = run_shell("(ulimit -f 16; '" + binary_dir() + "/mlgrade' scan " + repo() + " -q -o '" +
                            file + "') 2>&1");
  EXPECT_EQ(ran.code, 2) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("cannot write '" + file + "'"));
  EXPECT_EQ(text_of(file), "old");
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_.path("out"))) ++files;
  EXPECT_EQ(files, 1);
}

TEST_F(Cli, WhatCannotBeReadIsNamedAndTheRestIsScanned) {
  dir_.write("repo/data/rows.json", "[");
  std::filesystem::resize_file(dir_.path("repo/data/rows.json"), 200'000'000);
  dir_.write("repo/notebook.ipynb", "no JSON");
  dir_.write("repo/words.py", "x = '\xff\xfe'\n");
  dir_.link("repo/broken", "nowhere");
  dir_.link("repo/outside", "/etc/passwd");
  const Ran ran = mlgrade("scan --verbose " + repo());
  EXPECT_EQ(ran.code, 0) << ran.out;
  for (const char* file : {"data/rows.json", "notebook.ipynb", "words.py", "broken", "outside"})
    EXPECT_THAT(ran.out, HasSubstr(std::string(file) + ": "));
  EXPECT_THAT(ran.out, HasSubstr("200000000 bytes"));
  const size_t once = ran.out.find("outside: a symbolic link");
  EXPECT_EQ(ran.out.find("outside: a symbolic link", once + 1), std::string::npos) << "said twice";
  EXPECT_THAT(ran.out, HasSubstr("Looks like"));
  EXPECT_THAT(ran.out, Not(HasSubstr("root:"))) << "nothing outside is read";
}

TEST_F(Cli, AnEmptyFolderIsScanned) {
  std::filesystem::create_directories(dir_.path("empty"));
  const Ran ran = mlgrade("scan '" + dir_.path("empty") + "'");
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("ML Test Score  0 of 7"));
}

TEST_F(Cli, NoColourWhereNobodyWatches) {
  EXPECT_THAT(mlgrade("scan " + repo()).out, Not(HasSubstr("\x1b")));
}

TEST_F(Cli, CharactersAndWidthFollowTheEnvironment) {
  const Ran ascii = mlgrade("scan " + repo(), "LC_ALL=C COLUMNS=60");
  for (char c : ascii.out) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  std::istringstream lines(ascii.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 60u) << line;
  EXPECT_THAT(mlgrade("scan " + repo(), "LC_ALL=C.UTF-8").out, HasSubstr("\xe2\x96\x91"));
}

TEST_F(Cli, ARevisionIsReadFromGit) {
  const Ran none = mlgrade("scan " + repo() + " --rev HEAD");
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.out, HasSubstr("not a git repository"));
}

TEST_F(Cli, ExplainsItemsAndRulesAndWhatWasFound) {
  const Ran item = mlgrade("explain data-7");
  EXPECT_EQ(item.code, 0) << item.out;
  EXPECT_THAT(item.out, HasSubstr("DATA-7  "));
  EXPECT_THAT(item.out, HasSubstr("70 %"));
  const Ran found = mlgrade("explain INFRA-4 --in " + repo());
  EXPECT_EQ(found.code, 0) << found.out;
  EXPECT_THAT(found.out, HasSubstr("INFRA-4 in repo"));
  EXPECT_THAT(found.out, HasSubstr("does not apply"));
  EXPECT_EQ(mlgrade("explain DATA-7 --in /none").code, 2);
}

// The text of each line of the chain, and where it breaks; all of it on one screen.
TEST_F(Cli, ExplainsAChainLineByLineOnOneScreen) {
  dir_.write("repo/features.py", "def clean_text(text):\n    text = text.strip()\n    return text.lower()\n");
  dir_.write("repo/tests/test_features.py",
             "from features import clean_text\n\n\ndef test_empty():\n    assert clean_text('') == ''\n");
  dir_.write("repo/train.py", "from sklearn.svm import SVC\n\nmodel = SVC().fit([[0], [1]], [0, 1])\n");
  dir_.write("repo/.github/workflows/ci.yml",
             "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pytest tests\n");
  const Ran whole = mlgrade("explain DATA-7 --in " + repo(), "LC_ALL=C");
  EXPECT_THAT(whole.out, HasSubstr(".github/workflows/ci.yml:6: runs `pytest tests`"));
  EXPECT_THAT(whole.out, HasSubstr("| - run: pytest tests"));
  EXPECT_THAT(whole.out, HasSubstr("| def clean_text(text):"));
  dir_.write("repo/.github/workflows/ci.yml",
             "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    if: false\n"
             "    steps:\n      - run: pytest tests\n");
  const Ran broken = mlgrade("explain DATA-7 --in " + repo(), "LC_ALL=C");
  EXPECT_THAT(broken.out, HasSubstr("x  .github/workflows/ci.yml:5: job test never runs: false"));
  EXPECT_THAT(broken.out, HasSubstr("| if: false"));
  for (const Ran& ran : {whole, broken})
    EXPECT_LE(std::count(ran.out.begin(), ran.out.end(), '\n'), 40) << ran.out;
}

TEST_F(Cli, ScoresAFolderAlone) {
  EXPECT_THAT(mlgrade("scan " + repo() + " --project nowhere").out, HasSubstr("no folder 'nowhere'"));
  EXPECT_EQ(mlgrade("scan " + repo() + " --project nowhere").code, 2);
  dir_.write("repo/a/train.py", "from sklearn.svm import SVC\nSVC().fit([[0]], [0])\n");
  const Ran alone = mlgrade("scan " + repo() + " --project ./a/");
  EXPECT_EQ(alone.code, 0) << alone.out;
  EXPECT_THAT(alone.out, HasSubstr("repo / a"));
}

TEST_F(Cli, ListsWhatThereIs) {
  const Ran all = mlgrade("list");
  EXPECT_EQ(all.code, 0);
  for (const char* word : {"MON-7", "Rules", "Tools", "prototype", "terminal"})
    EXPECT_THAT(all.out, HasSubstr(word));
  EXPECT_THAT(mlgrade("list formats").out, Not(HasSubstr("MON-7")));
}

}  // namespace
}  // namespace mlgrade
