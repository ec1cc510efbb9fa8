// How automatic the delivery of models is: a derived line, never a score of its own. Source: Google Cloud,
// "MLOps: Continuous delivery and automation pipelines in machine learning" (levels 0 to 2).
#pragma once

#include <string>

#include "rubric/scorecard.h"

namespace mlgrade {

// What the graph says of training and of delivery, in words for a person.
struct LevelFacts {
  bool trains_itself = false;       // a schedule or another trigger starts the training, and not a test
  std::string training;             // "`model.fit` at src/train.py:12", empty where nothing trains
  bool delivers_on_change = false;  // a change to the code builds and deploys what trains or serves
  std::string delivery;
};

struct Level {
  int level = 0;
  std::string why;
  std::string next;  // what lacks to the next level; empty at 2
};

// Level 1: the training starts by itself, its data are checked (DATA-1) and its quality gates the release
// (INFRA-4), both in full. Level 2: a change is tested (PROC-1), built and deployed by CI as well.
Level level_of(const Scorecard& card, const LevelFacts& facts);

}  // namespace mlgrade
