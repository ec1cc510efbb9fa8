// Programs that do nothing themselves but start another one: `poetry run`, `timeout 30`, `docker run image`.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "analyzer/facts/automation.h"

namespace mlgrade {

struct RunnerUse {
  std::string_view name;   // "poetry"; empty: no runner stands here
  std::vector<Word> rest;  // what it starts
  bool elsewhere = false;  // in a container or on another machine: the folder is not known
  bool uncertain = false;  // with arguments that are known only when it runs
};

// Takes one runner off the front of a command line.
RunnerUse take_runner(std::span<const Word> words);

}  // namespace mlgrade
