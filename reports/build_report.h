// From everything that a scan found to what a reader is shown: paths, lines, snippets, sentences. The one
// place that computes for display.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/base/problem.h"
#include "analyzer/engine/evidence.h"
#include "analyzer/engine/runner.h"
#include "analyzer/engine/stages.h"
#include "analyzer/facts/fact_store.h"
#include "analyzer/repo/source_file.h"
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
  // Reads a file anew for the text of its lines; null if it cannot be read.
  std::function<std::unique_ptr<SourceFile>(FileId)> read;
};

Report build_report(const ReportInput& input);

// Replaces control characters, escapes and invalid UTF-8, so that no file of the analysed repository can
// speak to a terminal; cuts to `limit` bytes at a character's end. Every text of the repository passes
// through it.
std::string printable(std::string_view text, size_t limit = 400);

}  // namespace mlgrade
