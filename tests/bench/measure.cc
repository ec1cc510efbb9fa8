// A forked child does the work and sends its times through a pipe; the system says what memory it took.
#include "tests/bench/measure.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace mlgrade::bench {
namespace {

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "the measurement failed: %s\n", what);
  std::exit(1);
}

[[noreturn]] void run_child(const std::function<void(Stopwatch&)>& work, int pipe_end) {
  Stopwatch watch;
  watch.start();
  work(watch);
  const Cost cost = watch.stop();
  const bool sent = write(pipe_end, &cost, sizeof cost) == static_cast<ssize_t>(sizeof cost);
  _exit(sent ? 0 : 1);
}

}  // namespace

void Stopwatch::start() {
  wall_ = seconds(CLOCK_MONOTONIC);
  cpu_ = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

Cost Stopwatch::stop() const {
  return {.wall = seconds(CLOCK_MONOTONIC) - wall_, .cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_};
}

Cost measure(const std::function<void(Stopwatch&)>& work) {
  int ends[2];
  if (pipe(ends) != 0) give_up("no pipe");
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) give_up("no process");
  if (child == 0) run_child(work, ends[1]);
  close(ends[1]);
  Cost cost;
  const bool got = read(ends[0], &cost, sizeof cost) == static_cast<ssize_t>(sizeof cost);
  close(ends[0]);
  int status = 0;
  rusage used{};
  if (wait4(child, &status, 0, &used) != child || !got || status != 0) give_up("the work did not end well");
  cost.peak_mb = static_cast<double>(used.ru_maxrss) / 1024;
  return cost;
}

}  // namespace mlgrade::bench
