// Which files are samples (no evidence) and which are copies of other projects (never read).
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/repository.h"
#include "analyzer/repo/repo.h"

namespace mlgrade {

// Folders of tools and installed packages: not even looked into, except for files that git tracks there.
bool is_tool_folder(std::string_view name);

// True for files below examples/, archive/, demo/ and the like, of a cookiecutter template, left there by a
// tool to start from, or switched off by their ending.
bool is_sample(std::string_view path);

// Sets `sample` and `vendored` of all files of `repo`, which are sorted. Reads .gitattributes and .gitmodules
// by `repo.load`.
void classify(Repo& repo);

}  // namespace mlgrade
