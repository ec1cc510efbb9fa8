// What the benchmarks found beyond times, printed together at the end.
#pragma once

#include <string>

#include "tests/bench/measure.h"

namespace mlgrade::bench {

// One round: the work and, beside it, the floor that it is held against.
struct Round {
  std::string name;
  unsigned threads = 1;
  Cost floor;
  Cost cost;
};
void note_ratio(Round round);
void note_line(std::string line);
void print_results();

void add_tree_benchmarks();
void add_growth_benchmarks();

}  // namespace mlgrade::bench
