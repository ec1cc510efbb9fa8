// Conditions that CI systems write as expressions, as far as they can be decided without running anything:
// three truth values, and values that may be unknown.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "analyzer/base/truth.h"

namespace mlgrade {

// What starts a run. A condition is asked for each of them.
enum class CiEvent { kPush, kPullRequest, kTag, kSchedule, kManual };

inline constexpr CiEvent kCiEvents[] = {CiEvent::kPush, CiEvent::kPullRequest, CiEvent::kTag,
                                        CiEvent::kSchedule, CiEvent::kManual};

// A value of an expression. kDefaultBranch stands for whatever the main branch is called.
struct ConditionValue {
  enum class Kind { kUnknown, kNull, kText, kDefaultBranch, kRegex };
  Kind kind = Kind::kUnknown;
  std::string text;
  bool present = false;  // kUnknown: something that is not null, such as the name of a tag

  static ConditionValue of(std::string_view text) { return {Kind::kText, std::string(text), true}; }
  static ConditionValue null() { return {Kind::kNull, "", false}; }
  static ConditionValue some() { return {Kind::kUnknown, "", true}; }
  static ConditionValue default_branch() { return {Kind::kDefaultBranch, "", true}; }
};

using ConditionNames = std::function<ConditionValue(std::string_view name)>;

// Comparisons (`==`, `=`, `!=`, `=~`, `!~`, `in`), `&&`, `||`, `!`, `and`, `or`, `not` in any case,
// parentheses, quoted texts, /patterns/, numbers, true, false and null. Any other word, with its dots and
// with or without `$` and braces, is asked of `names` without them. What does not parse is unknown.
Truth evaluate_expression(std::string_view text, const ConditionNames& names);

// A branch called main or master is taken for the default branch; of any other name nothing is known.
Truth equal_values(const ConditionValue& a, const ConditionValue& b);

// Patterns with operators are decided for the default branch only.
Truth matches_regex(const ConditionValue& value, std::string_view regex);

// Whether a value counts as true by itself: not null, empty or false.
Truth is_truthy(const ConditionValue& value);

// Whether a branch filter (a name, a glob, or a /pattern/) takes the default branch. kUnknown for names that
// may or may not be it.
Truth takes_default_branch(std::string_view pattern);

}  // namespace mlgrade
