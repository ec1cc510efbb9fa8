// Tables that are joined.
#pragma once

#include "analyzer/facts/python.h"

namespace mlgrade {

// Tables are joined: by a data frame (texts and paths are joined, too), or by the database.
bool joins_tables(const PythonModule& module, const PyCall& call);

}  // namespace mlgrade
