// Conditions of Azure Pipelines: functions such as and(succeeded(), eq(variables['Build.Reason'],
// 'Schedule')).
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "analyzer/passes/ci_support.h"

namespace mlgrade::azure {

using Values = std::map<std::string, std::string, std::less<>>;  // "variables.x", "parameters.y"; lower case

struct Condition {
  EventTruth runs;
  bool after_failure = false;  // always(), succeededOrFailed(): whatever came of what was before
  bool only_failure = false;   // failed()
};

// `text` with or without `${{ }}` or `$[ ]`. What cannot be decided is unknown.
Condition evaluate(std::string_view text, const Values& values);

// `${{ variables.x }}`, `${{ parameters.x }}` and `$(x)` filled in where their value is in the file.
std::string filled(std::string_view text, const Values& values);

}  // namespace mlgrade::azure
