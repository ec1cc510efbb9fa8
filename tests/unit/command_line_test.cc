// Runners are taken off, paths are made repository-relative, selections are evaluated as pytest does.
#include "analyzer/graph/command_line.h"

#include <gtest/gtest.h>

#include <sstream>

#include "analyzer/graph/test_selection.h"

namespace mlgrade {
namespace {

std::vector<Word> words(const std::string& text) {
  std::vector<Word> out;
  std::istringstream in(text);
  for (std::string word; in >> word;) out.push_back({word, word.find('$') == std::string::npos});
  return out;
}

std::string run(const std::string& text) {
  CommandLine line = command_line(words(text));
  std::string out = line.program;
  for (size_t i = 1; i < line.words.size(); ++i) out += " " + line.words[i].text;
  return out;
}

TEST(CommandLine, TakesRunnersOff) {
  EXPECT_EQ(run("pytest tests"), "pytest tests");
  EXPECT_EQ(run("poetry run pytest tests"), "pytest tests");
  EXPECT_EQ(run("uv run --with x python -m pytest -q"), "pytest -q");
  EXPECT_EQ(run("python3.11 -m coverage run -m pytest tests"), "pytest tests");
  EXPECT_EQ(run("coverage run --source src -m pytest"), "pytest");
  EXPECT_EQ(run("coverage run app.py"), "python app.py");
  EXPECT_EQ(run("sudo -u ci env A=1 B=2 timeout 30s /usr/bin/python3 x.py"), "python x.py");
  EXPECT_EQ(run("PYTHONPATH=. python -u -m pkg.train"), "python -m pkg.train");
  EXPECT_EQ(run("conda run -n ml python train.py"), "python train.py");
  EXPECT_EQ(run("uv run train.py"), "python train.py");
  EXPECT_EQ(run("torchrun --nproc_per_node 2 train.py"), "python train.py");
  EXPECT_EQ(run("xvfb-run -s x make test"), "make test");
}

TEST(CommandLine, ProgramsThatAreFetchedGoWithoutTheirVersion) {
  EXPECT_EQ(run("npx serverless@3.40.0 deploy"), "serverless deploy");
  EXPECT_EQ(run("pnpm dlx @scope/cli@2 deploy"), "cli deploy");
  EXPECT_EQ(run("uvx ruff@0.4.1 check"), "ruff check");
  EXPECT_EQ(run("pipx run black==24.1 ."), "black .");
  EXPECT_EQ(run("npm exec -- serverless@3 deploy"), "serverless deploy");
  EXPECT_EQ(run("npx promptfoo eval -c user@host"), "promptfoo eval -c user@host");
}

TEST(CommandLine, LeavesToolsWithoutTheirSubcommandAlone) {
  EXPECT_EQ(run("poetry install"), "poetry install");
  EXPECT_EQ(run("uv sync"), "uv sync");
  EXPECT_EQ(run("coverage report"), "coverage report");
}

TEST(CommandLine, FindsOptionValuesInAllSpellings) {
  Word scratch;
  for (const char* text : {"x -f a.yml", "x -fa.yml", "x --file a.yml", "x --file=a.yml"}) {
    const CommandLine line = command_line(words(text));
    const Word* value = option_value(line, "-f", "--file", scratch);
    ASSERT_NE(value, nullptr) << text;
    EXPECT_EQ(value->text, "a.yml") << text;
  }
  EXPECT_EQ(option_value(command_line(words("x --files a")), "-f", "--file", scratch), nullptr);
}

TEST(CommandLine, MakesPathsRelativeToTheRepository) {
  EXPECT_EQ(repository_path({"./a/../b.py", true}, ""), "b.py");
  EXPECT_EQ(repository_path({"b.py", true}, "a"), "a/b.py");
  EXPECT_EQ(repository_path({"../b.py", true}, "a"), "b.py");
  EXPECT_EQ(repository_path({"${{ github.workspace }}/b.py", false}, "a"), "b.py");
  EXPECT_EQ(repository_path({"$DIR/b.py", false}, ""), "");
  EXPECT_EQ(repository_path({"../../etc/passwd", true}, "a"), "");
  EXPECT_EQ(repository_path({"/etc/passwd", true}, ""), "");
}

TEST(Selection, EvaluatesMarkersAndKeywords) {
  auto has = [](std::string_view name) { return name == "slow" || name == "gpu"; };
  EXPECT_EQ(evaluate_selection("slow", has), Truth::kYes);
  EXPECT_EQ(evaluate_selection("not slow", has), Truth::kNo);
  EXPECT_EQ(evaluate_selection("slow and not net", has), Truth::kYes);
  EXPECT_EQ(evaluate_selection("not (slow or gpu)", has), Truth::kNo);
  EXPECT_EQ(evaluate_selection("net or slow and gpu", has), Truth::kYes);
  EXPECT_EQ(evaluate_selection("slow and", has), Truth::kUnknown);
  EXPECT_EQ(evaluate_selection("(slow", has), Truth::kUnknown);
  EXPECT_EQ(evaluate_selection("", has), Truth::kUnknown);
}

}  // namespace
}  // namespace mlgrade
