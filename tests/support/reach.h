// How a command is reached in a repository that is written down in a test: the whole way from files to graph.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mlgrade {

using RepoFiles = std::vector<std::pair<std::string, std::string>>;

// Of the first command whose first word is `program` and which is reached best: "automatic", "manual" or
// "nothing", then " reporting" or " swallowed" if its failure is not noticed, then " maybe" if that is not
// certain. "no command" if no file has it.
std::string reach_of(RepoFiles files, std::string_view program);

// The first broken or doubtful link in words.
std::string why_not(RepoFiles files, std::string_view program);

// What the repository names and does not have: "file:line target".
std::vector<std::string> dangling_of(RepoFiles files);

// Whether the first command named `first` must succeed before that named `second` runs.
bool gates(RepoFiles files, std::string_view first, std::string_view second);

}  // namespace mlgrade
