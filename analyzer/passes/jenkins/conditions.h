// Conditions of Jenkins pipelines: `when { ... }` and the Groovy of `if` and `expression { ... }`.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "analyzer/passes/ci_support.h"
#include "analyzer/syntax/groovy.h"

namespace mlgrade::jenkins {

// What is known of names: "x", "env.X" under X, "params.X" (of runs that come by themselves).
using Values = std::map<std::string, std::string, std::less<>>;

// What a Groovy expression comes to.
EventTruth truth_of(const GroovyNode& expression, const Values& values);

// The statements of a `when { }`: all of them have to hold.
EventTruth when_holds(const std::vector<GroovyNode>& statements, const Values& values, int depth = 0);

// A string, a concatenation of strings, or a name whose value is known; of what is not, `${{ name }}` is
// left. The line and the form are those of its first string.
struct Text {
  std::string text;
  uint32_t line = 1;
  bool block = false;  // its line ends are those of the file
  bool known = false;  // there is some text at all
};
Text text_of(const GroovyNode& node, const Values& values);

}  // namespace mlgrade::jenkins
