// All benchmarks; `make bench` runs them. Times are never compared in a test.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "tests/bench/results.h"

namespace mlgrade::bench {
namespace {

std::map<std::pair<std::string, unsigned>, std::vector<Round>>& rounds() {
  static std::map<std::pair<std::string, unsigned>, std::vector<Round>> all;
  return all;
}

std::vector<std::string>& lines() {
  static std::vector<std::string> all;
  return all;
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print_rounds(const std::string& name, unsigned threads, const std::vector<Round>& all) {
  const auto of = [&](auto value) {
    std::vector<double> values;
    for (const Round& round : all) values.push_back(value(round));
    return values;
  };
  const std::vector<double> peaks = of([](const Round& r) { return r.cost.peak_mb; });
  std::printf(
      "%s on %u thread%s: %.2f times the bare parse (CPU time: %.2f times); %.2f s against %.2f s, CPU %.2f "
      "s "
      "against %.2f s; peak memory %.0f MB\n",
      name.c_str(), threads, threads == 1 ? "" : "s",
      middle(of([](const Round& r) { return r.cost.wall / r.floor.wall; })),
      middle(of([](const Round& r) { return r.cost.cpu / r.floor.cpu; })),
      middle(of([](const Round& r) { return r.cost.wall; })),
      middle(of([](const Round& r) { return r.floor.wall; })),
      middle(of([](const Round& r) { return r.cost.cpu; })),
      middle(of([](const Round& r) { return r.floor.cpu; })), *std::max_element(peaks.begin(), peaks.end()));
}

}  // namespace

void note_ratio(Round round) { rounds()[{round.name, round.threads}].push_back(std::move(round)); }

void note_line(std::string line) { lines().push_back(std::move(line)); }

void print_results() {
  if (!rounds().empty()) {
    std::printf(
        "The bare parse is tree-sitter as it comes (its own atomic counts, malloc, its decoder of UTF-8), in "
        "a "
        "program without anything of ours; the scan's is tuned, see analyzer/ARCHITECTURE.md.\n");
  }
  for (const auto& [key, all] : rounds()) print_rounds(key.first, key.second, all);
  for (const std::string& line : lines()) std::printf("%s\n", line.c_str());
}

}  // namespace mlgrade::bench

int main(int argc, char** argv) {
  using namespace mlgrade::bench;
  benchmark::Initialize(&argc, argv);
  add_tree_benchmarks();
  add_growth_benchmarks();
  benchmark::RunSpecifiedBenchmarks();
  print_results();
  return 0;
}
