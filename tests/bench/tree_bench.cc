// A large Python tree: the whole scan, from opening the folder to the rendered report, against the floor of
// parsing the same files with tree-sitter as it comes and looking at nothing.
//   MLGRADE_BENCH_DIR=<folder> mlgrade_bench
// Without the variable the standard library of the python3 on the path is read (its site-packages are left
// out by the scan as what it is: a folder of installed packages).
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "analyzer/passes/python/lower.h"
#include "analyzer/repo/repo.h"
#include "tests/bench/measure.h"
#include "tests/bench/results.h"
#include "tests/bench/scan.h"

namespace mlgrade::bench {
namespace {

std::string standard_library() {
  const char* command = "python3 -c \"import sysconfig; print(sysconfig.get_path('stdlib'))\"";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command, "r"), pclose);
  std::array<char, 4096> line{};
  if (pipe == nullptr || fgets(line.data(), static_cast<int>(line.size()), pipe.get()) == nullptr) return {};
  std::string path = line.data();
  while (!path.empty() && path.back() == '\n') path.pop_back();
  return path;
}

const std::string& folder() {
  static const std::string path = [] {
    const char* given = std::getenv("MLGRADE_BENCH_DIR");
    return given != nullptr ? std::string(given) : standard_library();
  }();
  return path;
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

Repo open_folder() {
  OpenedRepo opened = open_repo({.path = folder(), .revision = ""});
  if (opened.repo) return std::move(*opened.repo);
  give_up(opened.error);
}

// The Python files that the scan reads, the largest first, so that threads end together.
std::vector<FileFact> python_files(const Repo& repo) {
  std::vector<FileFact> files;
  std::copy_if(repo.files.begin(), repo.files.end(), std::back_inserter(files), [](const FileFact& file) {
    return file.language == Language::kPython && !file.vendored && !file.link;
  });
  std::stable_sort(files.begin(), files.end(),
                   [](const FileFact& a, const FileFact& b) { return a.bytes > b.bytes; });
  return files;
}

SourceFile read_source(const FileFact& fact) {
  std::ifstream in(folder() + "/" + fact.path.str(), std::ios::binary);
  SourceFile file;
  file.id = fact.id;
  file.path = fact.path.str();
  file.language = Language::kPython;
  file.text.assign(std::istreambuf_iterator<char>(in), {});
  return file;
}

// Reads every file and hands it to `work`, on so many threads.
template <typename Work>
void for_each_file(const std::vector<FileFact>& files, unsigned threads, Work work) {
  std::atomic<size_t> next = 0;
  const auto run = [&] {
    for (size_t i = next++; i < files.size(); i = next++) work(i, read_source(files[i]));
  };
  std::vector<std::jthread> pool;
  for (unsigned i = 1; i < threads; ++i) pool.emplace_back(run);
  run();
}

// In a program of its own (bare/bare_parse.cc), since this one has a tree-sitter that is tuned for it.
Cost bare_parse(unsigned threads) {
  std::string list = "/tmp/mlgrade-bench-XXXXXX";
  const int handle = mkstemp(list.data());
  if (handle < 0) give_up("no temporary file");
  close(handle);
  std::ofstream out(list);
  for (const FileFact& file : python_files(open_folder())) out << folder() << '/' << file.path.str() << '\n';
  out.close();
  const std::string command =
      std::string("'") + MLGRADE_BARE_PARSE "' " + std::to_string(threads) + " <" + list;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  Cost cost;
  const bool told = pipe != nullptr && fscanf(pipe.get(), "%lf %lf", &cost.wall, &cost.cpu) == 2;
  std::remove(list.c_str());
  if (!told) give_up("the bare parse did not end well");
  return cost;
}

Cost facts_of_files(unsigned threads) {
  return measure([&](Stopwatch& watch) {
    const std::vector<FileFact> files = python_files(open_folder());
    std::vector<FileFacts> facts(files.size());  // all are kept, as in a scan
    watch.start();
    for_each_file(files, threads, [&](size_t i, const SourceFile& file) { lower_python(file, facts[i]); });
  });
}

Cost whole_scan(unsigned threads) {
  return measure([&](Stopwatch&) { benchmark::DoNotOptimize(scan(open_folder(), threads)); });
}

// Each round measures the floor beside the work, so that both see the same weather.
void against_bare_parse(benchmark::State& state, const char* name, Cost (*work)(unsigned)) {
  const auto threads = static_cast<unsigned>(state.range(0));
  for (auto _ : state) {
    const Cost floor = bare_parse(threads);
    const Cost cost = work(threads);
    state.SetIterationTime(cost.wall);
    note_ratio({name, threads, floor, cost});
  }
}

void add(const char* name, unsigned threads, Cost (*work)(unsigned)) {
  benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { against_bare_parse(state, name, work); })
      ->Arg(threads)
      ->ArgName("threads")
      ->UseManualTime()
      ->Iterations(3)
      ->Unit(benchmark::kSecond);
}

}  // namespace

void add_tree_benchmarks() {
  if (folder().empty()) {
    std::fprintf(stderr, "no python3 whose library could be read; name a folder in MLGRADE_BENCH_DIR\n");
    return;
  }
  for (unsigned threads : {1u, 2u}) {
    add("facts", threads, facts_of_files);
    add("scan", threads, whole_scan);
  }
}

}  // namespace mlgrade::bench
