// From everything that a scan found to what a reader is shown: paths, lines, snippets, sentences. The one
// place that computes for display.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/base/printable.h"
#include "analyzer/base/problem.h"
#include "analyzer/engine/evidence.h"
#include "analyzer/engine/runner.h"
#include "analyzer/engine/stages.h"
#include "analyzer/facts/fact_store.h"
#include "analyzer/repo/source_file.h"
#include "reports/build_report_ignores.h"
#include "reports/report.h"
#include "rubric/level.h"
#include "rubric/scorecard.h"

namespace mlgrade {

struct ReportInput {
  const FactStore& facts;
  const Graph& graph;
  const RuleSet& rules;
  const RuleResults& results;
  const Rubric& rubric;
  const Scorecard& card;
  const std::vector<Stage>& stages;
  const Level& level;
  const ProjectSettings* settings = nullptr;  // null: the project says nothing of itself
  std::string repository;                     // name, for the title
  std::string revision;
  std::optional<Date> as_of;
  std::optional<std::string> project;  // the folder that was scored alone; "" is the top
  std::vector<ReportProject> projects;
  std::vector<IgnoreComment> ignores;  // of all files
  std::vector<IgnoreListed> listed;    // of all `.mlgrade.yaml`
  // Reads a file anew for the text of its lines; null if it cannot be read.
  std::function<std::unique_ptr<SourceFile>(FileId)> read;
};

Report build_report(const ReportInput& input);

}  // namespace mlgrade
