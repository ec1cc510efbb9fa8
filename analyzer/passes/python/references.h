// Mentions of project functions that are no calls: whoever gets them may call them.
#pragma once

#include "analyzer/passes/python/resolver.h"

namespace mlgrade::passes {

// A class of the repository whose methods a library calls once it is handed an object of it.
bool waits(Resolver& resolver, PyRef cls);

// Fills `references` of a module whose calls are resolved.
void write_references(const Project& project, Resolver& resolver, uint32_t index, PythonModule& module);

}  // namespace mlgrade::passes
