// What a command line really runs, once runners such as `poetry run`, `coverage run -m` and `env A=b` are
// taken off.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/automation.h"

namespace mlgrade {

struct CommandLine {
  std::vector<Word>
      words;            // without runners; [0] is the program, by its last path segment if it is a literal
  std::string program;  // of words[0]: "python" for python3.11 and /usr/bin/python3, "pytest", "make"
  std::vector<std::string> runners;  // what was taken off: "poetry", "coverage"; "container" for docker run
  bool elsewhere = false;            // runs in a container or on another machine: its folder is not known
  bool uncertain = false;            // with arguments that are known only when it runs (xargs)
  bool empty() const { return words.empty(); }
};

CommandLine command_line(const std::vector<Word>& words);

// The value of an option in its usual spellings: "-f x", "-fx", "--file x", "--file=x"; null if absent.
const Word* option_value(const CommandLine& line, std::string_view short_name, std::string_view long_name,
                         Word& scratch);
bool has_flag(const CommandLine& line, std::string_view flag);

// Arguments that are no options; `with_value` names the options that take the next word.
std::vector<const Word*> positionals(const CommandLine& line,
                                     const std::vector<std::string_view>& with_value);

// A path as written, made repository-relative: `cwd` is the folder it is relative to ("?" = unknown). Leading
// "$GITHUB_WORKSPACE/", "$PWD/", "${{ github.workspace }}/" count as the root. Empty when it holds other
// expansions or leaves the repository.
std::string repository_path(const Word& word, std::string_view cwd);

}  // namespace mlgrade
