// Who owns a path, as CODEOWNERS files say it.
#pragma once

#include <string_view>

#include "analyzer/engine/rule.h"

namespace mlgrade {

// Whether a pattern of CODEOWNERS takes the path.
bool owner_pattern_takes(std::string_view pattern, std::string_view path);

// A pattern that takes every path: what it owns has no owner of its own.
bool owns_everything(std::string_view pattern);

// The line that decides about the path, the last that takes it, as on the host; null if none does.
const OwnerRule* owner_of(const FactStore& facts, std::string_view path);

}  // namespace mlgrade
