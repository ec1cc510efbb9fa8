// Steps of Azure Pipelines that are tasks: what their inputs run.
#pragma once

#include <string>

#include "analyzer/base/data_tree.h"
#include "analyzer/passes/azure/expressions.h"

namespace mlgrade::azure {

// Where a step stands.
struct StepPlace {
  const Values& values;
  bool windows = false;  // `script:` is for cmd there
};

// What a step runs by itself: `bash:`, `script:`, `powershell:`, `pwsh:`.
void add_texts(AutomationFile& out, uint32_t unit, const DataNode& step, const StepPlace& place);

// `task: Name@1` with its inputs: commands where they are written out, else an action.
void add_task(AutomationFile& out, uint32_t unit, const DataNode& step, const StepPlace& place);

// A path as written in an input: relative to the checkout, however that is called.
std::string checkout_path(std::string path);

// A task that waits until somebody agrees.
bool waits_for_person(std::string_view task);

}  // namespace mlgrade::azure
