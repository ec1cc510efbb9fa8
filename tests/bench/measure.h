// What a piece of work costs, measured in a process of its own: neither the memory nor the warm caches of one
// measurement count for another.
#pragma once

#include <functional>

namespace mlgrade::bench {

struct Cost {
  double wall = 0;  // seconds
  double cpu = 0;   // seconds, of all threads; where other work runs on the machine, only this says something
  double peak_mb = 0;  // most memory that was resident at once
};

class Stopwatch {
 public:
  void start();  // what went before was preparation
  Cost stop() const;

 private:
  double wall_ = 0, cpu_ = 0;
};

// Starts the watch, runs `work` in a child process and stops the watch. Ends the program if that fails.
Cost measure(const std::function<void(Stopwatch&)>& work);

}  // namespace mlgrade::bench
