// What becomes of exit codes in shell texts: every way of rubric F-10 to lose them, and the ways to keep
// them.
#include "analyzer/passes/shell_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mlgrade {
namespace {

using testing::HasSubstr;

ShellContext plain() {
  ShellContext context;
  context.file = FileId{3};
  return context;
}

ShellContext errexit() {
  ShellContext context = plain();
  context.errexit = true;
  return context;
}

// The first command whose program is `program`.
Command find(const std::string& text, const std::string& program, const ShellContext& context) {
  for (Command& command : shell_commands(text, context)) {
    if (!command.words.empty() && command.words[0].text == program) return command;
  }
  ADD_FAILURE() << "no " << program << " in: " << text;
  return {};
}

Command pytest(const std::string& text, const ShellContext& context = plain()) {
  return find(text, "pytest", context);
}

void expect_blocking(const std::string& text, const ShellContext& context) {
  const Command command = pytest(text, context);
  EXPECT_EQ(command.effect, Effect::kBlocking) << text << "\n" << command.effect_why;
  EXPECT_EQ(command.effect_why, "") << text;
}

// Swallowed, with `why` in the reason, decided on `line`.
void expect_lost(const std::string& text, const ShellContext& context, const std::string& why, uint32_t line,
                 Effect effect = Effect::kSwallowed) {
  const Command command = pytest(text, context);
  EXPECT_EQ(command.effect, effect) << text;
  EXPECT_THAT(command.effect_why, HasSubstr(why)) << text;
  EXPECT_EQ(command.effect_span.line, line) << text;
  EXPECT_EQ(command.effect_span.file, FileId{3}) << text;
}

TEST(ShellCommands, WithoutErrexitOnlyTheLastCommandCounts) {
  expect_lost("# run\npytest\necho done\n", plain(), "no `set -e`", 1);
  expect_blocking("echo start\npytest\n", plain());
  expect_blocking("pytest\nf() { echo; }\n", plain());
  expect_lost("pytest > out.txt\nmore\n", plain(), "no `set -e`", 1);
  expect_blocking("pytest > out.txt", plain());
}

TEST(ShellCommands, ErrexitIsFollowed) {
  for (const char* on :
       {"set -e", "set -o errexit", "set -euo pipefail", "set -xe", "set -u -e", "trap 'exit 1' ERR"}) {
    expect_blocking(std::string(on) + "\npytest\necho\n", plain());
  }
  expect_blocking("pytest\necho\n", errexit());
  expect_lost("set -e\nset +e\npytest\necho\n", plain(), "`set +e`", 2);
  expect_lost("set +o errexit\npytest\necho\n", errexit(), "`set +e`", 1);
  expect_lost("set +e\npytest\nset -e\necho\n", errexit(), "`set +e`", 1);
  expect_lost("set -x\npytest\necho\n", plain(), "no `set -e`", 1);
  expect_lost("trap 'echo failed' ERR\npytest\necho\n", plain(), "trap on ERR", 1, Effect::kReporting);
}

TEST(ShellCommands, OrHandlersSwallowOrPassOn) {
  expect_lost("a\npytest || true\n", errexit(), "`|| true`", 2);
  expect_lost("pytest || :\n", errexit(), "`|| :`", 1);
  expect_lost("pytest \\\n  || echo failed\n", errexit(), "`|| echo`", 2);
  expect_lost("pytest || exit 0\n", errexit(), "`|| exit 0`", 1);
  expect_lost("pytest || { echo a; echo b; }\nx\n", errexit(), "`|| { ... }`", 1);
  expect_lost("pytest || { echo a; exit; }\nx\n", errexit(), "`|| { ... }`", 1);
  expect_lost("cd x && pytest || true\n", errexit(), "`|| true`", 1);
  expect_lost("pytest || echo '::warning::tests failed'\nx\n", errexit(), "annotation", 1,
              Effect::kReporting);
  expect_blocking("pytest || exit 1\nx\n", plain());
  expect_blocking("pytest || exit\nx\n", plain());
  expect_blocking("pytest || exit $?\nx\n", plain());
  expect_blocking("pytest || { echo failed; exit 1; }\nx\n", plain());
  expect_blocking("pytest || false\nx\n", errexit());
  expect_lost("pytest || false\nx\n", plain(), "no `set -e`", 1);
  expect_lost("pytest || (echo; exit 1)\nx\n", plain(), "no `set -e`", 1);
  expect_blocking("pytest || (echo; exit 1)\nx\n", errexit());
  expect_blocking("die() { echo \"$1\"; exit 1; }\npytest || die 'no'\nx\n", plain());
}

TEST(ShellCommands, AnotherCommandBehindOrIsATest) {
  const Command command = pytest("pytest || python notify.py\nx\n", errexit());
  EXPECT_TRUE(command.tested);
  EXPECT_EQ(command.effect, Effect::kReporting);
  EXPECT_EQ(find("pytest || python notify.py\nx\n", "python", errexit()).runs, Truth::kUnknown);
}

TEST(ShellCommands, AndListsEscapeErrexitUnlessLast) {
  expect_lost("pytest && echo ok\nmore\n", errexit(), "left of `&&`", 1);
  expect_blocking("more\npytest && echo ok\n", errexit());
  expect_blocking("cd x && pytest\nmore\n", errexit());
  expect_blocking("pytest && mypy\n", plain());
}

TEST(ShellCommands, PipesNeedPipefail) {
  expect_lost("a\npytest 2>&1 | tee log.txt\n", errexit(), "piped into `tee`", 2);
  expect_lost("pytest |\n  grep -v x |\n  cat\n", errexit(), "piped into `grep`", 2);
  expect_blocking("set -o pipefail\npytest | tee log.txt\n", errexit());
  expect_blocking("pytest | tee log.txt\nexit ${PIPESTATUS[0]}\n", plain());
  expect_blocking("pytest | tee log.txt\nexit ${PIPESTATUS[0]}\n", errexit());
  expect_blocking("echo x | pytest\n", errexit());
  const Command command = pytest("pytest 2>&1 | tee -a reports/log.txt\n", errexit());
  EXPECT_EQ(command.output_file, "reports/log.txt");
}

TEST(ShellCommands, MentioningPipestatusIsNoCheck) {
  const std::string run = "pytest 2>&1 | tee log.txt\n";
  expect_lost(run + "echo \"X=${PIPESTATUS[0]}\" >> $GITHUB_ENV\n", errexit(), "not acted on", 2);
  expect_lost(run + "echo \"X=${PIPESTATUS[0]}\" >> $GITHUB_ENV\nmore\n", plain(), "not acted on", 2);
  expect_lost(run + "rc=${PIPESTATUS[0]}\necho $rc\n", errexit(), "not acted on", 2);
  expect_blocking(run + "rc=${PIPESTATUS[0]}\necho $rc\nexit $rc\n", errexit());
  expect_blocking(run + "if [ ${PIPESTATUS[0]} -ne 0 ]; then exit 1; fi\nmore\n", errexit());
  expect_blocking(run + "[ ${PIPESTATUS[0]} -eq 0 ]\nmore\n", errexit());
  expect_lost(run + "[ ${PIPESTATUS[0]} -eq 0 ]\nmore\n", plain(), "not acted on", 2);
  ShellContext judged = errexit();
  judged.judged_later = {"X"};
  expect_blocking(run + "echo \"X=${PIPESTATUS[0]}\" >> $GITHUB_ENV\n", judged);
  expect_lost(run + "echo \"Y=${PIPESTATUS[0]}\" >> $GITHUB_ENV\n", judged, "not acted on", 2);
}

TEST(ShellCommands, OtherWaysToLoseAFailure) {
  expect_lost("pytest; exit 0", plain(), "`exit 0` follows", 1);
  expect_lost("pytest; true", plain(), "`true` follows", 1);
  expect_blocking("pytest; exit 0", errexit());
  expect_lost("pytest &\nx\n", errexit(), "background", 1);
  expect_blocking("pytest &\npid=$!\nwait $pid\n", errexit());
  expect_lost("echo $(pytest)\n", errexit(), "`$(...)`", 1);
  expect_blocking("out=$(pytest)\nx\n", errexit());
  expect_lost("out=$(pytest; x)\n", errexit(), "`$(...)`", 1);
  expect_lost("local out=$(pytest)\n", errexit(), "`$(...)`", 1);
  expect_lost("for i in a b; do\n pytest $i\ndone\n", plain(), "last round", 1);
  expect_blocking("for i in a b; do\n pytest $i\ndone\n", errexit());
  expect_lost("if pytest; then echo ok; fi\n", errexit(), "branch of `if`", 1, Effect::kReporting);
}

TEST(ShellCommands, ExitCodesThatAreLookedAtAreKept) {
  expect_blocking("pytest\nrc=$?\necho\nexit $rc\n", plain());
  expect_blocking("pytest\nif [ $? -ne 0 ]; then\n exit 1\nfi\necho\n", plain());
  expect_blocking("set +e\npytest\ncode=$?\nset -e\nif [ \"$code\" != 0 ]; then exit \"$code\"; fi\necho\n",
                  errexit());
  expect_blocking("failed=0\npytest || failed=1\necho\nexit $failed\n", plain());
  expect_blocking("if ! pytest; then\n failed=1\nfi\n[ \"$failed\" = 1 ] && exit 1\necho\n", plain());
  expect_blocking("pytest\n[ $? -eq 0 ] || exit 1\necho\n", plain());
  expect_lost("pytest\nrc=$?\necho done\n", plain(), "stored in `rc`", 2);
  expect_lost("pytest\necho $?\nx\n", plain(), "not acted on", 2);
  expect_lost("pytest || failed=1\necho\n", errexit(), "`|| failed=1`", 1);
}

TEST(ShellCommands, ConditionsThatExitBlock) {
  expect_blocking("if pytest; then echo ok; else exit 1; fi\nx\n", plain());
  expect_blocking("if ! pytest; then echo no; exit 1; fi\nx\n", plain());
  EXPECT_TRUE(pytest("if ! pytest; then exit 1; fi\n").tested);
}

TEST(ShellCommands, ConstantConditionsDecideWhatRuns) {
  EXPECT_EQ(pytest("if false; then pytest; fi").runs, Truth::kNo);
  EXPECT_EQ(pytest("if true; then x; else pytest; fi").runs, Truth::kNo);
  EXPECT_EQ(pytest("if true; then pytest; fi").runs, Truth::kYes);
  EXPECT_EQ(pytest("if [ a = b ]; then pytest; fi").runs, Truth::kNo);
  EXPECT_EQ(pytest("if [ \"$A\" = b ]; then pytest; fi").runs, Truth::kUnknown);
  EXPECT_EQ(pytest("[ -f x ] && pytest").runs, Truth::kUnknown);
  EXPECT_EQ(pytest("false && pytest").runs, Truth::kYes);  // not a test we look into
  EXPECT_EQ(pytest("exit 0\npytest").runs, Truth::kNo);
  EXPECT_EQ(pytest("if [ -z \"$E2E\" ]; then exit 0; fi\npytest").runs, Truth::kUnknown);
  EXPECT_EQ(pytest("if [ -z \"$E2E\" ]; then exit 1; fi\npytest").runs, Truth::kYes);
  EXPECT_EQ(pytest("case $1 in test) pytest;; esac").runs, Truth::kUnknown);
  EXPECT_EQ(pytest("case b in a) pytest;; *) x;; esac").runs, Truth::kNo);
}

TEST(ShellCommands, FunctionsTakeTheEffectOfTheirCall) {
  expect_lost("check() {\n  pytest\n}\ncheck || true\n", plain(), "`|| true`", 4);
  expect_blocking("check() {\n  pytest\n}\ncheck\n", plain());
  expect_blocking("check() {\n  pytest || return 1\n  echo\n}\ncheck\n", plain());
  expect_lost("check() {\n  pytest\n  echo\n}\ncheck\n", plain(), "no `set -e`", 1);
  EXPECT_EQ(pytest("check() { pytest; }\n").runs, Truth::kNo);
  EXPECT_EQ(pytest("check() { pytest; }\ntrap check EXIT\n").runs, Truth::kUnknown);
  EXPECT_EQ(pytest("f() { g; }\ng() { f; pytest; }\nf\n").runs, Truth::kYes);
  EXPECT_EQ(pytest("a() { pytest; }\na || true\na\n", errexit()).effect, Effect::kBlocking);
}

TEST(ShellCommands, SubshellsAndGroupsPassOn) {
  expect_blocking("(cd x; pytest)\ny\n", errexit());
  expect_lost("(cd x; pytest)\ny\n", plain(), "no `set -e`", 1);
  expect_blocking("{ pytest; }\n", plain());
  EXPECT_TRUE(pytest("(x; pytest) > /dev/null 2>&1").output_discarded);
  EXPECT_EQ(pytest("pytest 2> err.txt").output_file, "");
  EXPECT_EQ(pytest("pytest >> out.txt 2>&1").output_file, "out.txt");
}

TEST(ShellCommands, FoldersAreFollowed) {
  ShellContext context = plain();
  context.working_directory = Name("deploy");
  context.script_folder = Name("tools/ci");
  EXPECT_EQ(pytest("pytest", context).working_directory, "");
  EXPECT_EQ(pytest("cd jobs && pytest", context).working_directory, "deploy/jobs");
  EXPECT_EQ(pytest("cd ..\npytest", context).working_directory, ".");
  EXPECT_EQ(pytest("cd $X\npytest", context).working_directory, "?");
  EXPECT_EQ(pytest("cd /app\npytest", context).working_directory, "?");
  EXPECT_EQ(pytest("cd ../../..\npytest", context).working_directory, "?");
  EXPECT_EQ(pytest("cd \"$(dirname \"$0\")/..\"\npytest", context).working_directory, "tools");
  EXPECT_EQ(
      pytest("D=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\"\ncd \"$D/../..\"\npytest", context)
          .working_directory,
      ".");
  EXPECT_EQ(pytest("cd $GITHUB_WORKSPACE/a\npytest", context).working_directory, "a");
  EXPECT_EQ(pytest("(cd a)\npytest", context).working_directory, "");
  EXPECT_EQ(pytest("pushd a\npopd\npytest", context).working_directory, "deploy");
  EXPECT_EQ(pytest("if [ $a ]; then cd b; fi\npytest", context).working_directory, "?");
}

TEST(ShellCommands, ScriptsInArgumentsAreRead) {
  expect_blocking("docker run --rm img bash -c 'pytest && mypy'\nx\n", errexit());
  expect_lost("docker run img bash -c \"pytest; echo\"\nx\n", errexit(), "no `set -e`", 1);
  expect_blocking("bash -ec 'pytest; echo'\nx\n", errexit());
  expect_blocking("bash -e <<'EOF'\npytest\necho\nEOF\nx\n", errexit());
  EXPECT_EQ(pytest("bash <<EOF\na\npytest\nEOF\n").span.line, 3u);
}

TEST(ShellCommands, ScriptsForOtherHostsAreRead) {
  const Command there = pytest("ssh -i key -o A=b me@host \"set -e; cd /opt; pytest; x\"\n", errexit());
  EXPECT_EQ(there.effect, Effect::kBlocking);
  EXPECT_EQ(there.working_directory, "?");
  expect_lost("ssh host 'pytest; x'\n", errexit(), "no `set -e`", 1);
}

TEST(ShellCommands, KnownVariablesNameFilesAndFolders) {
  EXPECT_EQ(pytest("export OUT=results/a.txt\npytest > $OUT\n").output_file, "results/a.txt");
  EXPECT_EQ(pytest("D=out\nF=\"${D}/b.txt\"\npytest | tee \"$F\"\n").output_file, "out/b.txt");
  EXPECT_EQ(pytest("F=$1\npytest > $F\n").output_file, "$F");
  EXPECT_EQ(pytest("F=a\nif [ $x ]; then F=b; fi\npytest > $F\n").output_file, "$F");
  EXPECT_EQ(pytest("D=sub\ncd $D/x\npytest\n").working_directory, "sub/x");
  EXPECT_EQ(pytest("echo\npytest $D > /dev/null\n").words.at(1).text, "$D");
}

TEST(ShellCommands, WordsAssignmentsAndPlaces) {
  ShellContext context = errexit();
  context.line = 10;
  context.column = 8;
  context.unit = 4;
  const Command command = pytest("x\nA=1 B=$c pytest -m 'not slow' \\\n  ${{ matrix.t }}\n", context);
  EXPECT_EQ(command.unit, 4u);
  EXPECT_EQ(command.span.line, 11u);
  EXPECT_EQ(command.span.end_line, 12u);
  EXPECT_EQ(command.span.column, 9u);
  ASSERT_EQ(command.words.size(), 4u);
  EXPECT_EQ(command.words[2].text, "not slow");
  EXPECT_EQ(command.words[3].text, "${{ matrix.t }}");
  EXPECT_FALSE(command.words[3].literal);
  ASSERT_EQ(command.assignments.size(), 2u);
  EXPECT_EQ(command.assignments[1].text, "B=$c");
  EXPECT_EQ(find("python - <<EOF\nimport x\nEOF\n", "python", plain()).heredoc, "import x\n");
  context.one_line = true;
  EXPECT_EQ(pytest("x\npytest", context).span.line, 10u);
}

TEST(ShellCommands, BrokenAndHostileTextsAreSurvived) {
  std::vector<Problem> problems;
  shell_commands("a\nif b; then (\n", plain(), &problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].kind, ProblemKind::kSyntax);
  std::string doubling = "f0() { x; }\n";
  for (int i = 1; i < 40; ++i) {
    const std::string to = "f" + std::to_string(i - 1);
    doubling += "f" + std::to_string(i) + "() { " + to + "; " + to + "; }\n";
  }
  shell_commands(doubling + "f39\n", plain());
  std::string list = "pytest";
  for (int i = 0; i < 5000; ++i) list += " && x";
  shell_commands(list, plain());
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "a=$?\n";
  shell_commands(many, plain());
}

}  // namespace
}  // namespace mlgrade
