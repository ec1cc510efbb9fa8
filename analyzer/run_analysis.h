// One analysis from the open repository to the scorecard, and the definitions that it goes by.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/base/problem.h"
#include "analyzer/engine/projects.h"
#include "analyzer/engine/runner.h"
#include "analyzer/engine/stages.h"
#include "analyzer/graph/graph.h"
#include "analyzer/repo/repo.h"
#include "analyzer/run_settings.h"
#include "reports/report.h"
#include "rubric/level.h"
#include "rubric/scorecard.h"

namespace mlgrade {

// Rules, tools and rubric as built into the program.
struct Definitions {
  RuleSet rules;
  Rubric rubric;
  std::vector<StageDefinition> stages;  // in the order of the workflow
  std::vector<Problem> problems;        // mistakes in them: our bugs
};

// Parsed once, lives as long as the program.
const Definitions& definitions();

struct AnalysisOptions {
  unsigned jobs = 0;          // 0: one a processor
  std::optional<Date> as_of;  // none: the date of the last commit
  std::optional<Date> today;  // where there is no commit either
  std::string profile;
  std::string project;  // the folder to score alone; none: all, and the weakest is shown
  std::shared_ptr<const AllSettings> settings;     // what the projects say of themselves; null: nothing
  std::function<void(std::string_view)> progress;  // called with what begins; may be empty
};

// What one of several projects of a repository gets; the table of a report.
struct ProjectScore {
  Project project;
  double test_score = 0;
  double readiness = 0;
  std::string band, bottleneck, profile;
  std::vector<std::pair<std::string, double>> sections;  // letter, strict
  bool shown = false;                                    // the one whose items the report holds
};

// Everything that one scan makes. Later parts point into earlier ones, so it stays where it was made.
struct Analysis {
  explicit Analysis(Repo opened) : repo(std::move(opened)) {}
  Analysis(const Analysis&) = delete;
  Analysis& operator=(const Analysis&) = delete;

  Repo repo;
  FactStore facts;
  Graph graph;
  std::vector<Use> uses;
  RuleResults results;
  std::shared_ptr<const AllSettings> all_settings;  // keeps what `settings` and the card point into
  const ProjectSettings* settings = nullptr;        // null: the project says nothing
  Scorecard card;
  std::vector<Stage> stages;
  Level level;
  std::optional<Date> as_of;
  std::optional<std::string> project;  // the folder that was scored alone; none: the repository as a whole
  std::vector<ProjectScore> projects;  // empty when the repository is one project
};

// The day from which ages are counted: as asked for, else of the last commit, else today.
std::optional<Date> day_of(const Repo& repo, const AnalysisOptions& options);

// Of a repository with several projects each is scored by itself, as if the files of the others were somebody
// else's; the result is that of the weakest one (or of `options.project`), with the scores of all beside it.
std::unique_ptr<Analysis> analyse(Repo repo, const Definitions& definitions, const AnalysisOptions& options);

Report report_of(const Analysis& analysis, const Definitions& definitions);

}  // namespace mlgrade
