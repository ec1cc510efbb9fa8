// Matching what commands and arguments say against patterns of tools and rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/automation.h"
#include "analyzer/facts/python.h"

namespace mlgrade {

// True if the command's leading words are those of `pattern` ("soda scan", "dvc *"). What only starts another
// program (python -m, uv run, poetry run, npx, sudo, env, time, xargs ...) is looked through; options between
// the words are passed over, wanted ones may stand anywhere ("--level=high" is also `--level high`); the
// program counts by its last path component. Unknown expansions match nothing.
bool command_matches(const Command& command, std::string_view pattern);

// The names by which the command may be looked up: its first word's last path component and what that starts.
std::vector<std::string> programs_of(const Command& command);

// True if the call's argument `keyword` is as wanted: "*" any value but None, "*!v" any but None and v, ">=n"
// a number, "!v" given or not but not v, else that value. "0" is the first argument without a keyword, "1"
// the second. A keyword that may hide in ** counts as unknown: it matches "!v" only.
bool argument_matches(const PythonModule& module, const PyCall& call, std::string_view keyword,
                      std::string_view wanted);

}  // namespace mlgrade
