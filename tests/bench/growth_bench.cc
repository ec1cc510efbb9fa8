// How the cost grows: linking a made-up repository of 1, 10 and 100 times a size, each step by fact; and a
// repository of five thousand manifests.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>

#include "analyzer/engine/archetype.h"
#include "analyzer/passes/pass.h"
#include "analyzer/run_analysis.h"
#include "tests/bench/measure.h"
#include "tests/bench/results.h"
#include "tests/bench/scan.h"
#include "tests/bench/synthetic.h"

namespace mlgrade::bench {
namespace {

constexpr int kParts = 5;  // at size 1
constexpr int kManyManifests = 5000;

size_t count_facts(const FactStore& facts) {
  size_t count = facts.tests.size() + facts.configs.size() + facts.documents.size();
  for (const PythonModule& module : facts.python) {
    count += module.imports.size() + module.classes.size() + module.functions.size() + module.calls.size() +
             module.bindings.size() + module.conditions.size();
  }
  for (const AutomationFile& file : facts.automation)
    count += file.triggers.size() + file.units.size() + file.commands.size();
  return count;
}

enum Step { kPasses, kGraph, kUses, kRules, kSteps };

struct Linking {
  size_t facts = 0;
  std::array<double, kSteps> seconds{};  // of CPU
};

Linking link(int parts) {
  Linking out;
  FactStore facts = read_files(memory_repo(synthetic_repository(parts)), 1);
  Stopwatch watch;
  const auto lap = [&](Step step) {
    out.seconds[step] = watch.stop().cpu;
    watch.start();
  };
  watch.start();
  link_facts(facts);
  lap(kPasses);
  const Graph graph = build_graph(facts);
  lap(kGraph);
  const std::vector<Use> uses = find_uses(definitions().rules.catalogue, facts);
  facts.archetype = detect_archetype(facts, definitions().rules.catalogue, uses);
  lap(kUses);
  benchmark::DoNotOptimize(run_rules(definitions().rules, facts, graph, uses, std::nullopt));
  lap(kRules);
  out.facts = count_facts(facts);
  return out;
}

void bench_linking(benchmark::State& state) {
  const auto size = static_cast<int>(state.range(0));
  definitions();
  Linking last;
  for (auto _ : state) {
    last = link(size * kParts);
    double all = 0;
    for (double seconds : last.seconds) all += seconds;
    state.SetIterationTime(all);
  }
  const auto each = [&](Step step) { return last.seconds[step] / static_cast<double>(last.facts) * 1e6; };
  note_line(
      fmt::format("linking at size {}: {} facts; microseconds a fact: passes {:.2f}, graph {:.2f}, uses "
                  "{:.2f}, rules {:.2f}",
                  size, last.facts, each(kPasses), each(kGraph), each(kUses), each(kRules)));
}

void bench_manifests(benchmark::State& state) {
  for (auto _ : state) {
    const Cost cost = measure([](Stopwatch& watch) {
      Repo repo = memory_repo(synthetic_manifests(kManyManifests));
      watch.start();
      benchmark::DoNotOptimize(scan(std::move(repo), 1));
    });
    state.SetIterationTime(cost.wall);
    note_line(fmt::format("{} manifests: {:.2f} s of CPU, peak memory {:.0f} MB", kManyManifests, cost.cpu,
                          cost.peak_mb));
  }
}

}  // namespace

void add_growth_benchmarks() {
  benchmark::RegisterBenchmark("linking", bench_linking)
      ->Arg(1)
      ->Arg(10)
      ->Arg(100)
      ->ArgName("size")
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("manifests", bench_manifests)
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kSecond);
}

}  // namespace mlgrade::bench
