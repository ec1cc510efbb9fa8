// Lists the files of a folder on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/repo/listing.h"
#include "analyzer/repo/path_patterns.h"
#include "analyzer/repo/repo.h"

namespace mlgrade {

// What git knows about the work tree; empty for a folder without git.
struct TrackedFiles {
  std::vector<std::string> paths;       // relative to the folder that is walked, sorted
  std::vector<std::string> submodules;  // likewise
  std::vector<PathPatterns> outer;      // ignore rules from outside: .git/info/exclude, folders above
};

// Lists every file below `root` that is tracked or not ignored, without following links. Folders of tools,
// virtual environments, submodules and other repositories are not entered except for tracked files.
void walk_folder(const std::string& root, const TrackedFiles& tracked, Listing& out);

// Reads a regular file of at most `limit` bytes, following no link at the end of `path`; nothing, with a
// reason in `error`, if it is not possible.
std::optional<std::string> read_disk_file(const std::string& path, uint64_t limit, std::string& error);

// The first bytes of a regular file, fewer where it is shorter; "" if it cannot be read.
std::string read_disk_head(const std::string& path, size_t bytes);

}  // namespace mlgrade
