// What runs of training write down about themselves in an experiment tracker, a log or a registry.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// A string that a call of an experiment tracker is given as a name: a parameter, a tag, a key of a dict.
struct TrackedName {
  Name name;
  Span span;
  const Use* use = nullptr;  // never null
};

// Names given to calls of product code that track experiments or register models, in the order of places.
std::vector<TrackedName> tracked_names(const RuleInput& in);

// The first tracked name that is about one of the subjects and holds one of the marks: about({"data"},
// {"hash"}). Null if there is none.
const TrackedName* find_tracked(const std::vector<TrackedName>& names,
                                std::initializer_list<std::string_view> subjects,
                                std::initializer_list<std::string_view> marks);

}  // namespace mlgrade
