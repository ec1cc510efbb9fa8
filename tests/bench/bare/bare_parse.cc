// The floor of the benchmarks: reads the Python files that standard input names, one a line, and parses them
// with tree-sitter as its packages have it, on so many threads, looking at nothing. Nothing of ours is
// linked.
//   bare_parse THREADS   prints seconds of wall and CPU time
#include <time.h>
#include <tree_sitter/api.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

extern "C" const TSLanguage* tree_sitter_python();

namespace {

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Takes one file after another; a parser serves the whole thread.
void parse_all(const std::vector<std::string>& paths, std::atomic<size_t>& next) {
  TSParser* parser = ts_parser_new();
  ts_parser_set_language(parser, tree_sitter_python());
  for (size_t i = next++; i < paths.size(); i = next++) {
    const std::string text = read_file(paths[i]);
    ts_tree_delete(ts_parser_parse_string(parser, nullptr, text.data(), static_cast<uint32_t>(text.size())));
  }
  ts_parser_delete(parser);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc == 2 ? std::atoi(argv[1]) : 0;
  if (threads < 1) return 2;
  std::vector<std::string> paths;
  for (std::string line; std::getline(std::cin, line);) paths.push_back(line);
  const double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  {
    std::atomic<size_t> next = 0;
    std::vector<std::jthread> pool;
    for (int i = 1; i < threads; ++i) pool.emplace_back([&] { parse_all(paths, next); });
    parse_all(paths, next);
  }
  std::printf("%.6f %.6f\n", seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  return 0;
}
