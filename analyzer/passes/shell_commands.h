// The commands of a shell text and what becomes of their exit codes: every reader of a CI system, task runner
// or script uses this one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/problem.h"
#include "analyzer/facts/automation.h"
#include "analyzer/syntax/shell.h"

namespace mlgrade {

// Where the text stands and how its shell is started.
struct ShellContext {
  FileId file = FileId::kNone;
  uint32_t unit = kNone;   // index of the unit that the commands belong to
  uint32_t line = 1;       // line of the file that holds the text's first line
  uint32_t column = 0;     // added to columns: indentation of a block scalar
  bool one_line = false;   // every command is reported at `line` (folded text, an array of words)
  bool errexit = false;    // started with -e
  bool pipefail = false;   // started with -o pipefail
  Span shell_span;         // what decided about errexit and pipefail (`shell: ...`), if anything
  Name working_directory;  // repository-relative folder in which the text starts; "" = the root
  Name script_folder;      // of a script: its own folder, for `cd "$(dirname "$0")"`
  ShellDialect dialect;
  std::map<std::string, std::string> variables;  // of the environment, where they are known
  std::vector<std::string> judged_later;  // values of the job (GITHUB_ENV, outputs) on which later steps fail
};

// Commands in source order; those of functions stand where they are written, with the effect of the call.
// Command::effect says what becomes of the exit code inside this text: kBlocking means that the text as a
// whole fails. Problems: text that does not parse (what stands around it is used), limits.
std::vector<Command> shell_commands(std::string_view text, const ShellContext& context,
                                    std::vector<Problem>* problems = nullptr);

// A script given as words (exec form, an array of arguments): one command, blocking, nothing expanded.
Command exec_command(const std::vector<std::string>& words, const ShellContext& context);

}  // namespace mlgrade
