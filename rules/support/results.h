// Recorded results of runs that were made by hand: committed reports, metrics and pictures, executed notebook
// cells, sections of documents that state numbers (rubric 2.3). Plans and templates are none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

struct RecordedResult {
  Span place;
  std::string what;           // "reports/load_test.csv", "section 'Load test' with numbers"
  std::optional<Date> dated;  // written in it, else the date of the file's last commit
  Confidence confidence = Confidence::kMedium;
};

// Results whose file name, heading or picture title holds one of the topic's words ("load", "drift"). Words
// are matched as in has_word; a topic word with a blank ("load test") needs its words side by side.
std::vector<RecordedResult> results_about(const RuleInput& in, const std::vector<std::string_view>& topic);

// The file of the repository that a relative link of the document leads to; null if there is none.
const FileFact* linked_file(const FactStore& facts, const Document& document, std::string_view url);

// The executed cell with an output that the place stands in; null when the file is no notebook, or the cell
// never ran, shows nothing, or ended in an error.
const NotebookCell* executed_cell(const FactStore& facts, Span place);

// The run of a DVC stage that leads to the node, as dvc.lock records it; none if no stage does or none was
// run.
std::optional<RecordedResult> recorded_stage(const RuleInput& in, NodeId node);

// A run by hand that others can repeat and see: a document names the command that leads to the node, and a
// picture or file on the topic shows what came of it. None if one of the two is missing.
struct DocumentedRun {
  Link command;           // the block of the document, "`make run_flows`, as README.md says"
  RecordedResult result;  // images/drift.png
};
std::optional<DocumentedRun> documented_run(const RuleInput& in, NodeId node,
                                            const std::vector<std::string_view>& topic);
// The two halves of it, for many nodes and one topic.
std::optional<RecordedResult> shown_result(const RuleInput& in, const std::vector<std::string_view>& topic);
std::optional<DocumentedRun> documented_run(const RuleInput& in, NodeId node,
                                            const std::optional<RecordedResult>& shown);
// The line of a document that tells how to start what leads to the node; an invalid span if none does.
Link documented_command(const RuleInput& in, NodeId node);
// Evidence of it: kResult, half a point at most by its mode.
Evidence evidence_of(const DocumentedRun& run, std::string what);

// Date of the last commit of the file, if it is known.
std::optional<Date> last_commit(const FactStore& facts, FileId file);

// Evidence from a recorded result: kResult, half a point at most by its mode.
Evidence evidence_of(const RecordedResult& result, std::string what);
// Evidence from an executed notebook cell.
Evidence notebook_evidence(const RuleInput& in, Span place, std::string what);

// The words side by side in the name, in this order: contains_phrase("Load-Test report", "load test").
bool contains_phrase(std::string_view name, std::string_view phrase);

}  // namespace mlgrade
