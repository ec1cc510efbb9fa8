// The program as people call it: commands, exit codes, messages, output files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "tests/support/places.h"
#include "tests/support/temp_dir.h"

namespace mlgrade {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct Ran {
  int code = -1;
  std::string out;  // standard output and error together
};

// `words` as a shell reads them.
Ran mlgrade(const std::string& words, const std::string& environment = "") {
  const std::string command = environment + " '" + binary_dir() + "/mlgrade' " + words + " 2>&1 </dev/null";
  Ran out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.out.append(buffer, n);
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return out;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

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
  EXPECT_THAT(found.out, HasSubstr("In repo"));
  EXPECT_EQ(mlgrade("explain DATA-7 --in /none").code, 2);
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
