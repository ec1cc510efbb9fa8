// The program as people call it, for tests: its words as a shell reads them, what it says and its exit code.
#pragma once

#include <sys/wait.h>

#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/places.h"

namespace mlgrade {

struct Ran {
  int code = -1;
  std::string out;  // of `mlgrade`: standard output and error together
};

inline Ran run_shell(const std::string& command) {
  Ran out;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) out.out.append(buffer, n);
  const int status = pclose(pipe);
  out.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return out;
}

// `environment` stands before the call: "LC_ALL=C COLUMNS=60".
inline Ran mlgrade(const std::string& words, const std::string& environment = "") {
  return run_shell(environment + " '" + binary_dir() + "/mlgrade' " + words + " 2>&1 </dev/null");
}

inline std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace mlgrade
