// Steps of Jenkins pipelines that do something by themselves: shells, publications, images.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/passes/jenkins/conditions.h"

namespace mlgrade::jenkins {

// Commands whose exit code was handed to a variable, or to an expression: they fail the build only if what is
// made of it does.
struct StatusUse {
  std::string variable;  // "" = the condition that they stand in
  size_t first = 0;      // commands, in the file
  size_t end = 0;
  uint32_t line = 0;
};

// `sh`, `bat`, `python` and the like. True if `call` is one; `statuses` gets one more where returnStatus is
// true.
bool add_shell_step(AutomationFile& out, uint32_t unit, const GroovyNode& call, const Values& values,
                    std::vector<StatusUse>& statuses);

// Steps that publish results, build or push images, start other jobs. True if `call` is one.
bool add_known_step(AutomationFile& out, uint32_t unit, const GroovyNode& call, const Values& values);

// `image.push('tag')`.
void add_push(AutomationFile& out, uint32_t unit, const GroovyNode& call, const Values& values);

// What a handler of a failure makes of it: blocking if it throws or calls error, reporting if it sets the
// result of the build, swallowed if it goes on.
Effect handled_by(std::span<const GroovyNode> statements, int depth = 0);

// Whether the name stands somewhere in the expression.
bool mentions(const GroovyNode& expression, std::string_view name, int depth = 0);

}  // namespace mlgrade::jenkins
