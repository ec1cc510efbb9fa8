// Steps of GitHub jobs and composite actions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/data_tree.h"
#include "analyzer/base/problem.h"
#include "analyzer/facts/automation.h"
#include "analyzer/passes/actions/matrix.h"
#include "analyzer/repo/source_file.h"

namespace mlgrade {

// What a job or a workflow gives its steps.
struct StepDefaults {
  std::string shell;  // "" = the runner's own
  uint32_t shell_line = 0;
  Name working_directory;
  bool windows = false;     // the runner's own shell is PowerShell
  bool no_errexit = false;  // what starts the shell does not ask for -e
  std::vector<MatrixRow> legs;
  std::map<std::string, std::string> environment;  // literal values of `env:`
  std::vector<std::string> judged_later;           // of a step: values it may set on which later steps fail
};

// Overrides from `defaults: run:` of a workflow or job.
StepDefaults with_defaults(StepDefaults defaults, const DataNode& holder);

// A file in the making.
struct ActionsFile {
  const SourceFile& source;
  std::vector<std::string> events;  // that start the workflow
  AutomationFile& out;
  std::vector<Problem>& problems;
  std::vector<std::string> bases;  // that a pull request has to aim at to start it; empty: any
};

// Adds a kStep unit below `job` for every step, with its commands, actions and links.
void add_steps(const DataNode& steps, uint32_t job, const StepDefaults& defaults, ActionsFile& file);

// Sets runs, manual, condition, secret_gated of a unit from its `if:`. True if it runs whatever failed
// before.
bool apply_condition(const DataNode& holder, Unit& unit, const ActionsFile& file,
                     std::vector<std::string>* needs_success = nullptr);

// Sets the effect of a unit from its `continue-on-error:`.
void apply_continue_on_error(const DataNode& holder, Unit& unit, const ActionsFile& file);

// The inputs of `with:`.
std::vector<std::pair<std::string, Word>> action_inputs(const DataNode& holder);

// A folder as written in a workflow: "" for none, "." for the root, "?" if it holds an expression.
Name workflow_folder(std::string_view text);

// The unit of a third-party action `owner/name@ref`.
ActionUse action_use(std::string_view text, uint32_t unit, Span span);

}  // namespace mlgrade
