// The data files compiled into the program: rules and tools (rules/**/*.yaml), the rubric (rubric/*.yaml),
// the report schemas and page parts (reports/), workflows (.ci/). The build writes the implementation,
// generated/embedded_files.cc.
#pragma once

#include <span>
#include <string_view>

namespace mlgrade {

// One data file as it was at build time.
struct EmbeddedFile {
  std::string_view path;    // relative to the root of mlgrade's own repository, with '/'
  std::string_view text;    // the exact bytes; LF line ends
  std::string_view sha256;  // of `text`, in hexadecimal digits
};

// All embedded files, sorted by path. Lives as long as the program.
std::span<const EmbeddedFile> embedded_files();

}  // namespace mlgrade
