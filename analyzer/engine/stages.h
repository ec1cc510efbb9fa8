// The stage map: which of the nine stages of a machine-learning workflow a repository has, where, and which
// of them a trigger and a test come to, and which are watched. What shows a stage is data
// (rubric/stages.yaml). Source of the stages: S. Amershi et al., "Software Engineering for Machine Learning:
// A Case Study", ICSE-SEIP 2019.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/problem.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/evidence.h"
#include "analyzer/engine/stage_watch.h"

namespace mlgrade {

struct StageDefinition {
  std::string id;     // "labelling"
  std::string title;  // "Data labelling"
  std::vector<std::string> capabilities;
  std::vector<std::string> rules;    // whose evidence shows the stage, mentions apart
  std::vector<std::string> units;    // kinds of units outside Python: service, image, deployment
  std::vector<std::string> imports;  // roots of libraries made for it
  std::vector<std::string> verbs;    // first words of functions' names
  std::vector<std::string> names;    // words that stand side by side in functions' names
  std::vector<Watcher> watchers;     // what tells when it goes wrong, the closest first
};

// From rubric/stages.yaml. A mistake is a problem, and our bug.
std::vector<StageDefinition> read_stages(const DataNode& root, std::string_view path,
                                         std::vector<Problem>& problems);

struct Stage {
  const StageDefinition* definition = nullptr;  // never null
  bool present = false;
  std::string what;  // "`pandas.read_csv`"
  Span place;        // of several the one that runs by itself, else the one that a test runs, else the first
  int places = 0;
  Reach reach;            // of that place; automated when it comes from an automatic trigger
  uint32_t test = kNone;  // into facts.tests: an effective test that runs one of the places
  std::optional<StageWatch> watch;
  // A place where a change to the code (a push, a pull request, a tag) builds, applies or deploys something;
  // invalid if there is none.
  Span delivered_at;
  std::string delivered;
  bool automated() const { return present && reach.by == Reach::By::kAutomatic; }
  bool tested() const { return test != kNone; }
  bool watched() const { return watch.has_value(); }
};

// One a definition, in their order. Product code and automation only: neither tests nor samples nor vendored
// copies show a stage.
std::vector<Stage> find_stages(const std::vector<StageDefinition>& definitions, const FactStore& facts,
                               const Graph& graph, const std::vector<Use>& uses,
                               const std::vector<Evidence>& evidence,
                               const std::vector<AlertVerdict>& alerts);

}  // namespace mlgrade
