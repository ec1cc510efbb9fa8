// What an operator of Airflow has a container run, where it is written as a list of words.
#pragma once

#include <string>

#include "analyzer/facts/fact_store.h"

namespace mlgrade::passes {

// The list under `command`, `args` or the like inside the overrides of a task: {"containerOverrides":
// [{"command": [...]}]} of ECS, {"command": [...]} of Batch, {"container_overrides": [{"args": [...]}]} of
// Cloud Run. What is returned may be a name. Null if there is none.
const PyValue* overridden_command(const PythonModule& module, const PyValue& overrides);

// The line of a shell that runs such words; those that begin with an option are for Python, which the image
// starts: "-m pkg.validate" -> "python -m pkg.validate".
std::string container_line(std::string words);

}  // namespace mlgrade::passes
